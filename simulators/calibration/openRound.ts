import type { Figure, Figures } from './arithmetic.js';
import { bestOf, scoreGroup, shareOf } from './arithmetic.js';
import type { Framework, Indicator } from './framework.js';
import type { MergedPlace } from './place.js';
import { logit, sigmoid } from './profile.js';
import { PROVINCE_MERGING, servicesOffered } from './provinceCount.js';
import { randomFor } from './random.js';
import { required } from './required.js';

/** National systems that send figures while the round is open; their indicators stay away from full points. */
const LIVE_SYSTEMS: ReadonlySet<string> = new Set(['einvoice', 'public_services', 'population']);
const YEAR = 2025;
/** Neighbours in the open round differ in print from the start. */
const SMALLEST_GAP = 1.5e-4;
const DECIMALS: ReadonlyMap<string, number> = new Map([['ECO_ACTIVITY.02', 2]]);

/**
 * Figures of the open round on the 34 provinces: the mean share of the predecessors in 2023 with modest growth, on the summed
 * counts of the predecessors. No published value exists for it, so nothing is calibrated.
 * @param last figures of the 63 provinces in 2023
 * @param counts denominators of one of the 63 in 2023
 */
export function chooseOpenFigures(
  framework: Framework,
  places: readonly MergedPlace[],
  last: Figures,
  counts: (code: string) => ReadonlyMap<string, number>,
): Map<string, Map<string, Figure>> {
  for (let draw = 0; draw < 100; draw += 1) {
    const figures = drawOpenFigures(framework, places, last, counts, draw);
    const values = [...scoreGroup(framework, figures).values()].map((score) => score.values.get('overall') ?? 0);
    values.sort((one, two) => two - one);
    const gaps = values.slice(1).map((value, position) => (values[position] ?? 0) - value);
    if (Math.min(...gaps) >= SMALLEST_GAP) return figures;
  }
  throw new Error('No draw of the open round keeps its overall values apart.');
}

function drawOpenFigures(
  framework: Framework,
  places: readonly MergedPlace[],
  last: Figures,
  counts: (code: string) => ReadonlyMap<string, number>,
  draw: number,
): Map<string, Map<string, Figure>> {
  const indicators = framework.mainIndexes.flatMap((mainIndex) => mainIndex.indicators);
  const result = new Map<string, Map<string, Figure>>();
  for (const place of places) {
    const own = mergeCounts(place, counts);
    const figures = new Map<string, Figure>();
    for (const indicator of indicators) {
      if (indicator.rule.kind === 'relative_to_best') continue;
      figures.set(indicator.code, openFigure(indicator, place, own, last, draw));
    }
    result.set(place.code, figures);
  }
  for (const indicator of indicators) {
    if (indicator.rule.kind !== 'relative_to_best') continue;
    const digits = 10 ** (DECIMALS.get(indicator.code) ?? 0);
    const best = Math.round(1.22 * bestOf(indicator, last) * digits) / digits;
    const shares = places.map(
      (place) => meanShare(indicator, place, last) * randomFor('open', place.code, indicator.code).between(0.94, 1.06),
    );
    const highest = Math.max(...shares);
    places.forEach((place, position) => {
      const value = Math.round(((shares[position] ?? 0) / highest) * best * digits) / digits;
      result.get(place.code)?.set(indicator.code, { value });
    });
  }
  return result;
}

function mergeCounts(place: MergedPlace, counts: (code: string) => ReadonlyMap<string, number>): Map<string, number> {
  const parts = place.predecessors.map((code) => counts(code));
  const merged = new Map<string, number>();
  for (const [label, merging] of PROVINCE_MERGING) {
    const sum = parts.reduce((total, part) => total + (part.get(label) ?? 0), 0);
    merged.set(label, merging === 'sum' ? sum : Math.round(sum / parts.length));
  }
  merged.set('Services offered to provinces', servicesOffered(YEAR));
  merged.set('Meetings planned in the year', 12);
  return merged;
}

/** Mean of the shares that the predecessors earned in 2023, 0 to 1. */
function meanShare(indicator: Indicator, place: MergedPlace, last: Figures): number {
  const best = indicator.rule.kind === 'relative_to_best' ? bestOf(indicator, last) : 0;
  const shares = place.predecessors.map((code) =>
    shareOf(indicator.rule, required(last.get(code)?.get(indicator.code), `${indicator.code} of ${code}`), best),
  );
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

function openFigure(
  indicator: Indicator,
  place: MergedPlace,
  counts: Map<string, number>,
  last: Figures,
  draw: number,
): Figure {
  const { rule } = indicator;
  const random = randomFor('open', draw, place.code, indicator.code);
  const mean = meanShare(indicator, place, last);
  if (rule.kind === 'yes_no') return { value: mean > 0.5 || random.next() < (mean > 0 ? 0.7 : 0.1) ? 1 : 0 };
  if (rule.kind === 'tiered') {
    const tier = rule.tiers.findLast((candidate) => candidate.share <= mean + 0.15);
    return { value: tier === undefined ? 0 : tier.atLeast };
  }
  const grown = Math.min(0.98, sigmoid(logit(mean) + 0.16 + 0.1 * random.normal()));
  if (rule.kind === 'survey_mean') return { value: Math.round((1 + grown * (rule.scale - 1)) * 100) / 100 };
  if (rule.kind !== 'ratio') throw new Error(`${indicator.code} is no ratio.`);
  const isLive = indicator.system !== null && LIVE_SYSTEMS.has(indicator.system);
  const share = isLive ? Math.max(0.56, Math.min(0.91, 0.53 + 0.36 * mean + 0.025 * random.normal())) : grown;
  const denominator = required(counts.get(rule.denominator), `count ${rule.denominator}`);
  const numerator = Math.min(denominator, Math.round(share * rule.target * denominator));
  counts.set(rule.numerator, counts.get(rule.numerator) ?? numerator);
  return { numerator, denominator };
}
