import type { Figure } from './arithmetic.js';
import { shareOf } from './arithmetic.js';
import type { Indicator } from './framework.js';
import { levelFor, sigmoid } from './profile.js';
import { randomFor } from './random.js';
import { required } from './required.js';

/** What the figures of one body in one main index are made from. */
export interface Order {
  readonly entity: string;
  readonly year: number;
  readonly indicators: readonly Indicator[];
  /** Points to earn, of the sum of maximum points of `indicators`. */
  readonly points: number;
  /** Denominators by label; figures that are denominators of others are added to it. */
  readonly counts: Map<string, number>;
  /** Best value of the peer group of each indicator scored relative to the best, and its decimals. */
  readonly bests: ReadonlyMap<string, { readonly value: number; readonly decimals: number }>;
  /** Indicators that earn their full points here (the body is the best, or the main index is exactly 1). */
  readonly full: ReadonlySet<string>;
  /** Survey means with four decimals instead of two, so that a printed value is met. */
  readonly fine: boolean;
}

/** Labels that are a numerator of one indicator and the denominator of the next. */
const LINKED: ReadonlySet<string> = new Set(['End-to-end services', 'Systems approved']);
const HIGHEST_SHARE = 0.985;
const LOWEST_SHARE = 0.012;
/** In logits: how far the level of the ratios may stray from the level of the yes/no answers before an answer is changed. */
const LEVEL_TOLERANCE = 0.9;

/**
 * A body's lasting strength in one indicator, in logits: how hard the indicator is for all, the body's own talent, and a little
 * of the year.
 */
export function strengthOf(entity: string, year: number, indicator: Indicator): number {
  const hardness = 0.45 * randomFor('hardness', indicator.code).normal();
  const own = 0.5 * randomFor('talent', entity, indicator.code).normal();
  const weather = 0.1 * randomFor('weather', year, entity, indicator.code).normal();
  const kind = indicator.rule.kind === 'relative_to_best' ? -1.1 : indicator.rule.kind === 'yes_no' ? 0.5 : 0;
  return hardness + own + weather + kind;
}

/**
 * Chooses figures that earn the points asked for: yes/no answers and tiers first, then ratios from small denominators to large,
 * each taking its share of what is left, so that the last (finest) one closes the gap.
 * @returns figures by indicator; the points really earned follow from them and may miss by half a step of the finest ratio
 */
export function realise(order: Order): Map<string, Figure> {
  const strengths = new Map(
    order.indicators.map((indicator) => [indicator.code, strengthOf(order.entity, order.year, indicator)]),
  );
  const figures = new Map<string, Figure>();
  let left = order.points;
  const take = (indicator: Indicator, figure: Figure): void => {
    figures.set(indicator.code, figure);
    left -= indicator.maxPoints * shareOf(indicator.rule, figure, order.bests.get(indicator.code)?.value ?? 0);
  };
  for (const indicator of order.indicators) {
    if (order.full.has(indicator.code)) take(indicator, fullFigure(indicator, order));
  }
  const open = order.indicators.filter((indicator) => !figures.has(indicator.code));
  const answers = open.filter(({ rule }) => rule.kind === 'yes_no' || rule.kind === 'tiered');
  const ratios = open.filter((indicator) => !answers.includes(indicator));
  for (const [indicator, figure] of chooseAnswers(answers, ratios, strengths, left, order)) take(indicator, figure);

  const waiting = [...ratios].sort((one, two) => urgency(two, order) - urgency(one, order));
  while (waiting.length > 0) {
    const level = levelFor((at) => pointsAt(waiting, strengths, at, order), left);
    const indicator = required(waiting.shift(), 'an indicator');
    const share =
      waiting.length === 0
        ? Math.max(0, Math.min(highestShare(indicator), left / indicator.maxPoints))
        : shareAt(indicator, strengths, level);
    take(indicator, toFigure(indicator, share, order));
  }
  return figures;
}

function highestShare(indicator: Indicator): number {
  return indicator.rule.kind === 'relative_to_best' ? 0.97 : HIGHEST_SHARE;
}

function shareAt(indicator: Indicator, strengths: ReadonlyMap<string, number>, level: number): number {
  const share = sigmoid((strengths.get(indicator.code) ?? 0) + level);
  return Math.max(LOWEST_SHARE, Math.min(highestShare(indicator), share));
}

function pointsAt(
  indicators: readonly Indicator[],
  strengths: ReadonlyMap<string, number>,
  level: number,
  _order: Order,
): number {
  return indicators.reduce((sum, indicator) => sum + indicator.maxPoints * shareAt(indicator, strengths, level), 0);
}

/**
 * Chooses yes/no answers and tiers by the level the whole main index asks for, then changes single answers until the ratios
 * need about the same level, so that no body has all answers "yes" and hardly any ratio.
 */
