import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Statistics } from '../../src/snapshot/statistics.js';

const of = (...numbers: number[]) => new Statistics(Float64Array.from(numbers));

/** Scores as they are: whole numbers of 1e-12. */
const scores = fc.array(
  fc.bigInt({ min: 0n, max: 1_000_000_000_000n }).map((units) => Number(units) / 1e12),
  { minLength: 1, maxLength: 40 },
);

describe('Statistics', () => {
  it('is null where there are too few numbers', () => {
    const none = of();
    expect([none.sum, none.average, none.median, none.min, none.max, none.standardDeviation]).toEqual(
      Array(6).fill(null),
    );
    expect([none.count, none.quantile(0.5), of(1).standardDeviation, of(1).median]).toEqual([0, null, null, 1]);
  });

  it.each([
    // R 4: quantile(c(1, 2, 3, 4), p), type 7.
    [[1, 2, 3, 4], 0.25, 1.75],
    [[4, 3, 2, 1], 0.5, 2.5],
    [[1, 2, 3, 4], 0.9, 3.7],
    [[1, 2, 3, 4, 100], 0.1, 1.4],
    [[7], 0.3, 7],
    [[1, 5], 0, 1],
    [[1, 5], 1, 5],
  ])('the quantiles of %j are those of R', (numbers, p, expected) => {
    expect(of(...numbers).quantile(p)).toBe(expected);
  });

  it('sums do not lose what is small beside what is large', () => {
    expect(of(...Array<number>(10).fill(0.1)).sum).toBe(1);
    expect(of(1e16, 1, 1, -1e16).sum).toBe(2);
    expect(of(2, 4, 4, 4, 5, 5, 7, 9).standardDeviation).toBe(2.138089935299);
  });

  it('equals exact arithmetic on whole units, in any order', () => {
    fc.assert(
      fc.property(scores, (numbers) => {
        const units = numbers.map((x) => BigInt(Math.round(x * 1e12))).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        const sum = units.reduce((total, each) => total + each, 0n);
        const count = BigInt(units.length);
        // Halves up, as Math.round.
        const average = (2n * sum + count) / (2n * count);
        const statistics = of(...numbers);
        expect(statistics.sum).toBe(Number(sum) / 1e12);
        expect(Math.abs((statistics.average ?? 0) - Number(average) / 1e12)).toBeLessThanOrEqual(1.01e-12);
        expect([statistics.min, statistics.max]).toEqual([units[0], units.at(-1)].map((each) => Number(each) / 1e12));
        const reversed = of(...numbers.toReversed());
        for (const read of ['sum', 'average', 'median', 'standardDeviation'] as const) {
          expect(Math.abs((reversed[read] ?? 0) - (statistics[read] ?? 0))).toBeLessThanOrEqual(1.01e-12);
        }
      }),
    );
  });
});
