import type { Entity } from '../domain/entity.js';
import type { Measure } from '../domain/framework.js';
import type { Condition, Filter } from '../store/condition.js';
import type { LoadedRound, View } from './context.js';
import { readEntityCode, readRegion } from './entity.js';
import { compileEntityFilter, type EntityField, EntityFilter, loadRelated } from './entityFilter.js';
import { compileCondition, compileFilter, filterInput, type Leaf, type Readers, StringFilter } from './filter.js';
import { MeasureKindFilter } from './measure.js';
import { nameLeaf, onlyContains } from './nameFilter.js';
import { rowFacts } from './rowFacts.js';
import { type CellTest, FIGURE_INPUTS, type FigureField, figureReaders } from './scoreFigures.js';

/** Fields that rows of a ranking are selected by. */
export type RankingField = Exclude<FigureField, 'peerGroup'> | 'entity' | 'name' | 'region' | 'about';

/** Fields that scores are selected by. */
export type ScoreField = FigureField | RankingField | 'measure' | 'kind';

const ENTITY_FACTS = {
  entity: [StringFilter, 'The entity, as code `74` or with code system, `GSO-2004:74`.'],
  name: [StringFilter, 'Vietnamese or English name of the entity.'],
  region: [StringFilter, 'Region of the entity, as code `RRD` or with code system.'],
  about: [EntityFilter, 'The entity, by any of its facts and by its other scores.'],
} as const;

const { peerGroup: PEER_GROUP_INPUT, ...RANKING_FIGURES } = FIGURE_INPUTS;

/** Input of {@link RankingField}s. */
export const RankingFilter = filterInput<RankingField>(
  'RankingFilter',
  'Selects rows of a ranking; ranks stay those of the whole.',
  { ...ENTITY_FACTS, ...RANKING_FIGURES },
);

/** Input of {@link ScoreField}s. */
export const ScoreFilter = filterInput<ScoreField>('ScoreFilter', 'Selects scores.', {
  measure: [StringFilter, 'Code of the measure.'],
  kind: [MeasureKindFilter, 'What the measure is.'],
  ...ENTITY_FACTS,
  peerGroup: PEER_GROUP_INPUT,
  ...RANKING_FIGURES,
});

type AnyFilter = Filter<RankingField> | Filter<ScoreField>;

/**
 * Loads the rounds that a filter speaks of besides the one that it is asked of; to be awaited before the filter is compiled.
 * @throws PlatformError NOT_FOUND, BAD_USER_INPUT
 */
export async function loadFilter(view: View, filter: AnyFilter | null | undefined): Promise<void> {
  if (!filter) return;
  const { about, and, or, not } = filter;
  if (about) await loadRelated(view, about as Filter<EntityField>);
  for (const part of [...(and ?? []), ...(or ?? []), not]) await loadFilter(view, part);
}

/**
 * Turns a filter into a test of cells of the columns, so that no object is made for a score that is not shown.
 * @param filter whose rounds are loaded, by {@link loadFilter}
 * @returns null = all hold
 * @throws PlatformError BAD_USER_INPUT
 */
export function compileScoreFilter(
  filter: AnyFilter | null | undefined,
  view: View,
  loaded: LoadedRound,
): CellTest | null {
  if (filter === null || filter === undefined) return null;
  const { columns } = loaded;
  const entityCount = columns.entityIds.length;
  const facts = rowFacts(view, loaded);

  /** Asks a question about entities once for each of them, however many measures there are. */
  const ofEntity = (leaf: Leaf<Entity>): Leaf<number> => ({
    compile(condition, depth) {
      const holds = leaf.compile(condition, depth);
      const { entities } = facts;
      return remember(entityCount, (entityAt) => {
        const entity = entities[entityAt];
        return entity !== undefined && holds(entity);
      });
    },
  });
  const ofMeasure = (read: (measure: Measure) => unknown): Leaf<number> => ({
    compile(condition) {
      const holds = compileCondition(condition as Condition);
      const found = Array.from(columns.measureIds, (id) => {
        const measure = view.catalogue.measure(id);
        return measure !== undefined && holds(read(measure));
      });
      return (cell) => found[Math.floor(cell / entityCount)] ?? false;
    },
  });

  const readers: Readers<ScoreField, number> = {
    // Numbers first: they are the quickest to ask, and what they refuse is not asked for its name.
    ...figureReaders(view, loaded),
    measure: ofMeasure(({ code }) => code),
    kind: ofMeasure(({ kind }) => kind),
    region: {
      compile(condition) {
        const holds = compileCondition(condition as Condition);
        const found = facts.regions.map((region) => holds(readRegion({ region })));
        const { regionAt } = facts;
        return (cell) => found[regionAt[cell % entityCount] ?? 0] ?? false;
      },
    },
    entity: ofEntity({
      compile(condition) {
        const holds = compileCondition(condition as Condition);
        return (entity) => holds(readEntityCode(entity));
      },
    }),
    name: {
      compile(condition, depth) {
        const part = onlyContains(condition as Condition);
        if (part === null) return ofEntity(nameLeaf(({ name }) => name)).compile(condition, depth);
        const { foldedNames } = facts;
        return (cell) => foldedNames[cell % entityCount]?.includes(part) ?? false;
      },
    },
    about: ofEntity({
      compile: (condition, depth) => compileEntityFilter(condition as Filter<EntityField>, view, depth + 1),
    }),
  };
  return compileFilter<ScoreField, number>(filter, readers);
}

/** @returns a test of cells that asks once per entity, when first needed */
function remember(entityCount: number, holds: (entityAt: number) => boolean): CellTest {
  /** 0 = not asked yet, 1 = no, 2 = yes. */
  const answers = new Uint8Array(entityCount);
  return (cell) => {
    const entityAt = cell % entityCount;
    const known = answers[entityAt];
    if (known !== 0) return known === 2;
    const isFound = holds(entityAt);
    answers[entityAt] = isFound ? 2 : 1;
    return isFound;
  };
}
