import { describe, expect, it } from 'vitest';
import { cellOf, entityPosition, measurePosition, numberAt, readCell } from '../../src/snapshot/columns.js';
import { makeColumns } from './columnsFixture.js';

const columns = makeColumns(
  [
    { id: 70, values: [0.1, 0.2], ranks: [2, 1] },
    { id: 74, values: [0.4, null], ranks: [1, 0] },
  ],
  2,
);

describe('positions', () => {
  it('finds entities and measures by id, and the first of each at 0', () => {
    expect([entityPosition(columns, 70), entityPosition(columns, 74)]).toEqual([0, 1]);
    expect([measurePosition(columns, 101), measurePosition(columns, 102)]).toEqual([0, 1]);
  });

  it('gives null for what is not in the snapshot', () => {
    expect(entityPosition(columns, 101)).toBeNull();
    expect(measurePosition(columns, 74)).toBeNull();
  });

  it('keeps cells of one measure together', () => {
    expect([cellOf(columns, 0, 0), cellOf(columns, 0, 1), cellOf(columns, 1, 0)]).toEqual([0, 1, 2]);
  });
});

describe('readCell', () => {
  it('reads numbers as they are', () => {
    const expected = { value: 0.4, points: 4, rank: 1, coverage: 1, automaticShare: 0.5, observationId: 2 ** 40 + 1 };
    expect(readCell(columns, 0, 1)).toEqual(expected);
  });

  it('gives null where there is nothing, but keeps zeros of shares', () => {
    const expected = { value: null, points: null, rank: null, coverage: 0, automaticShare: 0.5, observationId: null };
    expect(readCell(columns, 1, 1)).toEqual(expected);
    expect(readCell(columns, 1, 0).automaticShare).toBeNull();
  });
});

describe('numberAt', () => {
  it('tells zero from nothing, and nothing from outside', () => {
    const column = Float64Array.of(0, Number.NaN);
    expect([numberAt(column, 0), numberAt(column, 1), numberAt(column, 2)]).toEqual([0, null, null]);
  });
});
