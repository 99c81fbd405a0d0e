/** The first year of the 34 provinces. */
export const REFORM = 2025;
