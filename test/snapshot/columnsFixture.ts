import fc from 'fast-check';
import type { SnapshotColumns } from '../../src/domain/snapshot.js';

/** One row of a test snapshot: its values, one per measure; null = no value. */
export interface TestRow {
  readonly id: number;
  readonly group?: number;
  readonly values: readonly (number | null)[];
  /** One per measure; 0 = no rank. */
  readonly ranks: readonly number[];
}

/** Columns of the rows, measures with ids 101, 102, … of 10 points each. */
export function makeColumns(rows: readonly TestRow[], measureCount: number): SnapshotColumns {
  const measures = Array.from({ length: measureCount }, (_, measure) => measure);
  const cells = (read: (row: TestRow, measure: number) => number): number[] =>
    measures.flatMap((measure) => rows.map((row) => read(row, measure)));
  const value = cells((row, measure) => row.values[measure] ?? Number.NaN);
  return {
    entityIds: Int32Array.from(rows, ({ id }) => id),
    groupOf: Int32Array.from(rows, ({ group }) => group ?? 1),
    measureIds: Int32Array.from(measures, (measure) => 101 + measure),
    maxPoints: Float64Array.from(measures, () => 10),
    value: Float64Array.from(value),
    points: Float64Array.from(value, (x) => x * 10),
    rank: Int32Array.from(cells((row, measure) => row.ranks[measure] ?? 0)),
    coverage: Float64Array.from(value, (x) => (Number.isNaN(x) ? 0 : 1)),
    automaticShare: Float64Array.from(value, (_, cell) => (cell % 2 === 0 ? Number.NaN : 0.5)),
    observationId: Float64Array.from(value, (x, cell) => (Number.isNaN(x) ? 0 : 2 ** 40 + cell)),
  };
}

/** Any columns of up to 6 entities in two groups and 4 measures; ids ascend. */
export const snapshots: fc.Arbitrary<SnapshotColumns> = fc
  .tuple(fc.integer({ min: 0, max: 4 }), fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 6 }))
  .chain(([measureCount, ids]) => {
    const values = fc.array(fc.option(fc.constantFrom(0, 0.25, 1 / 3, 1)), {
      minLength: measureCount,
      maxLength: measureCount,
    });
    const ranks = fc.array(fc.nat(3), { minLength: measureCount, maxLength: measureCount });
    const row = (id: number) => fc.record({ id: fc.constant(id), group: fc.constantFrom(1, 2), values, ranks });
    const rows = fc.tuple(...ids.toSorted((a, b) => a - b).map(row));
    return rows.map((list) => makeColumns(list, measureCount));
  });
