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

/** The score of one entity and measure that is not as it was. */
export interface ScoreChange extends RankingChange {
  readonly measureId: number;
}

/** Which scores are compared. */
export interface ScoreChoice {
  /** Null = all of either snapshot. */
  readonly entityIds: readonly number[] | null;
  readonly measureIds: readonly number[];
}

/**
 * Compares chosen scores of two snapshots of one round: value, rank, points, coverage, automatic share and peer group.
 * @param previous null = nothing is known yet, so that every score of `next` is ADDED
 * @returns changed scores, measure by measure as chosen, each in the order of the entities of `next`, then removed ones; what is in neither is left out
 */
export function diffScores(
  previous: SnapshotColumns | null,
  next: SnapshotColumns,
  choice: ScoreChoice,
): ScoreChange[] {
  const old = previous ?? NO_COLUMNS;
  const rows = (choice.entityIds ?? [...new Set([...next.entityIds, ...old.entityIds])])
    .map((entityId) => ({ entityId, at: entityPosition(next, entityId), before: entityPosition(old, entityId) }))
    .sort((a, b) => (a.at ?? next.entityIds.length) - (b.at ?? next.entityIds.length));
  const changes: ScoreChange[] = [];
  for (const measureId of choice.measureIds) {
    const measureAt = measurePosition(next, measureId);
    const measureBefore = measurePosition(old, measureId);
    for (const { entityId, at, before } of rows) {
      const isNow = measureAt !== null && at !== null;
      const wasThere = measureBefore !== null && before !== null;
      if (!isNow && !wasThere) continue;
      if (isNow && wasThere) {
        const [cell, oldCell] = [cellOf(next, measureAt, at), cellOf(old, measureBefore, before)];
        if (next.groupOf[at] === old.groupOf[before] && isSameCell(next, cell, old, oldCell)) continue;
      }
      const kind = isNow ? (wasThere ? 'CHANGED' : 'ADDED') : 'REMOVED';
      const { rank, value } = rowOf(next, measureAt, at);
      const { rank: previousRank, value: previousValue } = rowOf(old, measureBefore, before);
      changes.push({ entityId, measureId, kind, rank, previousRank, value, previousValue });
    }
  }
  return changes;
}

/** How many scores of two snapshots of one round differ, as {@link diffScores} sees it: all entities, and the measures of `next`. */
export function countChangedScores(previous: SnapshotColumns, next: SnapshotColumns): number {
  const isEqual = (a: Int32Array, b: Int32Array) => a.length === b.length && a.every((id, at) => id === b[at]);
  const isAlike =
    isEqual(previous.entityIds, next.entityIds) &&
    isEqual(previous.measureIds, next.measureIds) &&
    isEqual(previous.groupOf, next.groupOf);
  if (!isAlike) return diffScores(previous, next, { entityIds: null, measureIds: [...next.measureIds] }).length;
  // The million cells of a round of communes take a third of the time in this way.
  let count = 0;
  for (let cell = 0; cell < next.rank.length; cell += 1) {
    if (!isSameCell(next, cell, previous, cell)) count += 1;
  }
  return count;
}

function isSameCell(a: SnapshotColumns, at: number, b: SnapshotColumns, other: number): boolean {
  return (
    a.rank[at] === b.rank[other] &&
    Object.is(a.value[at], b.value[other]) &&
    Object.is(a.points[at], b.points[other]) &&
    Object.is(a.coverage[at], b.coverage[other]) &&
    Object.is(a.automaticShare[at], b.automaticShare[other])
  );
}

const NO_COLUMNS: SnapshotColumns = {
  ...{ entityIds: new Int32Array(), groupOf: new Int32Array(), measureIds: new Int32Array() },
  ...{ maxPoints: new Float64Array(), value: new Float64Array(), points: new Float64Array(), rank: new Int32Array() },
  ...{ coverage: new Float64Array(), automaticShare: new Float64Array(), observationId: new Float64Array() },
};

/** How far a row must have moved to be worth telling; null = not looked at. */
export interface ChangeThreshold {
  /** Places, up or down. */
  readonly rank: number | null;
  /** Of the value, 0 to 1, up or down. */
  readonly value: number | null;
}

/** Whether a change reaches one of the thresholds, or there is none. A row, rank or value that came or went always does. */
export function reachesThreshold(change: RankingChange, { rank, value }: ChangeThreshold): boolean {
  if (change.kind !== 'CHANGED' || (rank === null && value === null)) return true;
  const [places, difference] = [
    distance(change.rank, change.previousRank),
    distance(change.value, change.previousValue),
  ];
  if (places === Number.POSITIVE_INFINITY || difference === Number.POSITIVE_INFINITY) return true;
  // Values are whole numbers of 1e-12, their differences as floats not quite.
  return (rank !== null && places >= rank) || (value !== null && difference + 5e-13 >= value);
}

/** Infinite between something and nothing. */
function distance(now: number | null, then: number | null): number {
  if (now === null || then === null) return now === then ? 0 : Number.POSITIVE_INFINITY;
  return Math.abs(now - then);
}
