import { zipSync } from 'fflate';
import { readSheet } from 'read-excel-file/universal';
import { describeError, PlatformError } from '../../domain/errors.js';
import { syncFailure } from '../failure.js';
import type { BodyReader } from './body.js';
import { type DecodeBounds, RowCollector, requireBytes } from './bound.js';
import { describeBytes, isZip } from './charset.js';
import type { FormatOf } from './format.js';
import { type Cell, compileTable, type TableRow } from './table.js';
import { prepareWorksheet, xlsxFailure } from './worksheet.js';
import { extractZipEntry, listZipEntries } from './zip.js';

const MS_PER_DAY = 86_400_000;
/** Serial number of 1970-01-01. */
const UNIX_EPOCH_SERIAL = 25_569;

/** Reads one sheet of a workbook. */
export function createXlsxReader(format: FormatOf<'xlsx'>): BodyReader<Uint8Array> {
  const addTable = compileTable(format);
  return async (bytes) => {
    const rows = await readRows(bytes, format);
    const into = new RowCollector(format);
    addTable(divide(rows, format), into);
    return { document: null, readRows: () => into.rows };
  };
}

function divide(rows: readonly (readonly Cell[])[], { headerRow, skipRows, columns }: FormatOf<'xlsx'>) {
  const isSkipped = (number: number): boolean => skipRows.some(({ from, to }) => from <= number && number <= to);
  const header = headerRow === null ? null : rows[headerRow - 1];
  if (header === undefined || header?.every((cell) => cell === null)) {
    throw syncFailure(
      'SYNC_PROTOCOL',
      `Expected a header in row ${headerRow}, received a sheet of ${rows.length} rows without one there.`,
    );
  }
  // The reader gives all rows the width of the widest; what the manifest does not name must be empty.
  const trimmed = (row: readonly Cell[]): readonly Cell[] =>
    columns === undefined ? row : trimEnd(row, columns.length);
  const body: readonly TableRow[] = rows.flatMap((row, at) =>
    at + 1 > (headerRow ?? 0) && !isSkipped(at + 1) ? [trimmed(row)] : [],
  );
  return { header: header && trimmed(header), rows: body, isOpenEnded: false };
}

/** Removes empty cells at the end, and adds some, until there are as many as named. */
function trimEnd(row: readonly Cell[], columnCount: number): readonly Cell[] {
  const last = row.findLastIndex((cell) => cell !== null) + 1;
  const width = Math.max(last, columnCount);
  return Array.from({ length: width }, (_, at) => row[at] ?? null);
}

async function readRows(bytes: Uint8Array, format: FormatOf<'xlsx'>): Promise<readonly (readonly Cell[])[]> {
  if (!isZip(bytes)) throw xlsxFailure(`received ${describeBytes(bytes)}`);
  const workbook = await repack(bytes, format);
  try {
    // Numbers as text keep all digits of the file.
    const sheet = await readSheet(workbook, format.sheet, {
      trim: false,
      parseNumber: (text: string) => new Digits(text),
    });
    return sheet.map((row) => row.map((cell) => toCell(cell, format)));
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    throw xlsxFailure(`received one with this problem: ${describeError(error).slice(0, 300)}`);
  }
}

/** A number in the digits of the file, to tell it from text. */
class Digits {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function toCell(cell: unknown, format: FormatOf<'xlsx'>): Cell {
  if (cell === null || cell === undefined) return null;
  const typed = typedCell(cell, format);
  return format.cells === 'text' && typed !== null ? String(typed) : typed;
}

function typedCell(cell: unknown, format: FormatOf<'xlsx'>): Cell {
  if (typeof cell === 'string' || typeof cell === 'boolean') return cell;
  if (cell instanceof Digits) return numberCell(cell.text);
  if (cell instanceof Date) return dateCell(cell, format.dates);
  throw xlsxFailure('received a cell of an unknown type');
}

/** As in JSON: integers that a double holds are numbers, all else stays the text of the file. */
function numberCell(text: string): Cell {
  const number = Number(text);
  return text.trim() !== '' && Number.isSafeInteger(number) ? number : text;
}

function dateCell(date: Date, dates: 'serial' | 'iso'): Cell {
  if (Number.isNaN(date.getTime())) throw xlsxFailure('received a date out of range');
  if (dates === 'iso') return date.toISOString().replace(/T00:00:00\.000Z$|\.\d{3}Z$/, '');
  const serial = date.getTime() / MS_PER_DAY + UNIX_EPOCH_SERIAL;
  return Number.isInteger(serial) ? serial : String(Number(serial.toFixed(8)));
}

/**
 * Unpacks what the reader reads, within the bounds and with checksums, and packs it again without compression: the reader itself has no bounds.
 */
async function repack(bytes: Uint8Array, bounds: DecodeBounds): Promise<ArrayBuffer> {
  const files: [string, Uint8Array][] = [];
  let size = 0;
  for (const entry of listZipEntries(bytes)) {
    if (!/\.(xml|rels)$/i.test(entry.name)) continue;
    requireBytes(size + entry.bytes, bounds);
    const file = await extractZipEntry(bytes, entry, bounds);
    size += file.length;
    files.push([entry.name, /(^|\/)worksheets\/[^/]*$/.test(entry.name) ? prepareWorksheet(file) : file]);
  }
  const packed = zipSync(Object.fromEntries(files), { level: 0 });
  return packed.buffer.slice(packed.byteOffset, packed.byteOffset + packed.byteLength);
}
