import type { Figure, Figures } from './arithmetic.js';
import { scoreGroup } from './arithmetic.js';
import type { Framework, Indicator } from './framework.js';
import { scoredIndexes } from './framework.js';
import { required } from './required.js';

/** How many steps each of the four numerators may move. */
const REACH = 240;

interface Fine {
  readonly indicator: Indicator;
  readonly numerator: number;
  readonly denominator: number;
  /** Points per step of the numerator. */
  readonly step: number;
}

/**
 * Makes the overall value of `second` equal to that of `first`, to the last digit a float64 sum can hold, by moving four
 * numerators of `second` by at most {@link REACH}. Denominators differ, so the combinations (about 5e10) lie far denser
 * than 1e-12; sorted pairs meet in the middle. Ranks compare values quantised to 1e-12, so both must lie well inside one
 * cell; when they do not, a numerator of `first` moves one step and the search runs again.
 * @param figures of the peer group; those of the two bodies are changed in place
 * @throws Error when no combination is found
 */
export function tieExactly(
  framework: Framework,
  figures: Map<string, Map<string, Figure>>,
  first: string,
  second: string,
): void {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    moveTo(framework, figures, second, overallPoints(framework, figures, first));
    const one = overallPoints(framework, figures, first) * 1e9;
    const two = overallPoints(framework, figures, second) * 1e9;
    const central = Math.abs(one - Math.round(one)) < 0.35;
    if (central && Math.abs(one - two) < 0.01) return;
    const nudged = required(finest(framework, figures, first)[4], 'a fine ratio');
    figures.get(first)?.set(nudged.indicator.code, {
      numerator: nudged.numerator + 1,
      denominator: nudged.denominator,
    });
  }
  throw new Error(`No exact tie found between ${first} and ${second}.`);
}

function overallPoints(framework: Framework, figures: Figures, entity: string): number {
  const score = required(scoreGroup(framework, figures).get(entity), `the score of ${entity}`);
  return 1000 * required(score.values.get('overall'), 'an overall value');
}

/** Ratios with the finest steps, no two sharing a denominator, away from their bounds. */
function finest(framework: Framework, figures: Figures, entity: string): Fine[] {
  const found: Fine[] = [];
  for (const { indicators } of scoredIndexes(framework)) {
    for (const indicator of indicators) {
      const figure = figures.get(entity)?.get(indicator.code);
      if (figure === undefined || !('numerator' in figure) || indicator.rule.kind !== 'ratio') continue;
      const share = figure.numerator / figure.denominator / indicator.rule.target;
      if (share < 0.1 || share > 0.93 || figure.denominator < 50000) continue;
      const step = indicator.maxPoints / (indicator.rule.target * figure.denominator);
      found.push({ indicator, ...figure, step });
    }
  }
  found.sort((one, two) => one.step - two.step);
  return found.filter((fine, index) => found.findIndex((other) => other.denominator === fine.denominator) === index);
}

interface Pair {
  readonly sum: number;
  readonly one: number;
  readonly two: number;
}

function pairsOf(left: Fine, right: Fine): Pair[] {
  const pairs: Pair[] = [];
  for (let one = -REACH; one <= REACH; one += 1) {
    for (let two = -REACH; two <= REACH; two += 1) pairs.push({ sum: one * left.step + two * right.step, one, two });
  }
  return pairs.sort((a, b) => a.sum - b.sum);
}

function moveTo(framework: Framework, figures: Map<string, Map<string, Figure>>, entity: string, points: number): void {
  const fines = finest(framework, figures, entity);
  const [a, b, c, d] = [fines[1], fines[2], fines[3], fines[4]];
  if (a === undefined || b === undefined || c === undefined || d === undefined) {
    throw new Error(`${entity} has too few fine ratios for an exact tie.`);
  }
  const wanted = points - overallPoints(framework, figures, entity);
  const lows = pairsOf(a, b);
  const highs = pairsOf(c, d);
  let best = { miss: Number.POSITIVE_INFINITY, low: lows[0], high: highs[0] };
  let at = highs.length - 1;
  for (const low of lows) {
    while (at > 0 && low.sum + (highs[at]?.sum ?? 0) > wanted) at -= 1;
    for (const high of [highs[at], highs[at + 1]]) {
      if (high === undefined) continue;
      const miss = Math.abs(low.sum + high.sum - wanted);
      if (miss < best.miss) best = { miss, low, high };
    }
  }
  const moves: [Fine, number][] = [
    [a, best.low?.one ?? 0],
    [b, best.low?.two ?? 0],
    [c, best.high?.one ?? 0],
    [d, best.high?.two ?? 0],
  ];
  for (const [fine, move] of moves) {
    figures.get(entity)?.set(fine.indicator.code, {
      numerator: fine.numerator + move,
      denominator: fine.denominator,
    });
  }
}
