import type { SnapshotColumns } from '../domain/snapshot.js';

/** Where ids stand in the columns. */
interface Positions {
  readonly entities: ReadonlyMap<number, number>;
  readonly measures: ReadonlyMap<number, number>;
}

// A snapshot is immutable and read thousands of times; its maps are made once and live as long as it does.
const positions = new WeakMap<SnapshotColumns, Positions>();

/** The row of an entity, 0-based; null when it is not in the snapshot. */
export function entityPosition(columns: SnapshotColumns, entityId: number): number | null {
  return positionsOf(columns).entities.get(entityId) ?? null;
}

/** The place of a measure in framework order, 0-based; null when it is not in the snapshot. */
export function measurePosition(columns: SnapshotColumns, measureId: number): number | null {
  return positionsOf(columns).measures.get(measureId) ?? null;
}

/** The index of a measure's and entity's cell in `value`, `points`, `rank`, `coverage`, `automaticShare` and `observationId`. */
export function cellOf(columns: SnapshotColumns, measureAt: number, entityAt: number): number {
  return measureAt * columns.entityIds.length + entityAt;
}

/** One cell in the words of people: null where a column says NaN or 0 for nothing. */
export interface SnapshotCell {
  /** 0 to 1, quantised to 1e-12. */
  readonly value: number | null;
  readonly points: number | null;
  readonly rank: number | null;
  /** Share of max points that have a value; null = the measure has no points for this entity. */
  readonly coverage: number | null;
  /** Share of max points from automatic sources; null as with coverage. */
  readonly automaticShare: number | null;
  readonly observationId: number | null;
}

/**
 * Reads one cell.
 * @param measureAt from {@link measurePosition}
 * @param entityAt from {@link entityPosition}
 */
export function readCell(columns: SnapshotColumns, measureAt: number, entityAt: number): SnapshotCell {
  const at = cellOf(columns, measureAt, entityAt);
  return {
    value: numberAt(columns.value, at),
    points: numberAt(columns.points, at),
    rank: columns.rank[at] || null,
    coverage: numberAt(columns.coverage, at),
    automaticShare: numberAt(columns.automaticShare, at),
    observationId: columns.observationId[at] || null,
  };
}

/** The number in a column; null for NaN, which means no value. */
export function numberAt(column: Float64Array, at: number): number | null {
  const x = column[at];
  return x === undefined || Number.isNaN(x) ? null : x;
}

function positionsOf(columns: SnapshotColumns): Positions {
  const known = positions.get(columns);
  if (known !== undefined) return known;
  const made = { entities: invert(columns.entityIds), measures: invert(columns.measureIds) };
  positions.set(columns, made);
  return made;
}

function invert(ids: Int32Array): Map<number, number> {
  const map = new Map<number, number>();
  ids.forEach((id, at) => {
    map.set(id, at);
  });
  return map;
}
