import { syncFailure } from './failure.js';

const SHOWN_CHARS = 80;

/** A JSON object of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads JSON without losing digits: integers that a double holds exactly become numbers, all other numbers stay the text of the source.
 * @throws PlatformError SYNC_PROTOCOL when the text is not JSON, such as a page of HTML
 */
export function parseJson(text: string): unknown {
  const keepDigits = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) ? (context?.source ?? String(value)) : value;
  try {
    return JSON.parse(text, keepDigits);
  } catch {
    throw syncFailure('SYNC_PROTOCOL', `Expected JSON, received ${describeBody(text)}.`);
  }
}

/** True for a JSON object, not for an array or null. */
export function isJsonObject(data: unknown): data is JsonObject {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

/** A member as text: a text as it is, a number in its digits; null when it is missing, null or anything else. */
export function memberText(data: unknown, name: string): string | null {
  const member = isJsonObject(data) ? data[name] : null;
  if (typeof member === 'number') return String(member);
  return typeof member === 'string' ? member : null;
}

/** A member that is a whole number, not negative; null when it is anything else. */
export function memberCount(data: unknown, name: string): number | null {
  const member = isJsonObject(data) ? data[name] : null;
  return typeof member === 'number' && Number.isSafeInteger(member) && member >= 0 ? member : null;
}

/**
 * Shows the beginning of a body in a message. A word that the cut would split is left out whole: half a secret is one that nobody recognises and
 * hides.
 */
export function describeBody(body: string): string {
  const cut = body.length > SHOWN_CHARS ? body.slice(0, SHOWN_CHARS).replace(/[^\s"'<>&,;{}]*$/, '…') : body;
  const start = cut.replace(/\s+/g, ' ').trim();
  return start === '' ? 'an empty body' : `"${start}"`;
}
