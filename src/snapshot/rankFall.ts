import type { SnapshotColumns } from '../domain/snapshot.js';
import { cellOf, entityPosition, measurePosition } from './columns.js';

/** An entity that stands lower than it stood. */
export interface RankFall {
  readonly entityId: number;
  readonly rank: number;
  readonly previousRank: number;
}

/**
 * Finds who fell in a measure: places lost within the same peer group. Who has no rank in one of the two is left out, since it has no place to have lost.
 * @param previousMeasureId of the measure in `before`, which may belong to another framework
 * @param places how many make a fall; 1 or more
 * @returns in the order of the rows of `after`
 */
export function findRankFalls(
  before: SnapshotColumns,
  after: SnapshotColumns,
  { measureId, previousMeasureId, places }: { measureId: number; previousMeasureId: number; places: number },
): RankFall[] {
  const [measureAt, measureBefore] = [measurePosition(after, measureId), measurePosition(before, previousMeasureId)];
  if (measureAt === null || measureBefore === null) return [];
  const falls: RankFall[] = [];
  after.entityIds.forEach((entityId, at) => {
    const old = entityPosition(before, entityId);
    if (old === null || before.groupOf[old] !== after.groupOf[at]) return;
    const rank = after.rank[cellOf(after, measureAt, at)] || null;
    const previousRank = before.rank[cellOf(before, measureBefore, old)] || null;
    if (rank !== null && previousRank !== null && rank - previousRank >= places)
      falls.push({ entityId, rank, previousRank });
  });
  return falls;
}
