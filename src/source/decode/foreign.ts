import { syncFailure } from '../failure.js';
import { describeBody } from '../json.js';

/** What a body of text should be. */
export type TextKind = 'JSON' | 'NDJSON' | 'CSV' | 'XML' | 'JSON-stat' | 'SDMX-CSV';

/** What may come before the first element. */
const START = String.raw`^\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--[\s\S]{0,2000}?-->\s*)?`;
const HTML = new RegExp(`${START}<(?:!doctype\\s+html|html|head|body)\\b`, 'i');
/** An element named body or head may be data. */
const HTML_FOR_XML = new RegExp(`${START}<(?:!doctype\\s+html|html)\\b`, 'i');
const JSON_START = /^\s*[[{]\s*["[\]{}]/;
const MARKUP_START = /^\s*<[a-z!?]/i;

/**
 * Refuses a body of another kind, such as the page of HTML that a login or a proxy sends with status 200: read as CSV, that would be a header row
 * and no data.
 * @throws PlatformError SYNC_PROTOCOL
 */
export function refuseForeign(text: string, expected: TextKind): void {
  const found = foreignKind(text, expected);
  if (found !== null) throw syncFailure('SYNC_PROTOCOL', `Expected ${expected}, received ${found}.`);
}

function foreignKind(text: string, expected: TextKind): string | null {
  if (text.trim() === '') return 'an empty body';
  const start = text.slice(0, 4000);
  if ((expected === 'XML' ? HTML_FOR_XML : HTML).test(start)) return `a page of HTML: ${describeBody(text)}`;
  if (expected !== 'CSV' && expected !== 'SDMX-CSV') return null;
  if (MARKUP_START.test(start)) return `XML or HTML: ${describeBody(text)}`;
  return JSON_START.test(start) ? `JSON: ${describeBody(text)}` : null;
}
