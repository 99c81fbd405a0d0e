import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScoringRule } from '../../src/domain/framework.js';
import type { ScoredFigure } from '../../src/scoring/rule.js';
import { amountOf, bestOf, checkRule, type Direction, faultOf, isBlank, shareOf } from '../../src/scoring/rule.js';
import { plain, ratio } from './frameworkFixture.js';

const YES_NO: ScoringRule = { kind: 'YES_NO' };
const RATIO: ScoringRule = { kind: 'RATIO' };
const CAPPED: ScoringRule = { kind: 'RATIO_CAPPED', target: 0.5 };
const BEST: ScoringRule = { kind: 'RELATIVE_TO_BEST' };
const SURVEY: ScoringRule = { kind: 'SURVEY_MEAN', scale: 5 };
const TIERED: ScoringRule = {
  kind: 'TIERED',
  tiers: [
    { atLeast: 1, share: 0.25 },
    { atLeast: 3, share: 1 },
  ],
};

describe('shareOf', () => {
  it.each<[ScoringRule, ScoredFigure, number, number]>([
    [YES_NO, plain(1), 1, 0],
    [YES_NO, plain(0), 0, 1],
    [RATIO, ratio(3, 4), 0.75, 0.25],
    [RATIO, ratio(5, 4), 1, 0],
    [RATIO, ratio(0, 4), 0, 1],
    [CAPPED, ratio(1, 4), 0.5, 0.5],
    [CAPPED, ratio(3, 4), 1, 0],
    [TIERED, plain(0.9), 0, 1],
    [TIERED, plain(1), 0.25, 0.75],
    [TIERED, plain(2.9), 0.25, 0.75],
    [TIERED, plain(300), 1, 0],
    [SURVEY, plain(1), 0, 1],
    [SURVEY, plain(4), 0.75, 0.25],
    [SURVEY, plain(5), 1, 0],
    [SURVEY, ratio(80, 20), 0.75, 0.25],
  ])('scores %j of %j as %d, and as %d when higher is worse', (rule, figure, rising, falling) => {
    expect(faultOf(rule, figure)).toBeNull();
    expect(shareOf(rule, 1, amountOf(rule, figure), Number.NaN)).toBe(rising);
    expect(shareOf(rule, -1, amountOf(rule, figure), Number.NaN)).toBe(falling);
  });

  it.each<[number, number, Direction, number]>([
    [30, 40, 1, 0.75],
    [40, 40, 1, 1],
    [0, 40, 1, 0],
    [0, 0, 1, 0],
    [40, 30, -1, 0.75],
    [30, 30, -1, 1],
    [5, 0, -1, 0],
    [0, 0, -1, 1],
  ])('scores %d against the best of %d with direction %d as %d', (amount, best, direction, share) => {
    expect(shareOf(BEST, direction, amount, best)).toBe(share);
  });

  it('stays between 0 and 1 and follows the direction, for any figures without fault', () => {
    const rules = fc.constantFrom(RATIO, CAPPED, TIERED, BEST, SURVEY);
    const count = fc.integer({ min: 0, max: 1_000_000 });
    const direction = fc.constantFrom<Direction[]>(1, -1);
    fc.assert(
      fc.property(rules, direction, count, count, fc.integer({ min: 1, max: 1_000_000 }), (rule, sign, a, b, whole) => {
        const figures = [ratio(Math.min(a, b), whole), ratio(Math.max(a, b), whole)];
        if (figures.some((figure) => faultOf(rule, figure) !== null)) return;
        const amounts = Float64Array.from(figures, (figure) => amountOf(rule, figure));
        const best = bestOf(amounts, 0, 2, sign);
        const [low = 0, high = 0] = Array.from(amounts, (amount) => shareOf(rule, sign, amount, best));
        expect(Math.min(low, high)).toBeGreaterThanOrEqual(0);
        expect(Math.max(low, high)).toBeLessThanOrEqual(1);
        expect(sign * (high - low)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('faultOf', () => {
  it.each<[ScoringRule, ScoredFigure, string]>([
    [RATIO, ratio(1, 0), 'denominator 0'],
    [RATIO, ratio(1, -2), 'denominator -2'],
    [RATIO, ratio(1, Number.NaN), 'denominator NaN'],
    [RATIO, ratio(1, Number.POSITIVE_INFINITY), 'denominator Infinity'],
    [RATIO, ratio(-1, 2), 'numerator -1'],
    [CAPPED, ratio(Number.POSITIVE_INFINITY, 2), 'numerator Infinity'],
    [RATIO, plain(0.5), 'numerator and a denominator'],
    [YES_NO, plain(0.5), 'yes is 1'],
    [YES_NO, plain(2), 'yes is 1'],
    [TIERED, plain(-1), '0 or more'],
    [BEST, plain(Number.POSITIVE_INFINITY), '0 or more'],
    [BEST, ratio(1, 0), 'denominator 0'],
    [SURVEY, plain(0.99), 'between 1 and 5'],
    [SURVEY, plain(5.01), 'between 1 and 5'],
    [SURVEY, plain(Number.NaN), '0 or more'],
  ])('refuses for %j the figure %j: %s', (rule, figure, reason) => {
    expect(faultOf(rule, figure)).toContain(reason);
  });

  it('tells a blank figure from a faulty one', () => {
    expect(isBlank({ ...plain(0), value: null })).toBe(true);
    expect(isBlank({ ...ratio(1, 2), denominator: null })).toBe(true);
    expect(isBlank(ratio(0, 0))).toBe(false);
    expect(isBlank(plain(0))).toBe(false);
  });
});

describe('bestOf', () => {
  it('is the largest, or the smallest when higher is worse, within the range, without those that have none', () => {
    const amounts = Float64Array.of(99, Number.NaN, 3, 7, Number.NaN, 0);
    expect(bestOf(amounts, 1, 5, 1)).toBe(7);
    expect(bestOf(amounts, 1, 5, -1)).toBe(3);
    expect(bestOf(amounts, 1, 2, 1)).toBeNaN();
    expect(bestOf(amounts, 2, 2, -1)).toBeNaN();
  });
});

describe('checkRule', () => {
  it.each<[string, ScoringRule]>([
    ['a target of 0', { kind: 'RATIO_CAPPED', target: 0 }],
    ['an infinite target', { kind: 'RATIO_CAPPED', target: Number.POSITIVE_INFINITY }],
    ['a scale of 1', { kind: 'SURVEY_MEAN', scale: 1 }],
    ['no tiers', { kind: 'TIERED', tiers: [] }],
    ['a tier above the maximum', { kind: 'TIERED', tiers: [{ atLeast: 1, share: 1.1 }] }],
    ['a tier without a start', { kind: 'TIERED', tiers: [{ atLeast: Number.NaN, share: 1 }] }],
    ['tiers that fall', { kind: 'TIERED', tiers: [...TIERED.tiers].reverse() }],
    ['tiers of equal share', { kind: 'TIERED', tiers: [1, 2].map((atLeast) => ({ atLeast, share: 0.5 })) }],
  ])('refuses %s and names the indicator', (_, rule) => {
    expect(() => checkRule(rule, 'TEST A.01')).toThrow(expect.objectContaining({ code: 'METHOD_RULE_INVALID' }));
    expect(() => checkRule(rule, 'TEST A.01')).toThrow('A.01');
  });

  it.each([YES_NO, RATIO, CAPPED, TIERED, BEST, SURVEY])('accepts %j', (rule) => {
    expect(() => checkRule(rule, 'TEST A.01')).not.toThrow();
  });
});
