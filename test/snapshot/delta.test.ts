import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SnapshotColumns } from '../../src/domain/snapshot.js';
import { applyDifference, encodeDifference, isSameTable, type StoredColumns } from '../../src/snapshot/delta.js';
import { digestOf, encodeColumns } from '../../src/snapshot/encode.js';
import { makeColumns, snapshots } from './columnsFixture.js';

const stored = (columns: SnapshotColumns): StoredColumns => ({ columns, digest: digestOf(encodeColumns(columns)) });
const rows = [
  { id: 70, values: [0.1, 0.5], ranks: [2, 1] },
  { id: 74, group: 2, values: [null, 0.25], ranks: [0, 1] },
];
const before = makeColumns(rows, 2);
const after: SnapshotColumns = {
  ...before,
  value: before.value.with(1, 0.75).with(3, Number.NaN),
  rank: before.rank.with(0, 1).with(1, 1),
};

/** The same table with other cells, as many as the seed says. */
function disturb(columns: SnapshotColumns, seeds: readonly number[]): SnapshotColumns {
  const value = columns.value.slice();
  const rank = columns.rank.slice();
  const observationId = columns.observationId.slice();
  for (const seed of value.length === 0 ? [] : seeds) {
    value[seed % value.length] = seed % 3 === 0 ? Number.NaN : 1 / seed;
    rank[(seed >> 1) % value.length] = seed % 5;
    observationId[(seed >> 2) % value.length] = 2 ** 50 + seed;
  }
  return { ...columns, value, rank, observationId };
}

describe('a difference', () => {
  it('leads from one snapshot to the next, for any two of the same table, and further from there', () => {
    fc.assert(
      fc.property(snapshots, fc.array(fc.array(fc.nat(1e6)), { maxLength: 5 }), (first, changes) => {
        let base = stored(first);
        for (const seeds of changes) {
          const next = disturb(base.columns, seeds);
          const kept = structuredClone(base.columns);
          const applied = applyDifference(base, encodeDifference(base, next));
          expect(applied.columns).toEqual(next);
          expect(base.columns).toEqual(kept);
          base = applied;
        }
      }),
    );
  });

  it('takes 12 bytes for each cell that differs, and shares what does not', () => {
    const base = stored(before);
    const bytes = encodeDifference(base, after);
    expect(bytes.length).toBe(16 + 32 + 6 * 4 + 2 * 12 + 2 * 8 + 32);
    const { columns } = applyDifference(base, bytes);
    expect(columns.points).toBe(before.points);
    expect(columns.entityIds).toBe(before.entityIds);
    expect(columns.rank).not.toBe(before.rank);
  });

  it('needs the same rows and measures', () => {
    expect(isSameTable(before, after)).toBe(true);
    expect(isSameTable(before, makeColumns(rows, 2))).toBe(true);
    expect(isSameTable(before, makeColumns(rows, 1))).toBe(false);
    expect(isSameTable(before, makeColumns(rows.toReversed(), 2))).toBe(false);
    expect(isSameTable(before, { ...before, maxPoints: Float64Array.of(10, 11) })).toBe(false);
  });

  it('does not lead anywhere from another snapshot, even one with the same values', () => {
    const bytes = encodeDifference(stored(before), after);
    const others = [stored(after), { columns: before, digest: digestOf(bytes) }, stored(makeColumns(rows, 1))];
    for (const other of others) {
      expect(() => applyDifference(other, bytes)).toThrow(expect.objectContaining({ code: 'SNAPSHOT_CORRUPT' }));
    }
  });

  it('notices any single changed bit, and bytes that are cut or whole columns', () => {
    const base = stored(before);
    const bytes = encodeDifference(base, after);
    const refused = expect.objectContaining({ code: 'SNAPSHOT_CORRUPT' });
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const at = bit >> 3;
        const damaged = bytes.with(at, (bytes[at] ?? 0) ^ (1 << (bit & 7)));
        expect(() => applyDifference(base, damaged)).toThrow(refused);
      }),
    );
    expect(() => applyDifference(base, bytes.subarray(0, -1))).toThrow(refused);
    expect(() => applyDifference(base, encodeColumns(after))).toThrow(refused);
  });
});
