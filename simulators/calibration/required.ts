/**
 * Returns a value that has to exist.
 * @param value looked up in a map or list
 * @param what named in the message, for example 'framework measure P_GOV'
 * @throws Error when the value is missing
 */
export function required<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Error(`Calibration needs ${what}, but it is missing.`);
  return value;
}

/** Key of one (entity, measure) pair in a flat map. */
export function cell(entity: string, measure: string): string {
  return `${entity}|${measure}`;
}
