/** How a run reads: all that there is, or what changed after the cursor. */
export const SYNC_MODES = ['FULL_REFRESH', 'INCREMENTAL'] as const;
/** See {@link SYNC_MODES}. */
export type SyncMode = (typeof SYNC_MODES)[number];

/** The life of a run. A failed run changes nothing that is served. */
export const SYNC_STATUSES = ['RUNNING', 'SUCCEEDED', 'SUCCEEDED_WITH_REJECTS', 'FAILED', 'CANCELLED'] as const;
/** See {@link SYNC_STATUSES}. */
export type SyncStatus = (typeof SYNC_STATUSES)[number];

/**
 * The account of a run. A *record* is one figure of a source's row: a row that carries seven figures is seven records, so that every figure
 * that was read is accounted for.
 */
export interface SyncCounts {
  /** Records read. Equal to the sum of all others. */
  readonly read: number;
  /** New identities. */
  readonly written: number;
  /** Equal to what is known already. */
  readonly unchanged: number;
  /** Corrections of a known identity. */
  readonly superseded: number;
  /** Withdrawn by the source. */
  readonly tombstoned: number;
  /** Quarantined with the raw row and a reason. */
  readonly rejected: number;
  /** Left out by a named rule. */
  readonly skipped: number;
}

/** True when every record that was read is accounted for. */
export function accountAddsUp(counts: SyncCounts): boolean {
  return (
    counts.read ===
    counts.written + counts.unchanged + counts.superseded + counts.tombstoned + counts.rejected + counts.skipped
  );
}
