import { GraphQLInt } from 'graphql';
import { ArgsType, Field, InputType } from 'type-graphql';
import type { EntityLevel } from '../domain/entity.js';
import { PlatformError } from '../domain/errors.js';
import { INDEX_CODE, type MeasureKind } from '../domain/framework.js';
import type { AssessmentRound } from '../domain/round.js';
import { noResult } from './at.js';
import type { LoadedRound, View } from './context.js';
import { findRound } from './round.js';
import { selectMeasures } from './score.js';
import { EntityLevelWord, MeasureKindWord } from './words.js';

/** Most scores that one condition or group goes through: a year of all communes twice over, some 0.3 s. */
const MAX_SCORES = 2_500_000;

/** Most rounds, and most measures, that can be named at once. */
const MAX_NAMED = 200;

@ArgsType()
@InputType('ScoreRange', {
  description:
    'Scores of one or several rounds and measures. All that is given must hold. Without `measures`, `kind` and `parent`: the index itself.',
})
export class ScoreRange {
  @Field(() => [String], {
    nullable: true,
    description: 'Codes of rounds: `["PROVINCE-2021", "PROVINCE-2022"]`. NOT_FOUND for an unknown one.',
  })
  rounds?: string[] | null;

  @Field(() => EntityLevelWord, { nullable: true, description: 'Rounds of this level.' })
  level?: EntityLevel | null;

  @Field(() => [GraphQLInt], { nullable: true, description: 'Rounds of these years.' })
  years?: number[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Codes of measures: `["CYBERSECURITY"]`. A round whose framework lacks one has no scores in it; NOT_FOUND when no round has it.',
  })
  measures?: string[] | null;

  @Field(() => MeasureKindWord, { nullable: true, description: 'Measures of this kind.' })
  kind?: MeasureKind | null;

  @Field(() => String, {
    nullable: true,
    description: 'Children of this measure, by its code. NOT_FOUND when no round has it.',
  })
  parent?: string | null;
}

/** The measures of one round that a range speaks of. */
export interface RangeOfRound {
  readonly loaded: LoadedRound;
  /** Positions in the columns, in framework order. */
  readonly measures: readonly number[];
}

/**
 * The rounds of a range, by level and year.
 * @throws PlatformError NOT_FOUND; BAD_USER_INPUT when none or too many are named
 */
export function roundsOf(view: View, { rounds: codes, level, years }: ScoreRange): AssessmentRound[] {
  if (!codes && !level && !years) {
    throw new PlatformError('BAD_USER_INPUT', 'Say which rounds are meant: give "rounds", "level" or "years".');
  }
  refuseMany('rounds', codes);
  refuseMany('years', years);
  const named = codes ? new Set(codes.map((code) => findRound(view, code))) : null;
  return view.catalogue.content.rounds.filter(
    (round) =>
      (named === null || named.has(round)) &&
      (!level || round.level === level) &&
      (!years || years.includes(round.year)),
  );
}

/**
 * Loads the rounds of a range.
 * @param isAnyMeasure whether a range that names no measures means all of them, instead of the index
 * @returns by level and year; rounds that nothing has been computed for are left out
 * @throws PlatformError NOT_FOUND, BAD_USER_INPUT; AS_OF_UNAVAILABLE when rounds were named and none has scores
 */
export async function loadRange(view: View, range: ScoreRange, isAnyMeasure: boolean): Promise<RangeOfRound[]> {
  const rounds = roundsOf(view, range);
  const loaded = (await Promise.all(rounds.map((round) => view.load(round)))).filter((each) => each !== null);
  if (range.rounds?.length && loaded.length === 0) {
    throw noResult(range.rounds, view.revision);
  }
  return measuresOf(view, loaded, range, isAnyMeasure);
}

/** Finds the measures of a range in rounds that are loaded; see {@link loadRange}. */
export function measuresOf(
  view: View,
  rounds: readonly LoadedRound[],
  range: ScoreRange,
  isAnyMeasure: boolean,
): RangeOfRound[] {
  refuseMany('measures', range.measures);
  const hasChoice = Boolean(range.measures || range.kind || range.parent);
  const codes = hasChoice || isAnyMeasure ? (range.measures ?? null) : [INDEX_CODE];
  refuseUnknown(view, rounds, [...(codes ?? []), ...(range.parent ? [range.parent] : [])]);
  const wanted = codes === null ? null : new Set(codes);
  return rounds.flatMap((loaded) => {
    const { frameworkCode } = loaded.round;
    const parent = range.parent ? view.catalogue.measureByCode(frameworkCode, range.parent) : null;
    if (parent === undefined) return [];
    const measures = selectMeasures(loaded, { kind: range.kind ?? null, parent }).filter(
      (measureAt) =>
        wanted === null || wanted.has(view.catalogue.measure(loaded.columns.measureIds[measureAt] ?? 0)?.code ?? ''),
    );
    return [{ loaded, measures }];
  });
}

/**
 * Bounds how much one field goes through, which its arguments alone do not tell.
 * @throws PlatformError QUERY_TOO_COSTLY
 */
export function refuseTooManyScores(ranges: readonly RangeOfRound[]): void {
  const asked = ranges.reduce(
    (sum, { loaded, measures }) => sum + loaded.columns.entityIds.length * measures.length,
    0,
  );
  if (asked <= MAX_SCORES) return;
  const [shown, limit] = [asked, MAX_SCORES].map((count) => count.toLocaleString('en-US'));
  throw new PlatformError(
    'QUERY_TOO_COSTLY',
    `These rounds and measures have ${shown} scores, ${limit} can be gone through at once; ask for fewer rounds or measures.`,
    { details: { scores: asked, limit: MAX_SCORES } },
  );
}

function refuseUnknown(view: View, rounds: readonly LoadedRound[], codes: readonly string[]): void {
  if (rounds.length === 0) return;
  const frameworks = [...new Set(rounds.map(({ round }) => round.frameworkCode))];
  const unknown = codes.find((code) => frameworks.every((each) => !view.catalogue.measureByCode(each, code)));
  if (unknown === undefined) return;
  throw new PlatformError(
    'NOT_FOUND',
    `No framework of these rounds (${frameworks.join(', ')}) has a measure "${unknown.slice(0, 80)}"; \`measures\` lists those that there are.`,
    { details: { frameworks, measure: unknown.slice(0, 80) } },
  );
}

function refuseMany(name: string, given: readonly unknown[] | null | undefined): void {
  if (!given || given.length <= MAX_NAMED) return;
  throw new PlatformError('BAD_USER_INPUT', `"${name}" lists ${given.length}, ${MAX_NAMED} are allowed; ask in parts.`);
}
