import type { ScoringRule } from '../src/domain/framework.js';

/** The figure of one entity, indicator and year, as decimals; null = it was not collected. */
export interface BenchFigure {
  readonly value: number | null;
  readonly numerator: number | null;
  readonly denominator: number | null;
}

/** Of 98 indicators, in the proportion of the framework of Decision 922. */
const RULES: readonly ScoringRule[] = [
  { kind: 'RATIO' },
  { kind: 'RATIO_CAPPED', target: 0.8 },
  { kind: 'YES_NO' },
  { kind: 'RATIO' },
  { kind: 'RATIO_CAPPED', target: 0.6 },
  { kind: 'YES_NO' },
  { kind: 'RATIO' },
  { kind: 'RATIO_CAPPED', target: 0.9 },
  { kind: 'RELATIVE_TO_BEST' },
  { kind: 'RATIO' },
  { kind: 'YES_NO' },
  {
    kind: 'TIERED',
    tiers: [
      { atLeast: 0.3, share: 0.4 },
      { atLeast: 0.6, share: 0.7 },
      { atLeast: 0.9, share: 1 },
    ],
  },
  { kind: 'SURVEY_MEAN', scale: 5 },
];

/** The rule of an indicator by its number, from 0. */
export function ruleOf(indicatorAt: number): ScoringRule {
  return RULES[indicatorAt % RULES.length] ?? { kind: 'RATIO' };
}

/** The figure of an entity, an indicator and a year, by their numbers: the same at every run. Two of a hundred were not collected. */
export function figureOf(entityAt: number, indicatorAt: number, year: number): BenchFigure | null {
  const random = mix(entityAt * 1_000_003 + indicatorAt * 7919 + year * 104_729);
  if (random % 50 === 0) return null;
  const thousandths = 1 + ((random >>> 8) % 1000);
  const plain = { numerator: null, denominator: null };
  switch (ruleOf(indicatorAt).kind) {
    case 'RATIO':
    case 'RATIO_CAPPED':
      return { value: null, numerator: thousandths, denominator: 1000 };
    case 'YES_NO':
      return { ...plain, value: thousandths > 400 ? 1 : 0 };
    case 'TIERED':
      return { ...plain, value: thousandths / 1000 };
    case 'RELATIVE_TO_BEST':
      return { ...plain, value: thousandths };
    case 'SURVEY_MEAN':
      return { ...plain, value: 1 + Math.floor(thousandths / 250.25) };
  }
}

/** The number that people would call the figure: the value, or the quotient of the counts. */
export function rawOf({ value, numerator, denominator }: BenchFigure): number {
  return value ?? (numerator ?? 0) / (denominator ?? 1);
}

/** Spreads a whole number over 32 bits: the finaliser of MurmurHash3. */
function mix(seed: number): number {
  let x = (seed ^ (seed / 4_294_967_296)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
