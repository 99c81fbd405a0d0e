/** Whole units in 1: scores are told apart at 1e-12. */
const UNITS = 1e12;

/** Above this many points one unit is less than two steps of a float64, and quantising twice could differ from quantising once. */
export const MAX_QUANTISABLE = 2_000;

/**
 * Rounds to the nearest multiple of 1e-12, so that sums in another order give the same number. `0.1 + 0.2` becomes `0.3`; NaN stays NaN.
 * Doing it twice changes nothing.
 * @param x share or points, at most {@link MAX_QUANTISABLE} in size
 */
export function quantise(x: number): number {
  return toUnits(x) / UNITS;
}

/** The number in whole units of 1e-12, never minus zero: 0.3 is 300,000,000,000. Exact as an integer up to 9,007; NaN stays NaN. */
export function toUnits(x: number): number {
  return Math.round(x * UNITS) + 0;
}

/** The share or points of a whole number of units; turns {@link toUnits} back. */
export function fromUnits(units: number): number {
  return units / UNITS;
}
