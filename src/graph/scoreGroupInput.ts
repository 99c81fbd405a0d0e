import { GraphQLFloat } from 'graphql';
import { Field, InputType } from 'type-graphql';
import { PlatformError } from '../domain/errors.js';
import type { ScoreFigure } from '../snapshot/figure.js';
import type { ScoreGroup } from '../snapshot/group.js';
import type { Statistics } from '../snapshot/statistics.js';
import type { Condition, Filter } from '../store/condition.js';
import {
  compileFilter,
  compileNumber,
  FloatFilter,
  filterInput,
  IntFilter,
  type Leaf,
  type Readers,
} from './filter.js';
import { compareKeys, DIRECTION, type Direction, DirectionWord } from './order.js';
import { type ScoreDimension, ScoreDimensionWord } from './scoreGroupKey.js';
import { checkShare } from './scoreSummary.js';
import { words } from './words.js';

@InputType('QuantileFilter', { description: 'A condition on a quantile.' })
class QuantileFilter {
  @Field(() => GraphQLFloat, { description: 'Which quantile, 0 to 1.' })
  p!: number;

  @Field(() => FloatFilter, { description: 'What it must be.' })
  is!: Condition;
}

type Aggregate = 'count' | 'sum' | 'average' | 'median' | 'min' | 'max' | 'standardDeviation' | 'quantile';

const StatisticsFilter = filterInput<Aggregate>('ScoreStatisticsFilter', 'Selects groups by statistics of a figure.', {
  count: [IntFilter, 'How many scores have the figure.'],
  sum: [FloatFilter, 'Their sum; with `{ eq: null }`, as below, there are too few.'],
  average: [FloatFilter, 'The arithmetic mean.'],
  median: [FloatFilter, 'The middle one.'],
  min: [FloatFilter, 'The least.'],
  max: [FloatFilter, 'The greatest.'],
  standardDeviation: [FloatFilter, 'Of the sample.'],
  quantile: [QuantileFilter, 'A quantile, as in `ScoreStatistics.quantile`.'],
});

type GroupField = 'count' | 'missing' | Exclude<ScoreFigure, 'changeOfValue' | 'changeOfRank'> | 'change';

const ChangeStatisticsFilter = filterInput<'value' | 'rank'>(
  'ScoreChangeStatisticsFilter',
  'Selects groups by statistics of the changes since the year before.',
  { value: [StatisticsFilter, 'Of the change of the value.'], rank: [StatisticsFilter, 'Of the change of the rank.'] },
);

/** Input of `having`. */
export const ScoreGroupFilter = filterInput<GroupField>('ScoreGroupFilter', 'Selects groups of scores.', {
  count: [IntFilter, 'How many scores have a value.'],
  missing: [IntFilter, 'How many scores have no value.'],
  value: [StatisticsFilter, 'Of the values.'],
  points: [StatisticsFilter, 'Of the points.'],
  rank: [StatisticsFilter, 'Of the ranks.'],
  coverage: [StatisticsFilter, 'Of the coverage.'],
  automaticShare: [StatisticsFilter, 'Of the automatic shares.'],
  change: [ChangeStatisticsFilter, 'Of the changes since the year before.'],
});
/** See {@link ScoreGroupFilter}. */
export type GroupFilter = Filter<GroupField>;

const STATISTICS_READERS: Readers<Aggregate, Statistics> = {
  count: ({ count }) => count,
  sum: ({ sum }) => sum,
  average: ({ average }) => average,
  median: ({ median }) => median,
  min: ({ min }) => min,
  max: ({ max }) => max,
  standardDeviation: ({ standardDeviation }) => standardDeviation,
  quantile: {
    compile(condition) {
      const { p, is } = condition as QuantileFilter;
      const share = checkShare(p);
      const holds = compileNumber(is);
      return (statistics) => holds(statistics.quantile(share) ?? Number.NaN);
    },
  },
};

/** Turns `having` into a test of groups. */
export function compileHaving(having: GroupFilter | null | undefined): (group: ScoreGroup) => boolean {
  const of = (figure: ScoreFigure): Leaf<ScoreGroup> => ({
    compile(condition, depth) {
      const holds = compileFilter(condition as Filter<Aggregate>, STATISTICS_READERS, depth + 1);
      return (group) => holds(group.statistics(figure));
    },
  });
  const change: Leaf<ScoreGroup> = {
    compile: (condition, depth) =>
      compileFilter(
        condition as Filter<'value' | 'rank'>,
        { value: of('changeOfValue'), rank: of('changeOfRank') },
        depth + 1,
      ),
  };
  return compileFilter<GroupField, ScoreGroup>(having, {
    count: (group) => group.statistics('value').count,
    missing: (group) => group.size - group.statistics('value').count,
    ...{ value: of('value'), points: of('points'), rank: of('rank') },
    ...{ coverage: of('coverage'), automaticShare: of('automaticShare'), change },
  });
}

type FigureWord = 'VALUE' | 'POINTS' | 'RANK' | 'COVERAGE' | 'AUTOMATIC_SHARE' | 'CHANGE_OF_VALUE' | 'CHANGE_OF_RANK';

const FIGURES: Readonly<Record<FigureWord, ScoreFigure>> = {
  VALUE: 'value',
  POINTS: 'points',
  RANK: 'rank',
  COVERAGE: 'coverage',
  AUTOMATIC_SHARE: 'automaticShare',
  CHANGE_OF_VALUE: 'changeOfValue',
  CHANGE_OF_RANK: 'changeOfRank',
};

