import type { SourceResponse } from '../../domain/connector.js';
import { parseJson } from '../json.js';
import { parseXml } from '../xml.js';

/**
 * Reads an answer whose format nobody declared, such as an error or the answer to a login: JSON, else XML (local names, `@attribute`), else its text.
 */
export function readDocument({ body }: SourceResponse): unknown {
  try {
    return parseJson(body);
  } catch {
    // Not JSON.
  }
  if (!/^\s*</.test(body)) return body;
  try {
    return parseXml(body, []);
  } catch {
    return body;
  }
}

/** The first thing that a path found, as text; null when there is none or it is not a text or number. */
export function readText(found: readonly unknown[]): string | null {
  const value = readScalar(found);
  return value === null ? null : String(value);
}

/** The first thing that a path found, when it is a number or a text that is not empty; the text of an XML element with attributes too. */
export function readScalar(found: readonly unknown[]): string | number | null {
  const first = found[0];
  const value = typeof first === 'object' && first !== null && '#text' in first ? first['#text'] : first;
  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? value : null;
}

/** The first thing that a path found as a whole number, not negative; null when it is anything else. */
export function readCount(found: readonly unknown[]): number | null {
  const text = readText(found)?.trim() ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
