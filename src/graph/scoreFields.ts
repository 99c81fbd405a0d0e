import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { INDEX_CODE, type MeasureKind } from '../domain/framework.js';
import type { Filter } from '../store/condition.js';
import { openPage, ReadPageArgs } from './at.js';
import { connectionType, slicePage } from './connection.js';
import type { GraphContext, LoadedRound } from './context.js';
import { ListSize, Scan } from './cost.js';
import { EntityType, readEntityCode, readRegion } from './entity.js';
import { compileFilter, FloatFilter, filterInput, IntFilter, type Readers, StringFilter } from './filter.js';
import { countMeasures, findMeasure, MAX_CHILDREN, MeasureKindFilter } from './measure.js';
import { ReferenceType } from './reference.js';
import { findRound } from './round.js';
import {
  entityOf,
  groupIdOf,
  MEASURE_ARGUMENT,
  measureOf,
  requireRound,
  ScoreType,
  scoreOf,
  selectMeasures,
} from './score.js';
import { MeasureKindWord } from './words.js';

type ScoreField =
  | 'measure'
  | 'kind'
  | 'entity'
  | 'region'
  | 'peerGroup'
  | 'value'
  | 'points'
  | 'rank'
  | 'coverage'
  | 'automaticShare';

const ScoreFilter = filterInput<ScoreField>('ScoreFilter', 'Selects scores.', {
  measure: [StringFilter, 'Code of the measure.'],
  kind: [MeasureKindFilter, 'What the measure is.'],
  entity: [StringFilter, 'The entity, as code `74` or with code system, `GSO-2004:74`.'],
  region: [StringFilter, 'Region of the entity, as code `RRD` or with code system.'],
  peerGroup: [StringFilter, 'Code of the peer group.'],
  value: [FloatFilter, 'The value, 0 to 1; `{ eq: null }` finds those without.'],
  points: [FloatFilter, 'Points earned.'],
  rank: [IntFilter, 'Place in the peer group.'],
  coverage: [FloatFilter, 'Share of the possible points whose figure is there.'],
  automaticShare: [FloatFilter, 'Share of the possible points that were measured automatically.'],
});

const SCORE_READERS: Readers<ScoreField, ScoreType> = {
  measure: (score) => measureOf(score).code,
  kind: (score) => measureOf(score).kind,
  entity: (score) => readEntityCode(entityOf(score)),
  region: (score) => readRegion(entityOf(score)),
  peerGroup: (score) => score.view.catalogue.peerGroup(groupIdOf(score))?.code,
  value: ({ value }) => value,
  points: ({ points }) => points,
  rank: ({ rank }) => rank,
  coverage: ({ coverage }) => coverage,
  automaticShare: ({ automaticShare }) => automaticShare,
};

const ScoreConnection = connectionType(
  'Score',
  () => ScoreType,
  'Scores of a round, by peer group, then by entity, in framework order.',
);
type ScoreConnection = InstanceType<typeof ScoreConnection>;

const ROUND = { description: 'Code of the round: `PROVINCE-2022`. NOT_FOUND for an unknown one.' };
const KIND = { nullable: true, description: 'Only measures of this kind.' };
const PARENT = {
  nullable: true,
  description: 'Only children of this measure, by its code. NOT_FOUND for an unknown one.',
};

/** Goes on at once when a round is in memory already, so that 63 nested lists do not cost 63 promises. */
function whenLoaded<Result>(
  loading: LoadedRound | null | Promise<LoadedRound | null>,
  absent: Result,
  then: (loaded: LoadedRound) => Result,
): Result | Promise<Result> {
  const go = (loaded: LoadedRound | null): Result => (loaded === null ? absent : then(loaded));
  return loading instanceof Promise ? loading.then(go) : go(loading);
}

