import type { PlatformError } from '../../domain/errors.js';
import { syncFailure } from '../failure.js';

/** Rows times columns up to the last cell: a workbook of 1 kB can have a cell in the last corner of a sheet, and 17 billion before it. */
const MAX_CELLS = 5_000_000;
const MAX_SHEET_ROWS = 1_048_576;

const ADDRESS = /\br\s*=\s*["']([^"']*)["']/g;
const ERROR_CELL = /(<(?:\w+:)?c\b[^>]*?\st\s*=\s*)(["'])e\2/g;
const FORMULA_ALONE = /<((?:\w+:)?)c\b([^>]*)>\s*<\1f\b(?:[^>]*\/>|[^>]*>[^<]*<\/\1f>)\s*<\/\1c>/g;

/**
 * Makes the XML of a worksheet safe for the reader: addresses within bounds, for it fills the space before each cell; and nothing that it would take
 * for an empty cell without a word: errors become their text (`#N/A`), and formulas that nobody has computed the text `#UNCOMPUTED!`.
 * @throws PlatformError SYNC_BOUND when a cell is too far away; SYNC_PROTOCOL when an address is not one
 */
export function prepareWorksheet(file: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(file);
  requireCells(text);
  const readable = text
    .replace(ERROR_CELL, '$1$2str$2')
    .replace(
      FORMULA_ALONE,
      (_cell, prefix: string, attributes: string) =>
        `<${prefix}c${attributes.replace(/\st\s*=\s*(["']).*?\1/, '')} t="str"><${prefix}v>#UNCOMPUTED!</${prefix}v></${prefix}c>`,
    );
  return readable === text ? file : new TextEncoder().encode(readable);
}

/** Looks at whatever may be an address, also where it is none: what the reader would see must never be missed. */
function requireCells(text: string): void {
  let [rows, columns] = [0, 0];
  for (const [, address = ''] of text.matchAll(ADDRESS)) {
    const match = /^([A-Z]{0,3})(\d{1,7})$/.exec(address);
    if (match === null) throw xlsxFailure(`received the address "${address.slice(0, 40)}" of a cell`);
    rows = Math.max(rows, Number(match[2]));
    columns = Math.max(columns, columnNumber(match[1] ?? ''));
  }
  if (rows * columns > MAX_CELLS || rows > MAX_SHEET_ROWS) {
    throw syncFailure(
      'SYNC_BOUND',
      `The sheet has ${rows} rows and ${columns} columns; at most ${MAX_CELLS} cells are read.`,
    );
  }
}

function columnNumber(letters: string): number {
  let number = 0;
  for (const letter of letters) number = number * 26 + letter.charCodeAt(0) - 64;
  return number;
}

/** The failure of a body that is not a workbook. */
export function xlsxFailure(what: string): PlatformError {
  return syncFailure('SYNC_PROTOCOL', `Expected an .xlsx workbook, ${what}.`);
}
