import { UsageError } from './failure.js';

/** Reads the variables of an operation. @param text a JSON object; absent = none */
export function readVariables(text = '{}'): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below.
  }
  throw new UsageError('the variables are not a JSON object, such as {"round":"PROVINCE-2022"}');
}
