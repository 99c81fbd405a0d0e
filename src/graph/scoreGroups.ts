import { Arg, Args, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import { PlatformError } from '../domain/errors.js';
import { figureReader } from '../snapshot/figure.js';
import { type GroupedRound, groupScores, type ScoreGroup } from '../snapshot/group.js';
import type { Filter } from '../store/condition.js';
import { openPage, ReadPageArgs } from './at.js';
import { connectionType, showPage, slicePage } from './connection.js';
import type { GraphContext, View } from './context.js';
import { GroupScan } from './cost.js';
import { countMeasures, MAX_CHILDREN } from './measure.js';
import { comparedColumns } from './scoreFigures.js';
import { compileScoreFilter, loadFilter, type ScoreField, ScoreFilter } from './scoreFilter.js';
import {
  compileHaving,
  type GroupFilter,
  type KeyedGroup,
  ScoreGroupFilter,
  ScoreGroupOrder,
  sortGroups,
} from './scoreGroupInput.js';
import {
  entityPartsOf,
  isOfMeasure,
  type KeyPart,
  KeyParts,
  measureParts,
  roundPart,
  type ScoreDimension,
  ScoreDimensionWord,
  ScoreGroupKeyType,
} from './scoreGroupKey.js';
import { loadRange, type RangeOfRound, refuseTooManyScores, ScoreRange } from './scoreRange.js';
import { ScoreSummary } from './scoreSummary.js';
import { Reads } from './volatile.js';

const MAX_GROUPS = 100_000;

@ObjectType('ScoreGroup', {
  description: 'Scores that have something in common, and what they come to.',
  simpleResolvers: true,
})
export class ScoreGroupType extends ScoreSummary {
  @Field(() => ScoreGroupKeyType, { description: 'What they have in common.' })
  readonly key: ScoreGroupKeyType;

  constructor(
    group: ScoreGroup,
    rounds: readonly RangeOfRound[],
    view: View,
    key: Partial<KeyPart>,
    readonly cursorKey: string,
  ) {
    super(
      group,
      rounds.map(({ loaded }) => loaded),
      view,
    );
    this.key = new ScoreGroupKeyType(key, view);
  }
}

const ScoreGroupConnection = connectionType('ScoreGroup', () => ScoreGroupType, 'Groups of scores.');
type ScoreGroupConnection = InstanceType<typeof ScoreGroupConnection>;

interface Grouping {
  readonly by: ReadonlySet<ScoreDimension>;
  readonly filter: Filter<ScoreField> | null;
}

/** The root field `scoreGroups`. */
@Resolver(() => ScoreGroupConnection)
export class ScoreGroupResolver {
  @GroupScan({ measuresOf: countMeasures, children: MAX_CHILDREN })
  @Reads('RESULTS')
  @Query(() => ScoreGroupConnection, {
    description:
      'Scores grouped by what they have in common, with statistics of each group. Name the rounds by `rounds`, `level` or `years`. Without `measures`, `kind` and `parent` the scores are those of the index itself, or, when `by` or `filter` speaks of measures, of all measures. A group without scores is not there. AS_OF_UNAVAILABLE when none of the named rounds had been computed; rounds that are only meant by level or year are left out until they are.',
  })
  async scoreGroups(
    @Args(() => ReadPageArgs) args: ReadPageArgs,
    @Arg('by', () => [ScoreDimensionWord], {
      description: 'What the scores of a group have in common; an empty list makes one group of all.',
    })
    by: ScoreDimension[],
    @Args(() => ScoreRange) range: ScoreRange,
    @Arg('filter', () => ScoreFilter, { nullable: true, description: 'Which of them count.' })
    filter: Filter<ScoreField> | null,
    @Arg('having', () => ScoreGroupFilter, { nullable: true, description: 'Which groups are shown.' })
    having: GroupFilter | null,
    @Arg('orderBy', () => [ScoreGroupOrder], {
      nullable: true,
      description:
        'The order of the groups, most important step first; ties, and all without it, by key in the order of `by`.',
    })
    orderBy: ScoreGroupOrder[] | null,
    @Ctx() context: GraphContext,
  ): Promise<ScoreGroupConnection> {
    const order = orderBy ?? [];
    const { view, position, size } = await openPage(context, args, `scoreGroups:${JSON.stringify([by, order])}`);
    const grouping: Grouping = { by: new Set(by), filter: filter ?? null };
    const isAnyMeasure = by.some(isOfMeasure) || namesMeasures(grouping.filter);
    await loadFilter(view, filter);
    const rounds = await loadRange(view, range, isAnyMeasure);
    const isShown = compileHaving(having);
    const keyed = groupRounds(view, rounds, grouping).filter(({ group }) => isShown(group));
    const sorted = sortGroups(keyed, order, grouping.by);
    const page = slicePage(sorted, ({ key }) => key, position, size);
    const show = ({ group, part, key }: GroupWithKey) => new ScoreGroupType(group, rounds, view, part, key);
    return new ScoreGroupConnection(showPage(page, show, ({ cursorKey }) => cursorKey));
  }
}

interface GroupWithKey extends KeyedGroup {
  readonly part: Partial<KeyPart>;
}

function groupRounds(view: View, ranges: readonly RangeOfRound[], { by, filter }: Grouping): GroupWithKey[] {
  refuseTooManyScores(ranges);
  const parts = { round: new KeyParts(), measure: new KeyParts(), entity: new KeyParts() };
  const rounds = ranges.map(({ loaded, measures }): GroupedRound => {
    const compared = comparedColumns(view, loaded);
    return {
      entityCount: loaded.columns.entityIds.length,
      read: (figure) => figureReader(compared, figure),
      accepts: compileScoreFilter(filter, view, loaded),
      roundPart: parts.round.numberOf(roundPart(by, loaded.round)),
      measures: measures.map((at) => {
        const measure = view.catalogue.measure(loaded.columns.measureIds[at] ?? 0);
        const keys = measure === undefined ? [] : measureParts(by, loaded.framework, measure);
        return { at, parts: keys.map((key) => parts.measure.numberOf(key)) };
      }),
      entityParts: entityPartsOf(by, view, loaded, parts.entity),
    };
  });
  const groups = groupScores(rounds, parts.entity.count, MAX_GROUPS);
  if (groups === null) {
    throw new PlatformError(
      'QUERY_TOO_COSTLY',
      `There are more than ${MAX_GROUPS} groups; group by less, or select fewer scores.`,
      { details: { limit: MAX_GROUPS } },
    );
  }
  return groups.map((group) => {
    const [round, measure, entity] = [
      parts.round.at(group.roundPart),
      parts.measure.at(group.measurePart),
      parts.entity.at(group.entityPart),
    ];
    const texts = { ...round.texts, ...measure.texts, ...entity.texts };
    const textOf = (dimension: ScoreDimension) => texts[dimension] ?? '';
    return { group, textOf, key: [...by].map(textOf).join('\u0001'), part: { ...round, ...measure, ...entity } };
  });
}

/** Whether a filter has a condition on measures anywhere. */
function namesMeasures(filter: Filter<ScoreField> | null | undefined): boolean {
  if (!filter) return false;
  const { and, or, not, measure, kind } = filter;
  return Boolean(measure ?? kind) || [...(and ?? []), ...(or ?? []), not].some(namesMeasures);
}
