/** How a run reads: all that there is, or what changed after the cursor; or it maps again what is in quarantine, and reads nothing. */
export const RUN_MODES = ['FULL_REFRESH', 'INCREMENTAL', 'REPLAY'] as const;
/** See {@link RUN_MODES}. */
export type RunMode = (typeof RUN_MODES)[number];
/** A mode in which a source is read. */
export type SyncMode = Exclude<RunMode, 'REPLAY'>;

/** The life of a run. A failed run changes nothing that is served. */
export const SYNC_STATUSES = ['RUNNING', 'SUCCEEDED', 'SUCCEEDED_WITH_REJECTS', 'FAILED', 'CANCELLED'] as const;
/** See {@link SYNC_STATUSES}. */
export type SyncStatus = (typeof SYNC_STATUSES)[number];

/**
 * The account of a run. A *record* is one figure of a source's row: a row that carries seven figures is seven records, so that every figure
 * that was read is accounted for.
 */
export interface SyncCounts {
  /** Records read, and withdrawals found by the difference of a full snapshot. Equal to the sum of all others. */
  readonly read: number;
  /** New identities. */
  readonly written: number;
  /** Equal to what is known already. */
  readonly unchanged: number;
  /** Corrections of a known identity. */
  readonly superseded: number;
  /** Withdrawn by the source, by a record that says so or by its absence in a full snapshot. */
  readonly tombstoned: number;
  /** Quarantined with the raw row and a reason. */
  readonly rejected: number;
  /** Left out by a named rule. */
  readonly skipped: number;
}

/** What a good run remembers of one stream, for the rules and the comparisons of the next. */
export interface StreamRecord {
  readonly pages: number;
  readonly rows: number;
  /** Records: figures of rows. */
  readonly read: number;
  /** True when it was read without a cursor. */
  readonly whole: boolean;
  /** Rows of the newest run, up to this one, that read it whole; null = none has. */
  readonly wholeRows: number | null;
  /** Paths of the fields that its raw rows had, sorted; with `*` among them there were more. Without a whole read, also those of the runs before. */
  readonly fields: readonly string[];
}

/** True when every record that was read is accounted for, once. A count below zero is a record that was counted twice elsewhere. */
export function accountAddsUp(counts: SyncCounts): boolean {
  const { read, written, unchanged, superseded, tombstoned, rejected, skipped } = counts;
  const fates = [written, unchanged, superseded, tombstoned, rejected, skipped];
  return fates.every((count) => count >= 0) && read === fates.reduce((sum, count) => sum + count, 0);
}
