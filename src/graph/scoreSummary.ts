import { GraphQLFloat, GraphQLInt } from 'graphql';
import { Arg, Field, ObjectType } from 'type-graphql';
import { PlatformError } from '../domain/errors.js';
import { figureReader, type ScoreFigure } from '../snapshot/figure.js';
import { ScoreGroup } from '../snapshot/group.js';
import type { Statistics } from '../snapshot/statistics.js';
import type { LoadedRound, View } from './context.js';
import { Cost, ListSize } from './cost.js';
import { ScoreType } from './score.js';
import { comparedColumns } from './scoreFigures.js';

/** Most scores that `top` shows. */
const MAX_TOP = 100;

/** Working out one statistic of a group, which goes through its scores and may sort them. */
const STATISTICS_COST = 3;

@ObjectType('ScoreStatistics', {
  description:
    'Statistics of one figure of the scores of a group. Scores without the figure do not count; null = too few have it. Sums are compensated and results rounded to 1e-12, so that they do not depend on the order of the scores.',
  simpleResolvers: true,
})
export class ScoreStatistics {
  readonly #statistics: Statistics;

  constructor(statistics: Statistics) {
    this.#statistics = statistics;
  }

  @Field(() => GraphQLInt, { description: 'How many scores have the figure.' })
  get count(): number {
    return this.#statistics.count;
  }

  @Field(() => GraphQLFloat, { nullable: true, description: 'Their sum.' })
  get sum(): number | null {
    return this.#statistics.sum;
  }

  @Field(() => GraphQLFloat, { nullable: true, description: 'The arithmetic mean; each score counts alike.' })
  get average(): number | null {
    return this.#statistics.average;
  }

  @Field(() => GraphQLFloat, { nullable: true, description: 'The middle one, or the mean of the two in the middle.' })
  get median(): number | null {
    return this.#statistics.median;
  }

  @Field(() => GraphQLFloat, { nullable: true, description: 'The least.' })
  get min(): number | null {
    return this.#statistics.min;
  }

  @Field(() => GraphQLFloat, { nullable: true, description: 'The greatest.' })
  get max(): number | null {
    return this.#statistics.max;
  }

  @Field(() => GraphQLFloat, {
    nullable: true,
    description: 'Of the sample: the squares are divided by n - 1. Null for fewer than two.',
  })
  get standardDeviation(): number | null {
    return this.#statistics.standardDeviation;
  }

  @Field(() => GraphQLFloat, {
    nullable: true,
    description:
      'The number below which a share of all lies, between two neighbours by straight line (type 7 of Hyndman and Fan: the default of R, `percentile_cont` of PostgreSQL, PERCENTILE.INC of spreadsheets).',
  })
  quantile(
    @Arg('p', () => GraphQLFloat, { description: 'The share, 0 to 1: 0.9 = nine tenths lie below.' }) p: number,
  ): number | null {
    return this.#statistics.quantile(checkShare(p));
  }
}

/**
 * The share that a quantile is asked for.
 * @throws PlatformError BAD_USER_INPUT
 */
export function checkShare(p: number | null | undefined): number {
  if (typeof p === 'number' && p >= 0 && p <= 1) return p;
  throw new PlatformError('BAD_USER_INPUT', `A quantile needs "p" from 0 to 1, received ${p ?? 'none'}.`);
}

@ObjectType('ScoreChangeStatistics', {
  description: 'Statistics of the changes since the published round of the year before, as in `Score.change`.',
  simpleResolvers: true,
})
export class ScoreChangeStatistics {
  readonly #group: ScoreGroup;

  constructor(group: ScoreGroup) {
    this.#group = group;
  }

