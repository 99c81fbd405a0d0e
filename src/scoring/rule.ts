import { PlatformError } from '../domain/errors.js';
import type { ScoringRule, Tier } from '../domain/framework.js';

/** The figure that scoring takes of one entity and indicator, in the indicator's unit of measure. */
export interface ScoredFigure {
  readonly value: number | null;
  readonly numerator: number | null;
  readonly denominator: number | null;
  /** True when the chosen source is a national database or a web measurement. */
  readonly automatic: boolean;
  /** Id of the chosen observation. */
  readonly observationId: number;
}

/** Decides which end of a RELATIVE_TO_BEST rule is the best. */
export type Direction = 1 | -1;

/** True when a figure says nothing: neither a value nor both counts. */
export function isBlank(figure: ScoredFigure): boolean {
  return figure.value === null && (figure.numerator === null || figure.denominator === null);
}

/**
 * The number that a rule looks at: numerator / denominator for RATIO and RATIO_CAPPED, otherwise the value, or the quotient of the counts
 * where there is no value. Unrounded.
 * @param figure one without a {@link faultOf}
 */
export function amountOf(rule: ScoringRule, figure: ScoredFigure): number {
  const { value, numerator, denominator } = figure;
  if (value !== null && !isRatio(rule)) return value;
  return (numerator ?? Number.NaN) / (denominator ?? Number.NaN);
}

/**
 * Why a figure cannot be scored, as the end of a sentence about it; null when it can. A blank figure is not at fault, it is missing.
 * Refused: a ratio without its two counts, a denominator of 0 or less, anything negative or not finite, a yes/no other than 1 and 0, and a mean
 * outside 1 to the scale. A numerator above its denominator is not refused: it earns full points.
 */
export function faultOf(rule: ScoringRule, figure: ScoredFigure): string | null {
  const { value, numerator, denominator } = figure;
  const usesCounts = isRatio(rule) || value === null;
  if (usesCounts) {
    if (numerator === null || denominator === null) return 'has a value where a numerator and a denominator are needed';
    if (!(denominator > 0) || denominator === Number.POSITIVE_INFINITY)
      return `has the denominator ${denominator}; it must be above 0`;
    if (!(numerator >= 0) || numerator === Number.POSITIVE_INFINITY)
      return `has the numerator ${numerator}; it must be 0 or more`;
  }
  const amount = amountOf(rule, figure);
  if (!(amount >= 0) || amount === Number.POSITIVE_INFINITY) return `is ${amount}; it must be 0 or more`;
  if (rule.kind === 'YES_NO' && amount !== 0 && amount !== 1) return `is ${amount}; yes is 1 and no is 0`;
  if (rule.kind === 'SURVEY_MEAN' && !(amount >= 1 && amount <= rule.scale)) {
    return `is ${amount}; a mean on this scale lies between 1 and ${rule.scale}`;
  }
  return null;
}

/**
 * The best of the amounts in a peer group: the largest, or with direction -1 the smallest.
 * @param amounts NaN = no amount
 * @returns NaN when there is none
 */
export function bestOf(amounts: Float64Array, from: number, to: number, direction: Direction): number {
  let best = Number.NaN;
  for (let at = from; at < to; at++) {
    const amount = amounts[at] ?? Number.NaN;
    if (direction === 1 ? amount > best : amount < best) best = amount;
    else if (Number.isNaN(best)) best = amount;
  }
  return best;
}

/**
 * The share of its maximum points that an amount earns.
 *
 * With direction -1 (a higher amount is worse) a rule gives 1 minus its share, except RELATIVE_TO_BEST: there the smallest amount is the best and
 * the share is best / amount. Where the best is 0 with direction 1, nobody has anything and everybody earns 0; with direction -1 an amount of 0
 * earns 1.
 * @param amount from {@link amountOf}, of a figure without fault
 * @param best from {@link bestOf}, same unit; looked at by RELATIVE_TO_BEST only
 * @returns 0 to 1, unrounded
 * @see ScoringRule in domain/framework.ts for the formulas
 */
export function shareOf(rule: ScoringRule, direction: Direction, amount: number, best: number): number {
  if (rule.kind === 'RELATIVE_TO_BEST') return relativeShare(direction, amount, best);
  const share = risingShare(rule, amount);
  return direction === 1 ? share : 1 - share;
}

function relativeShare(direction: Direction, amount: number, best: number): number {
  if (direction === 1) return best > 0 ? Math.min(1, amount / best) : 0;
  return amount > 0 ? Math.min(1, best / amount) : 1;
}

function risingShare(rule: Exclude<ScoringRule, { kind: 'RELATIVE_TO_BEST' }>, amount: number): number {
  switch (rule.kind) {
    case 'YES_NO':
      return amount;
    case 'RATIO':
      return Math.min(1, amount);
    case 'RATIO_CAPPED':
      return Math.min(1, amount / rule.target);
    case 'TIERED':
      return tierShare(rule.tiers, amount);
    case 'SURVEY_MEAN':
      return (amount - 1) / (rule.scale - 1);
  }
}

function tierShare(tiers: readonly Tier[], amount: number): number {
  let share = 0;
  for (const tier of tiers) if (amount >= tier.atLeast) share = tier.share;
  return share;
}

function isRatio(rule: ScoringRule): boolean {
  return rule.kind === 'RATIO' || rule.kind === 'RATIO_CAPPED';
}

/**
 * Refuses a rule that cannot be applied to any figure.
 * @param owner code of the indicator, for the message
 * @throws PlatformError METHOD_RULE_INVALID for a target or scale out of range, and for tiers that are absent or do not rise in both fields
 */
export function checkRule(rule: ScoringRule, owner: string): void {
  const problem = ruleProblem(rule);
  if (problem === null) return;
  throw new PlatformError('METHOD_RULE_INVALID', `The ${rule.kind} rule of ${owner} ${problem}`, {
    details: { owner, rule },
  });
}

function ruleProblem(rule: ScoringRule): string | null {
  if (rule.kind === 'RATIO_CAPPED' && !(rule.target > 0 && Number.isFinite(rule.target))) {
    return `has the target ${rule.target}; give a number above 0`;
  }
  if (rule.kind === 'SURVEY_MEAN' && !(rule.scale > 1 && Number.isFinite(rule.scale))) {
    return `has the scale ${rule.scale}; give a number above 1`;
  }
  if (rule.kind !== 'TIERED') return null;
  if (rule.tiers.length === 0) return 'has no tiers; give at least one';
  const rises = rule.tiers.every((tier, index) => isTierAbove(tier, rule.tiers[index - 1]));
  return rises ? null : 'has tiers that do not rise in both fields, with shares from 0 to 1';
}

function isTierAbove(tier: Tier, previous: Tier | undefined): boolean {
  if (!Number.isFinite(tier.atLeast) || !(tier.share >= 0 && tier.share <= 1)) return false;
  return previous === undefined || (tier.atLeast > previous.atLeast && tier.share > previous.share);
}
