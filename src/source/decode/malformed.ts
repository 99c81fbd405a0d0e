import type { JsonObject } from '../json.js';

const MAX_SHOWN_CHARS = 500;

/**
 * Makes the row that stands for one that cannot be read. The mapper rejects it, and it alone: `{ _malformed, _problem }`.
 * @param text the row as it came; its first 500 characters are kept
 * @param problem a sentence for people
 */
export function malformedRow(text: string, problem: string): JsonObject {
  return { _malformed: text.slice(0, MAX_SHOWN_CHARS), _problem: problem };
}

/** True for a row made by {@link malformedRow}, whose `_problem` says why. */
export function isMalformedRow(row: JsonObject): boolean {
  return Object.hasOwn(row, '_malformed') && typeof row._malformed === 'string' && typeof row._problem === 'string';
}
