import type { SnapshotColumns } from '../domain/snapshot.js';
import {
  checkDigest,
  clean,
  corrupt,
  DIGEST_BYTES,
  digestOf,
  FLOAT_CELLS,
  HEADER_BYTES,
  readHeader,
  seal,
  writeHeader,
} from './encode.js';

const DIFFERENCE = 3;
const CELL_COLUMNS = [...FLOAT_CELLS, 'rank'] as const;
type CellColumn = (typeof CELL_COLUMNS)[number];

/** Columns with the digest of the bytes that they are stored in. */
export interface StoredColumns {
  readonly columns: SnapshotColumns;
  readonly digest: Uint8Array;
}

/** True when a difference can lead from one to the other: the same rows and measures in the same order. */
export function isSameTable(one: SnapshotColumns, other: SnapshotColumns): boolean {
  return (['entityIds', 'groupOf', 'measureIds', 'maxPoints'] as const).every(
    (name) => one[name] === other[name] || isSameBytes(one[name], other[name]),
  );
}

/**
 * Packs what is different from a stored snapshot. Layout 3, numbers little-endian: "DTIS", then as uint32 the layout, the numbers of entities and of
 * measures; the digest of the snapshot that it builds on; then for `value`, `points`, `coverage`, `automaticShare`, `observationId`, `rank` the number of
 * cells that differ (uint32), the distance of each to the one before (uint32), and their new numbers (float64; of `rank` new minus old, int32); then the
 * SHA-256 of all before.
 * @param base of the {@link isSameTable same table}
 * @returns 200 bytes and 12 for each cell that differs (8 for a rank)
 */
export function encodeDifference(base: StoredColumns, next: SnapshotColumns): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [new Uint8Array(HEADER_BYTES), base.digest];
  for (const name of CELL_COLUMNS) {
    const cells = findChanged(base.columns[name], next[name], next.entityIds.length);
    const gaps = cells.map((cell, index) => cell - (index === 0 ? 0 : (cells[index - 1] ?? 0)));
    parts.push(bytesOf(Uint32Array.of(cells.length)), bytesOf(gaps));
    const numbers =
      name === 'rank'
        ? Int32Array.from(cells, (cell) => (next.rank[cell] ?? 0) - (base.columns.rank[cell] ?? 0))
        : clean(Float64Array.from(cells, (cell) => next[name][cell] ?? Number.NaN));
    parts.push(bytesOf(numbers));
  }
  const length = parts.reduce((sum, part) => sum + part.length, DIGEST_BYTES);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  writeHeader(bytes, DIFFERENCE, next.entityIds.length, next.measureIds.length);
  return seal(bytes);
}

/**
 * The columns that a difference leads to.
 * @param base stays as it is; what does not differ is shared with it
 * @throws PlatformError SNAPSHOT_CORRUPT for other bytes, a digest that does not match, or a difference to another snapshot than `base`
 */
export function applyDifference(base: StoredColumns, bytes: Uint8Array): StoredColumns {
  const { layout, entityCount, measureCount } = readHeader(bytes);
  if (layout !== DIFFERENCE) throw corrupt(`have layout ${layout}, a difference has ${DIFFERENCE}`, bytes);
  checkDigest(bytes);
  const { columns } = base;
  const cellCount = entityCount * measureCount;
  const isBase =
    entityCount === columns.entityIds.length &&
    measureCount === columns.measureIds.length &&
    isSameBytes(bytes.subarray(HEADER_BYTES, HEADER_BYTES + DIGEST_BYTES), base.digest);
  if (!isBase) throw corrupt('are the difference to another snapshot than the one before it', bytes);
  let at = HEADER_BYTES + DIGEST_BYTES;
  const take = (length: number): ArrayBuffer => {
    const end = at + length;
    if (end > bytes.length - DIGEST_BYTES) throw corrupt('end in the middle of a column', bytes);
    const copy = new Uint8Array(bytes.subarray(at, end)).buffer;
    at = end;
    return copy;
  };
  const changed: Partial<Record<CellColumn, Float64Array | Int32Array>> = {};
  for (const name of CELL_COLUMNS) {
    const [count = 0] = new Uint32Array(take(4));
    const gaps = new Uint32Array(take(count * 4));
    const numbers = name === 'rank' ? new Int32Array(take(count * 4)) : new Float64Array(take(count * 8));
    if (count === 0) continue;
    const column = columns[name].slice();
    let cell = 0;
    for (let index = 0; index < count; index += 1) {
      cell += gaps[index] ?? 0;
      if (cell >= cellCount) throw corrupt(`change the cell ${cell} of ${cellCount}`, bytes);
      const number = numbers[index] ?? 0;
      column[cell] = name === 'rank' ? (column[cell] ?? 0) + number : number;
    }
    changed[name] = column;
  }
  return { columns: { ...columns, ...changed } as SnapshotColumns, digest: digestOf(bytes) };
}

/** Cells that differ, ascending. Measures that are equal, as most are, are passed over by comparing their bytes. */
function findChanged<Column extends Float64Array | Int32Array>(
  before: Column,
  after: Column,
  entityCount: number,
): Uint32Array<ArrayBuffer> {
  const cells: number[] = [];
  for (let from = 0; before !== after && from < after.length; from += entityCount) {
    const to = from + entityCount;
    if (isSameBytes(before.subarray(from, to), after.subarray(from, to))) continue;
    for (let cell = from; cell < to; cell += 1) if (!Object.is(before[cell], after[cell])) cells.push(cell);
  }
  return Uint32Array.from(cells);
}

function bytesOf(numbers: ArrayBufferView): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

function isSameBytes(one: ArrayBufferView, other: ArrayBufferView): boolean {
  return Buffer.compare(bytesOf(one), bytesOf(other)) === 0;
}