const ScoreFigureWord = words<FigureWord>('ScoreFigure', 'A number of a score.', {
  VALUE: 'The value, 0 to 1.',
  POINTS: 'Points earned.',
  RANK: 'Place in the peer group.',
  COVERAGE: 'Share of the possible points whose figure is there.',
  AUTOMATIC_SHARE: 'Share of the possible points that were measured automatically.',
  CHANGE_OF_VALUE: 'New value minus that of the year before.',
  CHANGE_OF_RANK: 'Rank of the year before minus the new one: +3 means three places up.',
});

type AggregateWord =
  | 'COUNT'
  | 'SUM'
  | 'AVERAGE'
  | 'MEDIAN'
  | 'MIN'
  | 'MAX'
  | 'STANDARD_DEVIATION'
  | 'QUANTILE'
  | 'MISSING';

const ScoreAggregateWord = words<AggregateWord>('ScoreAggregate', 'A statistic of a figure.', {
  COUNT: 'How many scores have the figure.',
  MISSING: 'How many scores have it not.',
  SUM: 'Their sum.',
  AVERAGE: 'The arithmetic mean.',
  MEDIAN: 'The middle one.',
  MIN: 'The least.',
  MAX: 'The greatest.',
  STANDARD_DEVIATION: 'Of the sample.',
  QUANTILE: 'A quantile; needs `p`.',
});

@InputType('ScoreGroupOrder', {
  description: 'One step of an order of groups: give `dimension` or `aggregate`, not both.',
})
export class ScoreGroupOrder {
  @Field(() => ScoreDimensionWord, {
    nullable: true,
    description: 'By a dimension of `by`: years rise, measures are in framework order, all else goes by code.',
  })
  dimension?: ScoreDimension | null;

  @Field(() => ScoreAggregateWord, { nullable: true, description: 'By a statistic.' })
  aggregate?: AggregateWord | null;

  @Field(() => ScoreFigureWord, { nullable: true, defaultValue: 'VALUE', description: 'What `aggregate` is of.' })
  figure?: FigureWord | null;

  @Field(() => GraphQLFloat, { nullable: true, description: 'Which QUANTILE, 0 to 1.' })
  p?: number | null;

  @Field(() => DirectionWord, DIRECTION)
  direction?: Direction | null;
}

/** A group with the texts of its key, by dimension. */
export interface KeyedGroup {
  readonly group: ScoreGroup;
  readonly textOf: (dimension: ScoreDimension) => string;
  /** All dimensions of the key in the order of `by`; no two groups have the same. */
  readonly key: string;
}

/**
 * Sorts groups, ties by their keys.
 * @throws PlatformError BAD_USER_INPUT when a step names a dimension that is not grouped by, or does not say what it orders by
 */
export function sortGroups<Keyed extends KeyedGroup>(
  groups: readonly Keyed[],
  orders: readonly ScoreGroupOrder[],
  by: ReadonlySet<ScoreDimension>,
): Keyed[] {
  const steps = orders.map((order) => compileOrder(order, by));
  return groups.toSorted((a, b) => {
    for (const step of steps) {
      const difference = step(a, b);
      if (difference !== 0) return difference;
    }
    return compareTexts(a.key, b.key);
  });
}

function compileOrder(
  order: ScoreGroupOrder,
  by: ReadonlySet<ScoreDimension>,
): (a: KeyedGroup, b: KeyedGroup) => number {
  const { dimension, aggregate } = order;
  const sign = order.direction === 'DESC' ? -1 : 1;
  if (dimension && aggregate) throw badOrder('gives both "dimension" and "aggregate"; give one of them');
  if (dimension) {
    if (!by.has(dimension)) throw badOrder(`names ${dimension}, which is not grouped by`);
    return (a, b) => compareKeys(textOrNull(a.textOf(dimension)), textOrNull(b.textOf(dimension)), sign);
  }
  if (!aggregate) throw badOrder('gives neither "dimension" nor "aggregate"; give one of them');
  const read = compileAggregate(aggregate, FIGURES[order.figure ?? 'VALUE'], order.p ?? null);
  return (a, b) => compareKeys(read(a.group), read(b.group), sign);
}

function compileAggregate(
  aggregate: AggregateWord,
  figure: ScoreFigure,
  p: number | null,
): (group: ScoreGroup) => number | null {
  const read: Readonly<Record<AggregateWord, (group: ScoreGroup) => number | null>> = {
    COUNT: (group) => group.statistics(figure).count,
    MISSING: (group) => group.size - group.statistics(figure).count,
    SUM: (group) => group.statistics(figure).sum,
    AVERAGE: (group) => group.statistics(figure).average,
    MEDIAN: (group) => group.statistics(figure).median,
    MIN: (group) => group.statistics(figure).min,
    MAX: (group) => group.statistics(figure).max,
    STANDARD_DEVIATION: (group) => group.statistics(figure).standardDeviation,
    QUANTILE: (group) => group.statistics(figure).quantile(p ?? 0),
  };
  if (aggregate === 'QUANTILE') checkShare(p);
  return read[aggregate];
}

function textOrNull(text: string): string | null {
  return text === '\uffff' ? null : text;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function badOrder(problem: string): PlatformError {
  return new PlatformError('BAD_USER_INPUT', `A step of "orderBy" ${problem}.`);
}
