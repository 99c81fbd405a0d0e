import type { SnapshotColumns } from '../domain/snapshot.js';

// Asked by every reader of a ranking; one entry per `measure position:peer group id`.
const rankings = new WeakMap<SnapshotColumns, Map<string, readonly number[]>>();

/**
 * The ranking of one measure in one peer group.
 * @param measureAt position of the measure
 * @returns positions of the group's entities by rank; ties by position, that is by code; those without a rank last. Empty for an unknown group.
 *   Made once per snapshot and shared: do not change it
 */
export function rankingOf(columns: SnapshotColumns, measureAt: number, peerGroupId: number): readonly number[] {
  const known = rankings.get(columns) ?? new Map<string, readonly number[]>();
  rankings.set(columns, known);
  const key = `${measureAt}:${peerGroupId}`;
  const ranking = known.get(key) ?? sortGroup(columns, measureAt, peerGroupId);
  known.set(key, ranking);
  return ranking;
}

function sortGroup(columns: SnapshotColumns, measureAt: number, peerGroupId: number): number[] {
  const base = measureAt * columns.entityIds.length;
  const place = (position: number): number => columns.rank[base + position] || Number.MAX_SAFE_INTEGER;
  const members: number[] = [];
  columns.groupOf.forEach((group, position) => {
    if (group === peerGroupId) members.push(position);
  });
  return members.sort((a, b) => place(a) - place(b) || a - b);
}
