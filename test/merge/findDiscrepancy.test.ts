import { describe, expect, it } from 'vitest';
import type { Figure } from '../../src/domain/observation.js';
import { findDiscrepancy } from '../../src/merge/findDiscrepancy.js';
import { observation } from './observationFixture.js';

const plain = (value: string): Figure => ({ value, numerator: null, denominator: null });
const ratio = (numerator: string, denominator: string): Figure => ({ value: null, numerator, denominator });

describe('findDiscrepancy', () => {
  it.each<[string, Figure, Figure, number | null]>([
    ['a claim above the measurement', plain('12'), plain('10'), 0.2],
    ['a claim below it', plain('8'), plain('10'), -0.2],
    ['exactly the tolerance', plain('10.5'), plain('10'), null],
    ['the tolerance in spite of binary fractions', plain('1.05'), plain('1'), null],
    ['just more than the tolerance', plain('10.51'), plain('10'), 0.051],
    ['equal shares of different totals', ratio('50', '100'), ratio('1', '2'), null],
    ['different shares', ratio('60', '100'), ratio('1', '2'), 0.2],
    ['a claim against a measurement of nothing', plain('3'), plain('0'), 1],
    ['nothing against nothing', plain('0'), plain('0'), null],
    ['a claim of nothing', plain('0'), plain('4'), -1],
    ['a claim above a negative measurement', plain('-8'), plain('-10'), 0.2],
    ['a ratio against a plain value', ratio('60', '100'), plain('50'), null],
    ['a ratio of a denominator of 0', ratio('60', '0'), ratio('1', '2'), null],
  ])('judges %s', (_, claimed, measured, expected) => {
    const claim = observation({ id: 2, sourceKind: 'SELF_REPORT', ...claimed });
    const measurement = observation({ id: 1, ...measured });
    const found = findDiscrepancy(claim, measurement, 0.05);
    if (expected === null) expect(found).toBeNull();
    else {
      expect(found).toMatchObject({ claim, measurement });
      expect(found?.relativeDifference).toBeCloseTo(expected, 12);
    }
  });
});
