import { PlatformError } from '../domain/errors.js';
import type { Framework } from '../domain/framework.js';
import type { MergedValue, MergePolicy } from '../domain/mergePolicy.js';
import type { Observation } from '../domain/observation.js';
import { fromUnits, quantise, toUnits } from '../domain/quantise.js';
import type { SnapshotColumns, SnapshotHead } from '../domain/snapshot.js';
import { chooseObservation } from '../merge/chooseObservation.js';
import { contributionsOf } from '../scoring/contribution.js';
import type { CandidateKey } from '../store/roundObservation.js';

/** A figure that a snapshot is made of. */
export interface ScoredFigure {
  readonly head: SnapshotHead;
  /** Of the snapshot's round. */
  readonly year: number;
  readonly entityId: number;
  readonly indicatorId: number;
}

/** Which observation a figure is, why, and by which rule. */
export interface ExplainedChoice {
  readonly merged: MergedValue;
  readonly policy: MergePolicy;
}

/**
 * Says which observation was chosen for a figure and why the others were not, by choosing again: the observations that the computation knew, under the
 * policy that it used, give the same answer.
 * @param policies all versions that are loaded
 * @param readObservations reads all versions of one figure's observations up to a revision; the caller's, so that many figures share a statement
 * @throws PlatformError MERGE_POLICY_INVALID when the policy of the snapshot is not loaded
 */
export async function explainChoice(
  policies: readonly MergePolicy[],
  { head, year, entityId, indicatorId }: ScoredFigure,
  readObservations: (key: CandidateKey) => Promise<readonly Observation[]>,
): Promise<ExplainedChoice> {
  const { policyCode, policyVersion, inputRevision } = head;
  const policy = policies.find(({ code, version }) => code === policyCode && version === policyVersion);
  if (policy === undefined) {
    throw new PlatformError(
      'MERGE_POLICY_INVALID',
      `The merge policy ${policyCode} version ${policyVersion} is not loaded; load it again.`,
    );
  }
  const observations = await readObservations({ entityId, indicatorId, year, revision: inputRevision });
  return { merged: chooseObservation(observations, policy), policy };
}

/** What one child adds to the value of its parent. */
export interface ContributionShare {
  readonly measureId: number;
  /** Part of the parent's value, a whole number of 1e-12. */
  readonly value: number;
}

/**
 * Splits a score over the children of its measure; in units of 1e-12 the parts add up to the value exactly.
 * @returns in framework order; empty for an indicator and where there is no value
 */
export function explainScore(
  columns: SnapshotColumns,
  framework: Framework,
  entityPosition: number,
  measurePosition: number,
): ContributionShare[] {
  const parts = contributionsOf(columns, framework, entityPosition, measurePosition);
  return parts.map(({ measureId, units }) => ({ measureId, value: fromUnits(units) }));
}

/** The difference of two scores, quantised as scores are: 0.3 - 0.1 is 0.2. */
export function differenceOf(value: number, before: number): number {
  return quantise(value - before);
}

const UNITS_PER_DIGIT = 1e8;
const DIGITS = 4;

/**
 * A score as it is published: four decimals, halves up. Works on whole units, so that 0.82185 is "0.8219" although no float64 is exactly that.
 * @param value 0 to 1
 */
export function publishedText(value: number): string {
  const rounded = Math.floor((toUnits(value) + UNITS_PER_DIGIT / 2) / UNITS_PER_DIGIT);
  const scale = 10 ** DIGITS;
  return `${Math.floor(rounded / scale)}.${String(rounded % scale).padStart(DIGITS, '0')}`;
}