function chooseAnswers(
  answers: readonly Indicator[],
  ratios: readonly Indicator[],
  strengths: ReadonlyMap<string, number>,
  points: number,
  order: Order,
): Map<Indicator, Figure> {
  const all = [...answers, ...ratios];
  const common = levelFor((at) => pointsAt(all, strengths, at, order), points);
  const steps = new Map(answers.map((indicator) => [indicator, nearestStep(indicator, strengths, common)]));
  const ratioLevel = (): number => {
    const answered = [...steps].reduce(
      (sum, [indicator, step]) => sum + indicator.maxPoints * stepShare(indicator, step),
      0,
    );
    return levelFor((at) => pointsAt(ratios, strengths, at, order), points - answered);
  };
  let best = new Map(steps);
  let bestMiss = Math.abs(ratioLevel() - common);
  for (let attempt = 0; attempt < 12 && bestMiss > LEVEL_TOLERANCE; attempt += 1) {
    const up = ratioLevel() > common;
    const movable = answers
      .filter((indicator) => {
        const step = steps.get(indicator) ?? 0;
        return up ? step < stepCount(indicator) : step > 0;
      })
      .map((indicator) => ({
        indicator,
        // The answer that was nearest to flipping flips first.
        odds: (strengths.get(indicator.code) ?? 0) - (steps.get(indicator) ?? 0) / stepCount(indicator),
      }))
      .sort((one, two) => (up ? two.odds - one.odds : one.odds - two.odds));
    const chosen = movable[0];
    if (chosen === undefined) break;
    steps.set(chosen.indicator, (steps.get(chosen.indicator) ?? 0) + (up ? 1 : -1));
    const miss = Math.abs(ratioLevel() - common);
    if (miss < bestMiss) {
      bestMiss = miss;
      best = new Map(steps);
    }
  }
  return new Map([...best].map(([indicator, step]) => [indicator, stepFigure(indicator, step, order)]));
}

function stepCount(indicator: Indicator): number {
  return indicator.rule.kind === 'tiered' ? indicator.rule.tiers.length : 1;
}

function stepShare(indicator: Indicator, step: number): number {
  if (indicator.rule.kind !== 'tiered') return step;
  return step === 0 ? 0 : (indicator.rule.tiers[step - 1]?.share ?? 0);
}

function nearestStep(indicator: Indicator, strengths: ReadonlyMap<string, number>, level: number): number {
  const share = sigmoid((strengths.get(indicator.code) ?? 0) + level);
  let nearest = 0;
  for (let step = 1; step <= stepCount(indicator); step += 1) {
    if (Math.abs(stepShare(indicator, step) - share) < Math.abs(stepShare(indicator, nearest) - share)) nearest = step;
  }
  return nearest;
}

/** A count inside the tier: the threshold, or a little above it where the next tier is further away. */
function stepFigure(indicator: Indicator, step: number, order: Order): Figure {
  if (indicator.rule.kind !== 'tiered') return { value: step };
  if (step === 0) return { value: 0 };
  const from = indicator.rule.tiers[step - 1]?.atLeast ?? 0;
  const next = indicator.rule.tiers[step]?.atLeast ?? (indicator.unit === 'level' ? from + 1 : 2 * from);
  return { value: randomFor('tier', order.year, order.entity, indicator.code).whole(from, Math.max(from, next - 1)) };
}

/** Points by which the smallest possible change of the figure moves the score. */
function stepPoints(indicator: Indicator, order: Order): number {
  const { rule } = indicator;
  if (rule.kind === 'ratio') {
    return (
      indicator.maxPoints / (rule.target * required(order.counts.get(rule.denominator), `count ${rule.denominator}`))
    );
  }
  if (rule.kind === 'survey_mean') return (indicator.maxPoints * (order.fine ? 1e-4 : 1e-2)) / (rule.scale - 1);
  const best = required(order.bests.get(indicator.code), `best of ${indicator.code}`);
  return indicator.maxPoints / (best.value * 10 ** best.decimals);
}

/** Coarse indicators first; a numerator that is another's denominator before that. */
function urgency(indicator: Indicator, order: Order): number {
  if (indicator.rule.kind === 'ratio') {
    if (LINKED.has(indicator.rule.numerator)) return 1e9;
    if (LINKED.has(indicator.rule.denominator)) return 1e8;
  }
  return stepPoints(indicator, order);
}

function toFigure(indicator: Indicator, share: number, order: Order): Figure {
  const { rule } = indicator;
  if (rule.kind === 'survey_mean') {
    const digits = order.fine ? 1e4 : 1e2;
    return { value: Math.round((1 + share * (rule.scale - 1)) * digits) / digits };
  }
  if (rule.kind === 'relative_to_best') {
    const best = required(order.bests.get(indicator.code), `best of ${indicator.code}`);
    const digits = 10 ** best.decimals;
    return { value: Math.round(share * best.value * digits) / digits };
  }
  if (rule.kind !== 'ratio') throw new Error(`${indicator.code} is no ratio.`);
  const denominator = required(order.counts.get(rule.denominator), `count ${rule.denominator}`);
  const isLinked = LINKED.has(rule.numerator);
  const least = Math.min(denominator, isLinked ? 3 : 1);
  const numerator = Math.max(least, Math.min(denominator, Math.round(share * rule.target * denominator)));
  if (isLinked) order.counts.set(rule.numerator, numerator);
  return { numerator, denominator };
}

function fullFigure(indicator: Indicator, order: Order): Figure {
  const { rule } = indicator;
  if (rule.kind === 'yes_no' || rule.kind === 'tiered') return stepFigure(indicator, stepCount(indicator), order);
  if (rule.kind === 'relative_to_best') return { value: required(order.bests.get(indicator.code), 'a best').value };
  if (rule.kind === 'survey_mean') return { value: rule.scale };
  const denominator = required(order.counts.get(rule.denominator), `count ${rule.denominator}`);
  return { numerator: rule.target === 1 ? denominator : Math.ceil(denominator * rule.target), denominator };
}
