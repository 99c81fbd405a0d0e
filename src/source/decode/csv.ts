import { finished } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { parse } from 'csv-parse';
import { describeError } from '../../domain/errors.js';
import { syncFailure } from '../failure.js';
import { describeBody } from '../json.js';
import type { BodyReader } from './body.js';
import { RowCollector } from './bound.js';
import { refuseForeign, type TextKind } from './foreign.js';
import type { FormatOf } from './format.js';
import { malformedRow } from './malformed.js';
import { compileTable, type TableRow } from './table.js';

/** Parsing this much takes some milliseconds; between two such pieces other work has its turn. */
const PIECE_BYTES = 262_144;
const MAX_RECORD_CHARS = 1_000_000;

/** How text is divided into cells. */
export interface CellSpec {
  readonly delimiter: string;
  readonly quote: string | null;
  readonly quotes: 'strict' | 'literal';
  readonly preambleLines: number;
  readonly finalNewline: 'optional' | 'required';
}

/** The cells of a text. */
export interface CellTable {
  readonly rows: readonly TableRow[];
  /** True when the text does not end with a line end. */
  readonly isOpenEnded: boolean;
}

/** Reads CSV. */
export function createCsvReader(format: FormatOf<'csv'>): BodyReader<string> {
  const addTable = compileTable(format);
  return async (text) => {
    const { rows, isOpenEnded } = await readCells(text, format, 'CSV');
    const into = new RowCollector(format);
    const table = format.header ? takeHeader(rows, text, format) : { header: null, rows };
    addTable({ ...table, isOpenEnded }, into);
    return { document: null, readRows: () => into.rows };
  };
}

function takeHeader(
  rows: readonly TableRow[],
  text: string,
  format: FormatOf<'csv'>,
): { readonly header: TableRow; readonly rows: readonly TableRow[] } {
  const [header, ...rest] = rows;
  if (header === undefined)
    throw syncFailure('SYNC_PROTOCOL', `Expected a header row, received ${describeBody(text)}.`);
  if (Array.isArray(header) && header.length === 1 && format.columns === undefined) {
    throw syncFailure(
      'SYNC_PROTOCOL',
      `Expected a header row with the delimiter ${JSON.stringify(format.delimiter)}, received ${describeBody(text)}: the delimiter or preambleLines is wrong, or the body is not CSV.`,
    );
  }
  return { header, rows: rest };
}

/**
 * Divides text into cells.
 * @throws PlatformError SYNC_PROTOCOL when a quote is left open, so that lines cannot be told apart, or the text is no table at all
 */
export async function readCells(text: string, spec: CellSpec, expected: TextKind): Promise<CellTable> {
  refuseForeign(text, expected);
  const isOpenEnded = !/[\r\n]$/.test(text);
  if (isOpenEnded && spec.finalNewline === 'required') {
    throw syncFailure(
      'SYNC_PROTOCOL',
      `Expected ${expected} that ends with a line end, received a body that is cut off.`,
    );
  }
  const bytes = Buffer.from(withoutLines(text, spec.preambleLines), 'utf8');
  const rows: TableRow[] = [];
  let problem: string | null = null;
  const parser = parse({
    delimiter: spec.delimiter,
    quote: spec.quote,
    // Doubled quotes; "escape" has the same default, but null for quote does not reach it.
    escape: spec.quote,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: spec.quotes === 'literal',
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: MAX_RECORD_CHARS,
    on_record: (record) => {
      rows.push(record);
      return null;
    },
    on_skip: (error) => {
      // After this one error the parser goes on at the next line. After the others it would take following lines for text within quotes.
      if (error?.code === 'INVALID_OPENING_QUOTE')
        rows.push(malformedRow(lineAt(bytes, error.bytes), 'There is a quote within a cell.'));
      else problem ??= describeError(error);
      return undefined;
    },
  });
  const outcome = finished(parser).then(
    () => null,
    (error: unknown) => describeError(error),
  );
  parser.resume();
  for (let at = 0; at < bytes.length && !parser.destroyed && problem === null; at += PIECE_BYTES) {
    parser.write(bytes.subarray(at, at + PIECE_BYTES));
    await setImmediate();
  }
  parser.end();
  problem = (await outcome) ?? problem;
  if (problem !== null)
    throw syncFailure(
      'SYNC_PROTOCOL',
      `Expected ${expected} with quotes that are closed, received a body with this problem: ${problem}`,
    );
  return { rows, isOpenEnded };
}

/** Cuts physical lines off, before quotes are looked at: a title may have one. */
function withoutLines(text: string, lines: number): string {
  const lineEnd = /\r\n|\n|\r/g;
  for (let line = 0; line < lines; line += 1) if (lineEnd.exec(text) === null) return '';
  return text.slice(lineEnd.lastIndex);
}

/** The line of the text in which a byte stands. */
function lineAt(bytes: Buffer, offset: unknown): string {
  if (typeof offset !== 'number') return '';
  const start = offset === 0 ? 0 : bytes.lastIndexOf(0x0a, offset - 1) + 1;
  const end = bytes.indexOf(0x0a, offset);
  return bytes.toString('utf8', start, end < 0 ? bytes.length : end).trimEnd();
}
