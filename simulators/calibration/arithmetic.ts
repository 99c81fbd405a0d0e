import type { Framework, Indicator, Rule } from './framework.js';
import { required } from './required.js';

/** A raw figure as written to the files: a value, or two whole numbers. */
export type Figure = { readonly value: number } | { readonly numerator: number; readonly denominator: number };

/** Figures of one peer group: entity -> indicator -> figure. */
export type Figures = ReadonlyMap<string, ReadonlyMap<string, Figure>>;

/** Scores of one entity. Values are shares of the maximum, 0 to 1, unrounded. */
export interface EntityScore {
  /** Points of each main index, by code. */
  readonly points: ReadonlyMap<string, number>;
  /** Value of each main index, each pillar and of `overall`, by the codes of published-results.csv. */
  readonly values: ReadonlyMap<string, number>;
}

/**
 * Share of the maximum that a figure earns.
 * @param best highest value of the peer group; only used by relative_to_best
 * @returns 0 to 1, unrounded
 */
export function shareOf(rule: Rule, figure: Figure, best: number): number {
  if ('numerator' in figure) {
    if (rule.kind !== 'ratio') throw new Error(`A ${rule.kind} indicator cannot have a numerator.`);
    return Math.min(1, figure.numerator / figure.denominator / rule.target);
  }
  switch (rule.kind) {
    case 'yes_no':
      return figure.value;
    case 'tiered':
      return rule.tiers.reduce((share, tier) => (figure.value >= tier.atLeast ? tier.share : share), 0);
    case 'relative_to_best':
      return best > 0 ? figure.value / best : 0;
    case 'survey_mean':
      return (figure.value - 1) / (rule.scale - 1);
    case 'ratio':
      throw new Error('A ratio indicator needs a numerator and a denominator.');
  }
}

/** Highest value in the peer group of an indicator scored relative to the best. */
export function bestOf(indicator: Indicator, figures: Figures): number {
  let best = 0;
  for (const row of figures.values()) {
    const figure = row.get(indicator.code);
    if (figure !== undefined && 'value' in figure) best = Math.max(best, figure.value);
  }
  return best;
}

/**
 * Scores a peer group by the framework's rules.
 * Main index points are summed in code order; the overall value is the sum of points over 1,000. Indicators an entity has no
 * figure for are left out and the main index rescaled when they are listed as not applicable; otherwise they are an error.
 * @throws Error when a figure is missing
 */
export function scoreGroup(framework: Framework, figures: Figures): Map<string, EntityScore> {
  const bests = new Map<string, number>();
  for (const mainIndex of framework.mainIndexes) {
    for (const indicator of mainIndex.indicators) {
      if (indicator.rule.kind === 'relative_to_best') bests.set(indicator.code, bestOf(indicator, figures));
    }
  }
  const scores = new Map<string, EntityScore>();
  for (const [entity, row] of figures) {
    const points = new Map<string, number>();
    const values = new Map<string, number>();
    let total = 0;
    for (const mainIndex of framework.mainIndexes) {
      let earned = 0;
      let possible = 0;
      for (const indicator of mainIndex.indicators) {
        const figure = row.get(indicator.code);
        if (figure === undefined && framework.notApplicable.has(indicator.code)) continue;
        const known = required(figure, `the figure ${indicator.code} of ${entity}`);
        earned += indicator.maxPoints * shareOf(indicator.rule, known, bests.get(indicator.code) ?? 0);
        possible += indicator.maxPoints;
      }
      if (mainIndex.maxPoints === 0) continue;
      const mainPoints = possible === mainIndex.maxPoints ? earned : (earned / possible) * mainIndex.maxPoints;
      points.set(mainIndex.code, mainPoints);
      values.set(mainIndex.code, mainPoints / mainIndex.maxPoints);
      total += mainPoints;
    }
    for (const pillar of framework.pillars) {
      const sum = pillar.members.reduce((partial, member) => partial + (points.get(member) ?? 0), 0);
      values.set(pillar.code, sum / pillar.maxPoints);
    }
    values.set('overall', total / 1000);
    scores.set(entity, { points, values });
  }
  return scores;
}

/**
 * Ranks a peer group on one measure, highest first; equal values (quantised to 1e-12) share the smaller rank: 1, 2, 2, 4.
 * @param measure main index, pillar, or 'overall'
 */
export function rankGroup(scores: ReadonlyMap<string, EntityScore>, measure: string): Map<string, number> {
  const quantised = [...scores].map(([entity, score]) => ({
    entity,
    value: Math.round(required(score.values.get(measure), `${measure} of ${entity}`) * 1e12),
  }));
  return new Map(
    quantised.map(({ entity, value }) => [entity, 1 + quantised.filter((other) => other.value > value).length]),
  );
}

/** Unrounded mean of a measure over the peer group. */
export function meanOf(scores: ReadonlyMap<string, EntityScore>, measure: string): number {
  let sum = 0;
  for (const [entity, score] of scores) sum += required(score.values.get(measure), `${measure} of ${entity}`);
  return sum / scores.size;
}