  @Cost(STATISTICS_COST)
  @Field(() => ScoreStatistics, { description: 'Of the change of the value.' })
  value(): ScoreStatistics {
    return new ScoreStatistics(this.#group.statistics('changeOfValue'));
  }

  @Cost(STATISTICS_COST)
  @Field(() => ScoreStatistics, { description: 'Of the change of the rank; +3 means three places up.' })
  rank(): ScoreStatistics {
    return new ScoreStatistics(this.#group.statistics('changeOfRank'));
  }
}

@ObjectType('ScoreSummary', { description: 'What a set of scores comes to.', simpleResolvers: true })
export class ScoreSummary {
  /** @param rounds in the order in which the group counts them */
  constructor(
    readonly group: ScoreGroup,
    readonly rounds: readonly LoadedRound[],
    readonly view: View,
  ) {}

  @Field(() => GraphQLInt, { description: 'How many scores have a value.' })
  count(): number {
    return this.group.statistics('value').count;
  }

  @Field(() => GraphQLInt, { description: 'How many scores have no value.' })
  missing(): number {
    return this.group.size - this.count();
  }

  @Cost(STATISTICS_COST)
  @Field(() => ScoreStatistics, { description: 'Of the values, 0 to 1.' })
  value(): ScoreStatistics {
    return this.#of('value');
  }

  @Cost(STATISTICS_COST)
  @Field(() => ScoreStatistics, { description: 'Of the points.' })
  points(): ScoreStatistics {
    return this.#of('points');
  }

  @Cost(STATISTICS_COST)
  @Field(() => ScoreStatistics, { description: 'Of the ranks within the peer groups.' })
  rank(): ScoreStatistics {
    return this.#of('rank');
  }

  @Cost(STATISTICS_COST)
  @Field(() => ScoreStatistics, { description: 'Of the shares of the possible points whose figure is there.' })
  coverage(): ScoreStatistics {
    return this.#of('coverage');
  }

  @Cost(STATISTICS_COST)
  @Field(() => ScoreStatistics, {
    description: 'Of the shares of the possible points that were measured automatically.',
  })
  automaticShare(): ScoreStatistics {
    return this.#of('automaticShare');
  }

  @Field(() => ScoreChangeStatistics, { description: 'Of the changes since the year before.' })
  change(): ScoreChangeStatistics {
    return new ScoreChangeStatistics(this.group);
  }

  @Cost(STATISTICS_COST)
  @Field(() => ScoreType, {
    nullable: true,
    description: 'The score with the greatest value; null when none has a value. Ties: see `top`.',
  })
  best(): ScoreType | null {
    return this.#extremes(1, 1)[0] ?? null;
  }

  @Cost(STATISTICS_COST)
  @Field(() => ScoreType, {
    nullable: true,
    description: 'The score with the least value; null when none has a value. Ties: see `top`.',
  })
  worst(): ScoreType | null {
    return this.#extremes(1, -1)[0] ?? null;
  }

  @Cost(STATISTICS_COST)
  @ListSize(({ count }) => (typeof count === 'number' ? Math.min(Math.max(count, 0), MAX_TOP) : 3))
  @Field(() => [ScoreType], {
    description:
      'The scores with the greatest values, greatest first. Equal values: by round, then in framework order, then by peer group and code of the entity.',
  })
  top(
    @Arg('count', () => GraphQLInt, { nullable: true, defaultValue: 3, description: 'How many at most, 1 to 100.' })
    count: number | null,
  ): ScoreType[] {
    const asked = count ?? 3;
    if (asked >= 1 && asked <= MAX_TOP) return this.#extremes(asked, 1);
    throw new PlatformError('BAD_USER_INPUT', `"count" must be 1 to ${MAX_TOP}, received ${asked}.`);
  }

  #of(figure: ScoreFigure): ScoreStatistics {
    return new ScoreStatistics(this.group.statistics(figure));
  }

  #extremes(count: number, sign: 1 | -1): ScoreType[] {
    return this.group.extremes(count, sign).flatMap(({ roundAt, cell }) => {
      const loaded = this.rounds[roundAt];
      if (loaded === undefined) return [];
      const entityCount = loaded.columns.entityIds.length;
      return [new ScoreType(this.view, loaded, Math.floor(cell / entityCount), cell % entityCount)];
    });
  }
}

/** What some scores of one round come to. */
export function summarise(view: View, loaded: LoadedRound, cells: readonly number[]): ScoreSummary {
  const compared = comparedColumns(view, loaded);
  const scope = { rounds: [{ read: (figure: ScoreFigure) => figureReader(compared, figure) }], offsets: [0] };
  return new ScoreSummary(new ScoreGroup(0, 0, 0, cells, scope), [loaded], view);
}

/** The field `summary` of a list of scores. */
export const SUMMARY = { description: 'What all rows of the list come to, not only those of this page.' };
