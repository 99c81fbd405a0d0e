import { PlatformError } from '../../domain/errors.js';
import { syncFailure } from '../failure.js';
import { parseJson } from '../json.js';
import type { BodyReader } from './body.js';
import { depthFailure, type NestingBounds, RowCollector } from './bound.js';
import { refuseForeign } from './foreign.js';
import type { FormatOf } from './format.js';
import { malformedRow } from './malformed.js';
import { pathSteps } from './path.js';
import { compileRecords, recordsAt } from './record.js';

/** Reads one JSON document and the records in it. */
export function createJsonReader(format: FormatOf<'json'>): BodyReader<string> {
  const steps = pathSteps(format.records);
  const addRecords = compileRecords(format);
  return async (text) => {
    const document = parseDocument(text, 'JSON', format);
    return {
      document,
      readRows: () => {
        const into = new RowCollector(format);
        addRecords(recordsAt(document, steps), into);
        return into.rows;
      },
    };
  };
}

/**
 * Reads JSON within its bounds.
 * @throws PlatformError SYNC_BOUND when it nests too deep; SYNC_PROTOCOL when it is not JSON
 */
export function parseDocument(text: string, expected: 'JSON' | 'JSON-stat', bounds: NestingBounds): unknown {
  refuseForeign(text, expected);
  requireDepth(text, bounds);
  return parseJson(text);
}

/** Reads one record per line. A last line without a line end that is not JSON was cut off. */
export function createNdjsonReader(format: FormatOf<'ndjson'>): BodyReader<string> {
  const addRecords = compileRecords(format);
  return async (text) => {
    refuseForeign(text, 'NDJSON');
    const into = new RowCollector(format);
    addRecords(parseLines(text, format), into);
    return { document: null, readRows: () => into.rows };
  };
}

function* parseLines(text: string, bounds: NestingBounds): Generator<unknown> {
  let readLines = 0;
  let [start, number] = [0, 0];
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end < 0 ? text.length : end);
    start = end < 0 ? text.length : end + 1;
    number += 1;
    if (line.trim() === '') continue;
    requireDepth(line, bounds);
    const record = parseLine(line, number, end < 0);
    if (record.isRead) readLines += 1;
    yield record.data;
  }
  // Words of a proxy or half a document would otherwise be rejects only.
  if (readLines === 0)
    throw syncFailure('SYNC_PROTOCOL', `Expected one JSON value per line, received none in ${number} lines.`);
}

function parseLine(
  line: string,
  number: number,
  isLast: boolean,
): { readonly data: unknown; readonly isRead: boolean } {
  try {
    return { data: parseJson(line), isRead: true };
  } catch (error) {
    if (isLast || !(error instanceof PlatformError)) throw error;
    return { data: malformedRow(line, `Line ${number} is not JSON.`), isRead: false };
  }
}

/** Counts brackets before anything is built, for a parser that meets 100,000 of them runs out of stack. */
function requireDepth(text: string, bounds: NestingBounds): void {
  let [depth, position] = [0, 0];
  while (position < text.length) {
    const character = text.charCodeAt(position);
    if (character === 0x22) position = endOfString(text, position);
    else if (character === 0x5b || character === 0x7b) {
      depth += 1;
      if (depth > bounds.maxDepth) throw depthFailure(bounds);
    } else if (character === 0x5d || character === 0x7d) depth -= 1;
    position += 1;
  }
}

/** Position of the quote that closes a string; the end of the text when there is none. */
function endOfString(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (close >= 0) {
    let backslashes = 0;
    while (text.charCodeAt(close - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return close;
    close = text.indexOf('"', close + 1);
  }
  return text.length;
}
