import type { Framework } from '../domain/framework.js';
import { type FigureOf, ScoreBoard, type ScoringGroup, type ScoringResult } from './scoreBoard.js';

export type { ScoredFigure } from './rule.js';
export type { ScoringResult } from './scoreBoard.js';
export type { ScoringProblem } from './scoreIndicators.js';

/**
 * The version of the method in this room and of the form of its hashes; it changes whenever the same input could give another result or hash.
 * - 1: `inputHash` over the lines of all figures, `resultHash` over the lines of all measures
 * - 2: the same scores; both hashes over the hashes of parts, so that a change costs the parts that it touches
 */
export const ENGINE_VERSION = '2';

/** Everything that one computation depends on. */
export interface ScoringInput {
  readonly framework: Framework;
  readonly groups: readonly ScoringGroup[];
  /** Asked at most once per pair. */
  readonly figure: FigureOf;
}

/**
 * Computes all scores and ranks of a round: rules, points, main indexes, then pillars and the index, then ranks within each peer group.
 *
 * Numbers are float64. Points are added unrounded in framework order, keep what additions lose, and are quantised to 1e-12 at the end, so that the
 * same points in another order give the same value and rank.
 * @returns rows by group, then in the given order; a figure that contradicts its rule is a problem and counts as missing
 * @throws PlatformError METHOD_RULE_INVALID when the framework cannot be computed, METHOD_INPUT_INVALID when an entity stands in two places
 */
export function computeScores({ framework, groups, figure }: ScoringInput): ScoringResult {
  return new ScoreBoard(framework, groups).score(figure, null);
}