/** Fields that lead from entities to scores, and the root field about scores. */
@Resolver(() => EntityType)
export class ScoreResolver {
  @FieldResolver(() => ScoreType, {
    nullable: true,
    name: 'score',
    description: 'Its score in one measure of a round; null when it does not take part or nothing has been computed.',
  })
  entityScore(
    @Root() { entity, view }: EntityType,
    @Arg('round', () => String, ROUND) roundCode: string,
    @Arg('measure', () => String, MEASURE_ARGUMENT) measureCode: string | null,
  ): ScoreType | null | Promise<ScoreType | null> {
    const round = findRound(view, roundCode);
    const measure = findMeasure(view, round.frameworkCode, measureCode ?? INDEX_CODE);
    return whenLoaded<ScoreType | null>(view.load(round), null, (loaded) => scoreOf(view, loaded, entity.id, measure));
  }

  @ListSize(({ kind, parent }) => (parent ? MAX_CHILDREN : countMeasures(kind)))
  @FieldResolver(() => [ScoreType], {
    name: 'scores',
    description:
      'Its scores in a round, in framework order; empty when it does not take part or nothing has been computed.',
  })
  entityScores(
    @Root() { entity, view }: EntityType,
    @Arg('round', () => String, ROUND) roundCode: string,
    @Arg('kind', () => MeasureKindWord, KIND) kind: MeasureKind | null,
    @Arg('parent', () => String, PARENT) parent: string | null,
  ): ScoreType[] | Promise<ScoreType[]> {
    const round = findRound(view, roundCode);
    const selection = { kind: kind ?? null, parent: parent ? findMeasure(view, round.frameworkCode, parent) : null };
    return whenLoaded<ScoreType[]>(view.load(round), [], (loaded) => {
      const entityAt = loaded.columns.entityIds.indexOf(entity.id);
      if (entityAt === -1) return [];
      return selectMeasures(loaded, selection).map((measureAt) => new ScoreType(view, loaded, measureAt, entityAt));
    });
  }

  @Scan(7000)
  @Query(() => ScoreConnection, {
    description: 'All scores of a round. AS_OF_UNAVAILABLE when nothing had been computed.',
  })
  async scores(
    @Args(() => ReadPageArgs) args: ReadPageArgs,
    @Arg('round', () => String, ROUND) roundCode: string,
    @Arg('kind', () => MeasureKindWord, KIND) kind: MeasureKind | null,
    @Arg('parent', () => String, PARENT) parent: string | null,
    @Arg('filter', () => ScoreFilter, { nullable: true, description: 'Which scores.' })
    filter: Filter<ScoreField> | null,
    @Ctx() context: GraphContext,
  ): Promise<ScoreConnection> {
    const { view, position, size } = await openPage(context, args, `scores:${roundCode}`);
    const loaded = await requireRound(view, roundCode);
    const { frameworkCode } = loaded.round;
    const selection = { kind: kind ?? null, parent: parent ? findMeasure(view, frameworkCode, parent) : null };
    const measures = selectMeasures(loaded, selection);
    const all = Array.from(loaded.columns.entityIds, (_, entityAt) =>
      measures.map((measureAt) => new ScoreType(view, loaded, measureAt, entityAt)),
    ).flat();
    const keyOf = ({ measureAt, entityAt }: ScoreType) => `${entityAt}:${measureAt}`;
    return new ScoreConnection(slicePage(all.filter(compileFilter(filter, SCORE_READERS)), keyOf, position, size));
  }
}

/** The field that leads from a published result to our own. */
@Resolver(() => ReferenceType)
export class ReferenceScoreResolver {
  @FieldResolver(() => ScoreType, {
    nullable: true,
    name: 'score',
    description: 'The score of this platform for the same entity, measure and year; null when there is none.',
  })
  referenceScore(@Root() { reference, view }: ReferenceType): ScoreType | null | Promise<ScoreType | null> {
    const { entityId, measureCode, level, year } = reference;
    const round = view.catalogue.content.rounds.find((each) => each.level === level && each.year === year);
    const measure = round === undefined ? undefined : view.catalogue.measureByCode(round.frameworkCode, measureCode);
    if (entityId === null || round === undefined || measure === undefined) return null;
    return whenLoaded<ScoreType | null>(view.load(round), null, (loaded) => scoreOf(view, loaded, entityId, measure));
  }
}
