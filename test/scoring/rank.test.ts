import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankGroup } from '../../src/scoring/rank.js';

const none = Number.NaN;

/** Ranks of a group that is the whole column. */
function rank(values: readonly number[]): number[] {
  const ranks = new Int32Array(values.length);
  rankGroup(Float64Array.from(values), ranks, 0, values.length);
  return [...ranks];
}

describe('rankGroup', () => {
  it.each<[string, number[], number[]]>([
    ['nobody', [], []],
    ['one', [0.5], [1]],
    ['a tie in the middle', [0.9, 0.7, 0.7, 0.1], [1, 2, 2, 4]],
    ['a tie at the top, out of order', [0.1, 0.9, 0.9], [3, 1, 1]],
    ['all equal', [0, 0, 0], [1, 1, 1]],
    ['those without a value', [none, 0.2, none, 0.4], [0, 2, 0, 1]],
    ['nobody with a value', [none, none], [0, 0]],
    ['zero and minus zero as equal', [0, -0], [1, 1]],
  ])('ranks %s', (_, values, expected) => {
    expect(rank(values)).toEqual(expected);
  });

  it('looks at its own range only', () => {
    const ranks = Int32Array.of(7, 7, 7, 7);
    rankGroup(Float64Array.of(9, 1, 2, 9), ranks, 1, 3);
    expect([...ranks]).toEqual([7, 2, 1, 7]);
  });

  it('gives everyone 1 plus the number of those above, for any values', () => {
    const value = fc.oneof(
      fc.constant(none),
      fc.constantFrom(0, 0.25, 0.5, 1),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(value, { maxLength: 80 }), (values) => {
        const expected = values.map((own) =>
          Number.isNaN(own) ? 0 : 1 + values.filter((other) => other > own).length,
        );
        expect(rank(values)).toEqual(expected);
      }),
    );
  });
});
