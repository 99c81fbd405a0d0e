import type { Discrepancy } from '../domain/mergePolicy.js';
import type { Figure, Observation } from '../domain/observation.js';

/** Below this a difference is an artefact of binary fractions: 1.05 is not more than 5 % above 1. */
const ROUNDING = 1e-12;

/**
 * Compares what a body claims with what was measured. Ratios are compared as ratios, so that equal shares of different totals agree.
 * @param tolerance share of the measurement, 0.05 = 5 %; a difference of exactly this much is within it
 * @returns null within the tolerance, and where the two cannot be compared (one a ratio, the other a plain value; a denominator of 0). Against a
 *   measurement of 0 any other claim is a difference of 1 or -1, since a share of nothing has no size
 */
export function findDiscrepancy(claim: Observation, measurement: Observation, tolerance: number): Discrepancy | null {
  if ((claim.value === null) !== (measurement.value === null)) return null;
  const claimed = amountOf(claim);
  const measured = amountOf(measurement);
  if (!Number.isFinite(claimed) || !Number.isFinite(measured)) return null;
  const scale = measured === 0 ? claimed : measured;
  const relativeDifference = scale === 0 ? 0 : (claimed - measured) / Math.abs(scale);
  return Math.abs(relativeDifference) > tolerance + ROUNDING ? { claim, measurement, relativeDifference } : null;
}

function amountOf({ value, numerator, denominator }: Figure): number {
  return value === null ? Number(numerator) / Number(denominator) : Number(value);
}
