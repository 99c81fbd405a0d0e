import type { Observation } from './observation.js';
import type { SourceKind } from './source.js';

/** A versioned rule of precedence between observations of one entity, indicator and year. */
export interface MergePolicy {
  readonly code: string;
  readonly version: number;
  /** Earlier wins. A kind that is not listed is never chosen. */
  readonly precedence: readonly SourceKind[];
  /** A claim that differs from the chosen measurement by more than this share of it is a discrepancy; 0.05 = 5 %. */
  readonly discrepancyTolerance: number;
}

/**
 * Why an observation was chosen or not.
 * - ONLY_CANDIDATE, HIGHEST_PRECEDENCE, LATEST_PERIOD, LATEST_REVISION: reasons of the chosen one
 * - LOWER_PRECEDENCE: another kind of source goes first under the policy
 * - EARLIER_PERIOD: the same source, or another of its kind, tells of a later part of the year
 * - EARLIER_REVISION: another source of the same kind tells of the same period, and was learnt later
 * - SUPERSEDED: the source itself corrected it
 * - DELETED: the source withdrew it
 * - MISSING_VALUE: it says that there is no value
 * - NOT_IN_POLICY: the policy does not admit its kind of source
 * - NO_CANDIDATE: there was nothing to choose from
 */
export const MERGE_REASONS = [
  'ONLY_CANDIDATE',
  'HIGHEST_PRECEDENCE',
  'LATEST_PERIOD',
  'LATEST_REVISION',
  'LOWER_PRECEDENCE',
  'EARLIER_PERIOD',
  'EARLIER_REVISION',
  'SUPERSEDED',
  'DELETED',
  'MISSING_VALUE',
  'NOT_IN_POLICY',
  'NO_CANDIDATE',
] as const;
/** See {@link MERGE_REASONS}. */
export type MergeReason = (typeof MERGE_REASONS)[number];

/** One observation that was looked at. */
export interface MergeCandidate {
  readonly observation: Observation;
  readonly accepted: boolean;
  readonly reason: MergeReason;
}

/** A self-reported figure that differs from the measured one beyond the policy's tolerance. */
export interface Discrepancy {
  readonly claim: Observation;
  readonly measurement: Observation;
  /** (claim - measurement) / measurement, unrounded; positive = the claim is higher. */
  readonly relativeDifference: number;
}

/** The result of merging: the chosen observation, the losers and the reasons. */
export interface MergedValue {
  readonly chosen: Observation | null;
  readonly reason: MergeReason;
  /** All observations, the chosen one first, then by precedence, later period and later revision. */
  readonly candidates: readonly MergeCandidate[];
  readonly discrepancy: Discrepancy | null;
}
