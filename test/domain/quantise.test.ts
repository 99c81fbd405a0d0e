import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUnits, MAX_QUANTISABLE, quantise, toUnits } from '../../src/domain/quantise.js';

const points = fc.double({ min: 0, max: MAX_QUANTISABLE, noNaN: true });

describe('quantise', () => {
  it.each([
    [0.1 + 0.2, 0.3],
    [1 / 3, 0.333333333333],
    [2 / 3, 0.666666666667],
    [4e-13, 0],
    [1000, 1000],
    [-0, 0],
    [-4e-13, 0],
    [Number.NaN, Number.NaN],
  ])('rounds %d to %d', (x, expected) => {
    expect(quantise(x)).toBe(expected);
  });

  it('changes nothing when it is done twice, up to the largest points', () => {
    fc.assert(fc.property(points, (x) => quantise(quantise(x)) === quantise(x)));
  });

  it('moves a number by half a unit at most', () => {
    fc.assert(fc.property(points, (x) => Math.abs(quantise(x) - x) <= 0.5e-12 + x * 2 ** -52));
  });

  it('reads whole units back exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_QUANTISABLE * 1e12 }), (units) => toUnits(fromUnits(units)) === units),
    );
  });
});
