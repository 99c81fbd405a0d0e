import type { SnapshotColumns } from '../domain/snapshot.js';
import { cellOf, entityPosition, measurePosition, numberAt } from './columns.js';
import { rankingOf } from './ranking.js';

/** A row of a ranking that is not as it was. */
export interface RankingChange {
  readonly entityId: number;
  /** ADDED: it was not in this peer group before; REMOVED: it is not any more; CHANGED: its rank or value differs. */
  readonly kind: 'CHANGED' | 'ADDED' | 'REMOVED';
  /** Null = no rank, or REMOVED. */
  readonly rank: number | null;
  /** Null = no rank, or ADDED. */
  readonly previousRank: number | null;
  /** 0 to 1, quantised; null = no value, or REMOVED. */
  readonly value: number | null;
  /** Null = no value, or ADDED. */
  readonly previousValue: number | null;
}

/**
 * Compares the ranking of one measure and peer group in two snapshots of one round.
 * @param measureAt position of the measure in `next`; in `previous` it is found by its id
 * @returns changed rows in the order of the new ranking, then removed ones in the order of the old; empty when nothing changed
 */
export function diffRanking(
  previous: SnapshotColumns,
  next: SnapshotColumns,
  measureAt: number,
  peerGroupId: number,
): RankingChange[] {
  const previousAt = measurePosition(previous, next.measureIds[measureAt] ?? -1);
  const changes: RankingChange[] = [];
  for (const position of rankingOf(next, measureAt, peerGroupId)) {
    const entityId = next.entityIds[position] ?? 0;
    const { rank, value } = rowOf(next, measureAt, position);
    const before = memberPosition(previous, entityId, peerGroupId);
    const { rank: previousRank, value: previousValue } = rowOf(previous, previousAt, before);
    if (before === null) changes.push({ entityId, kind: 'ADDED', rank, previousRank, value, previousValue });
    else if (rank !== previousRank || value !== previousValue) {
      changes.push({ entityId, kind: 'CHANGED', rank, previousRank, value, previousValue });
    }
  }
  if (previousAt === null) return changes;
  for (const position of rankingOf(previous, previousAt, peerGroupId)) {
    const entityId = previous.entityIds[position] ?? 0;
    if (memberPosition(next, entityId, peerGroupId) !== null) continue;
    const { rank: previousRank, value: previousValue } = rowOf(previous, previousAt, position);
    changes.push({ entityId, kind: 'REMOVED', rank: null, previousRank, value: null, previousValue });
  }
  return changes;
}

/** The row of an entity in the group; null when it is not in it. */
function memberPosition(columns: SnapshotColumns, entityId: number, peerGroupId: number): number | null {
  const position = entityPosition(columns, entityId);
  return position !== null && columns.groupOf[position] === peerGroupId ? position : null;
}

function rowOf(
  columns: SnapshotColumns,
  measureAt: number | null,
  position: number | null,
): { rank: number | null; value: number | null } {
  if (measureAt === null || position === null) return { rank: null, value: null };
  const cell = cellOf(columns, measureAt, position);
  return { rank: columns.rank[cell] || null, value: numberAt(columns.value, cell) };
}
