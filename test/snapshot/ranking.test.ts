import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankingOf } from '../../src/snapshot/ranking.js';
import { makeColumns, snapshots } from './columnsFixture.js';

const columns = makeColumns(
  [
    { id: 1, values: [null, 0.5], ranks: [0, 2] },
    { id: 2, values: [0.4, 0.9], ranks: [2, 1] },
    { id: 3, values: [0.9, 0.1], ranks: [1, 3] },
    { id: 4, values: [0.4, null], ranks: [2, 0] },
    { id: 5, group: 2, values: [0.1, 0.1], ranks: [1, 1] },
  ],
  2,
);

describe('rankingOf', () => {
  it('orders by rank, then by position, with those without a rank last', () => {
    expect(rankingOf(columns, 0, 1)).toEqual([2, 1, 3, 0]);
    expect(rankingOf(columns, 1, 1)).toEqual([1, 0, 2, 3]);
  });

  it('keeps peer groups apart, and is empty for one that is not there', () => {
    expect(rankingOf(columns, 0, 2)).toEqual([4]);
    expect(rankingOf(columns, 0, 3)).toEqual([]);
  });

  it('is made once per snapshot', () => {
    expect(rankingOf(columns, 0, 1)).toBe(rankingOf(columns, 0, 1));
    expect(rankingOf({ ...columns }, 0, 1)).not.toBe(rankingOf(columns, 0, 1));
  });

  it('lists every member once, for any columns', () => {
    fc.assert(
      fc.property(snapshots, fc.nat(3), fc.constantFrom(1, 2), (any, measureAt, group) => {
        const members = [...any.groupOf.keys()].filter((position) => any.groupOf[position] === group);
        expect(rankingOf(any, measureAt, group).toSorted((a, b) => a - b)).toEqual(members);
      }),
    );
  });
});
