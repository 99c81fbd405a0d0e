/** A snapshot is provisional until its round is published; then it is sealed. */
export const SNAPSHOT_STATUSES = ['PROVISIONAL', 'PUBLISHED'] as const;
/** See {@link SNAPSHOT_STATUSES}. */
export type SnapshotStatus = (typeof SNAPSHOT_STATUSES)[number];

/**
 * The result of one computation run as columns. All arrays but `entityIds`, `groupOf`, `measureIds` and `maxPoints` have one cell per measure and
 * entity, measure by measure: cell = measure position * number of entities + entity position.
 */
export interface SnapshotColumns {
  /** Entities of all peer groups of the round, by group, then by code. */
  readonly entityIds: Int32Array;
  /** Peer group id of each entity. */
  readonly groupOf: Int32Array;
  /** Measures in framework order. */
  readonly measureIds: Int32Array;
  /** Maximum points of each measure. */
  readonly maxPoints: Float64Array;
  /** 0 to 1, quantised to 1e-12; NaN = no value. */
  readonly value: Float64Array;
  /** Points earned, quantised to 1e-12; NaN = no value. */
  readonly points: Float64Array;
  /** Within the peer group; 0 = no rank. */
  readonly rank: Int32Array;
  /** Share of max points that have a value, 0 to 1; NaN where the measure has no points, or none that are applicable. */
  readonly coverage: Float64Array;
  /** Share of max points whose chosen source is automatic, 0 to 1; NaN where the measure has no points, or none that are applicable. */
  readonly automaticShare: Float64Array;
  /** Id of the chosen observation of an indicator; 0 = none, and for other measures. Float64 holds ids up to 2^53 exactly. */
  readonly observationId: Float64Array;
}

/** What identifies a snapshot and makes it reproducible. */
export interface SnapshotHead {
  readonly id: number;
  readonly roundId: number;
  readonly revision: number;
  readonly status: SnapshotStatus;
  /** Observations up to this revision were used. */
  readonly inputRevision: number;
  readonly frameworkCode: string;
  readonly policyCode: string;
  readonly policyVersion: number;
  readonly engineVersion: string;
  /** SHA-256 in hexadecimal over the canonical bytes of every input. */
  readonly inputHash: string;
  /** SHA-256 in hexadecimal over the quantised result. */
  readonly resultHash: string;
  /** ISO time. */
  readonly computedAt: string;
  /** ISO time; null = provisional. */
  readonly publishedAt: string | null;
}

/** A published result of the owner of the index: a reference, never a score. */
export interface PublishedReference {
  readonly level: string;
  readonly year: number;
  readonly entityName: string;
  /** Null when the row is an average or the nation. */
  readonly entityId: number | null;
  /** Code of the measure: `INDEX` or another; null when the row's framework is not in the data. */
  readonly measureCode: string;
  readonly peerGroupCode: string | null;
  /** As printed; null = only the rank is known. */
  readonly value: string | null;
  readonly rank: number | null;
  readonly certainty: string;
  readonly citation: string;
  readonly url: string | null;
  readonly note: string | null;
}
