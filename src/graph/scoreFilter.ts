import type { Entity } from '../domain/entity.js';
import type { Measure } from '../domain/framework.js';
import { measurePosition } from '../snapshot/columns.js';
import { type ComparedColumns, figureReader, type ScoreFigure } from '../snapshot/figure.js';
import type { Condition, Filter } from '../store/condition.js';
import type { LoadedRound, View } from './context.js';
import { readEntityCode, readRegion } from './entity.js';
import {
  compileCondition,
  compileFilter,
  compileNumber,
  FloatFilter,
  filterInput,
  IntFilter,
  type Leaf,
  type Readers,
  StringFilter,
} from './filter.js';
import { MeasureKindFilter } from './measure.js';
import { nameLeaf } from './nameFilter.js';

/** Fields that rows of a ranking are selected by. */
export type RankingField =
  | 'entity'
  | 'name'
  | 'region'
  | 'rank'
  | 'value'
  | 'points'
  | 'coverage'
  | 'automaticShare'
  | 'change';

/** Fields that scores are selected by. */
export type ScoreField = RankingField | 'measure' | 'kind' | 'peerGroup';

type ChangeField = 'value' | 'rank';

const ChangeFilter = filterInput<ChangeField>('ScoreChangeFilter', 'Selects scores by how they changed in a year.', {
  value: [FloatFilter, 'New value minus old value; `{ eq: null }` finds those without a change.'],
  rank: [IntFilter, 'Old rank minus new rank: `{ lt: -5 }` finds who fell more than five places.'],
});

const FIGURES = {
  rank: [IntFilter, 'The rank in the peer group; `{ eq: null }` finds those without.'],
  value: [FloatFilter, 'The value, 0 to 1; `{ eq: null }` finds those without.'],
  points: [FloatFilter, 'Points earned.'],
  coverage: [FloatFilter, 'Share of the possible points whose figure is there.'],
  automaticShare: [FloatFilter, 'Share of the possible points that were measured automatically.'],
  change: [ChangeFilter, 'The difference from the published round of the year before, as in `Score.change`.'],
} as const;

const ENTITY_FACTS = {
  entity: [StringFilter, 'The entity, as code `74` or with code system, `GSO-2004:74`.'],
  name: [StringFilter, 'Vietnamese or English name of the entity.'],
  region: [StringFilter, 'Region of the entity, as code `RRD` or with code system.'],
} as const;

/** Input of {@link RankingField}s. */
export const RankingFilter = filterInput<RankingField>(
  'RankingFilter',
  'Selects rows of a ranking; ranks stay those of the whole.',
  { ...ENTITY_FACTS, ...FIGURES },
);

/** Input of {@link ScoreField}s. */
export const ScoreFilter = filterInput<ScoreField>('ScoreFilter', 'Selects scores.', {
  measure: [StringFilter, 'Code of the measure.'],
  kind: [MeasureKindFilter, 'What the measure is.'],
  ...ENTITY_FACTS,
  peerGroup: [StringFilter, 'Code of the peer group.'],
  ...FIGURES,
});

/** Which scores of a round are meant; asked with the cell in the columns. */
export type CellTest = (cell: number) => boolean;

// What a round is compared with is asked by every filter and group of an operation.
const comparisons = new WeakMap<LoadedRound, ComparedColumns>();

/** The columns of a round beside those of the year before. */
export function comparedColumns(view: View, loaded: LoadedRound): ComparedColumns {
  const known = comparisons.get(loaded);
  if (known !== undefined) return known;
  const { columns, previous } = loaded;
  const toPrevious = (id: number): number => {
    const code = view.catalogue.measure(id)?.code;
    if (previous === null || code === undefined) return -1;
    const before = view.catalogue.measureByCode(previous.head.frameworkCode, code);
    return before === undefined ? -1 : (measurePosition(previous.columns, before.id) ?? -1);
  };
  const made = {
    columns,
    previous: previous?.columns ?? null,
    previousMeasures: Int32Array.from(columns.measureIds, toPrevious),
  };
  comparisons.set(loaded, made);
  return made;
}

/**
 * Turns a filter into a test of cells of the columns, so that no object is made for a score that is not shown.
 * @returns null = all hold
 * @throws PlatformError BAD_USER_INPUT
 */
export function compileScoreFilter(
  filter: Filter<RankingField> | Filter<ScoreField> | null | undefined,
  view: View,
  loaded: LoadedRound,
): CellTest | null {
  if (filter === null || filter === undefined) return null;
  const { columns } = loaded;
  const entityCount = columns.entityIds.length;
  const compared = comparedColumns(view, loaded);
  const figure = (name: ScoreFigure): Leaf<number> => numberLeaf(() => figureReader(compared, name));

  /** Asks a question about entities once for each of them, however many measures there are. */
  const ofEntity = (leaf: Leaf<Entity>): Leaf<number> => ({
    compile(condition, depth) {
      const holds = leaf.compile(condition, depth);
      return remember(entityCount, (entityAt) => {
        const entity = view.catalogue.entity(columns.entityIds[entityAt] ?? 0);
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
    rank: figure('rank'),
    value: figure('value'),
    points: figure('points'),
    coverage: figure('coverage'),
    automaticShare: figure('automaticShare'),
    change: {
      compile: (condition, depth) =>
        compileFilter<ChangeField, number>(
          condition as Filter<ChangeField>,
          { value: figure('changeOfValue'), rank: figure('changeOfRank') },
          depth + 1,
        ),
    },
    measure: ofMeasure(({ code }) => code),
    kind: ofMeasure(({ kind }) => kind),
    peerGroup: {
      compile(condition) {
        const holds = compileCondition(condition as Condition);
        const groups = new Map(
          Array.from(new Set(columns.groupOf), (id) => [id, holds(view.catalogue.peerGroup(id)?.code)]),
        );
        return (cell) => groups.get(columns.groupOf[cell % entityCount] ?? 0) ?? false;
      },
    },
    region: ofEntity(regionLeaf()),
    entity: ofEntity({
      compile(condition) {
        const holds = compileCondition(condition as Condition);
        return (entity) => holds(readEntityCode(entity));
      },
    }),
    name: ofEntity(nameLeaf(({ name }) => name)),
  };
  return compileFilter<ScoreField, number>(filter, readers);
}

/** Tests the regions of entities, each region once. */
export function regionLeaf(): Leaf<Entity> {
  return {
    compile(condition) {
      const holds = compileCondition(condition as Condition);
      const found = new Map<Entity['region'], boolean>();
      return (entity) => {
        const known = found.get(entity.region);
        if (known !== undefined) return known;
        const isFound = holds(readRegion(entity));
        found.set(entity.region, isFound);
        return isFound;
      };
    },
  };
}

function numberLeaf(makeReader: () => (cell: number) => number): Leaf<number> {
  return {
    compile(condition) {
      const read = makeReader();
      const holds = compileNumber(condition as Condition);
      return (cell) => holds(read(cell));
    },
  };
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
