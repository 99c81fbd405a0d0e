import { type CsvOptions, writeCsv } from './csv.js';
import { writeJsonStat } from './jsonStat.js';
import { writeParquet } from './parquet.js';
import { writeSdmxCsv } from './sdmxCsv.js';
import type { Table } from './table.js';
import { MAX_SHEET_ROWS, writeXlsx } from './xlsx.js';

/** Most rows of a file that is written while it is read. */
const MAX_ROWS = 2_000_000;
/** Most rows of a file that is held in memory: some 40 MB of the scores of a round of 10,600 communes. */
const MAX_HELD_ROWS = 100_000;

/** A format that tables are written in. */
export interface Format {
  /** Media type of the file. */
  readonly type: string;
  /** Most rows that it can have. */
  readonly maxRows: number;
  /** The options that it knows. */
  readonly options: readonly (keyof CsvOptions)[];
  write(table: Table, options: CsvOptions): AsyncGenerator<Uint8Array | string>;
}

/** The formats by the ending of a file. */
export const FORMATS = {
  csv: {
    type: 'text/csv; charset=utf-8; header=present',
    maxRows: MAX_ROWS,
    options: ['bom', 'decimal', 'header', 'metadata', 'formulas'],
    write: writeCsv,
  },
  xlsx: {
    type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    maxRows: MAX_SHEET_ROWS - 1,
    options: ['header'],
    write: (table, { header }) => writeXlsx(table, header),
  },
  json: {
    type: 'application/json; charset=utf-8',
    maxRows: MAX_HELD_ROWS,
    options: [],
    write: writeJsonStat,
  },
  'sdmx.csv': {
    type: 'application/vnd.sdmx.data+csv; version=2.0.0; charset=utf-8',
    maxRows: MAX_ROWS,
    options: [],
    write: writeSdmxCsv,
  },
  parquet: {
    type: 'application/vnd.apache.parquet',
    maxRows: MAX_ROWS,
    options: [],
    write: writeParquet,
  },
} as const satisfies Readonly<Record<string, Format>>;

/** Name of a format: the ending of its files. */
export type FormatName = keyof typeof FORMATS;
