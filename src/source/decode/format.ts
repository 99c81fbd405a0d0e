import { z } from 'zod';
import { CHARSETS } from './charset.js';
import { pathSchema, pathSteps } from './path.js';
import { patternSchema, patternsSchema } from './pattern.js';

const columnName = z.string().min(1).max(200);
const columnNames = (most: number) =>
  z
    .array(columnName)
    .min(1)
    .max(most)
    .refine((names) => new Set(names).size === names.length, 'two columns have the same name');
const lineCount = z.int().min(0).max(10_000);
const sheetRow = z.int().min(1).max(1_048_576);

const compression = {
  compression: z
    .enum(['auto', 'none', 'gzip', 'zip'])
    .default('auto')
    .describe(
      'auto = gzip or zip when the body begins like one (an xlsx is a ZIP itself and is left alone), else none. gzip may have several members.',
    ),
  zipEntry: patternSchema
    .optional()
    .describe(
      'Entry of the ZIP archive that is read, as a pattern. It must match exactly one; without it the archive must have exactly one file.',
    ),
};
const bounds = {
  maxDecodedBytes: z
    .int()
    .min(1)
    .max(500_000_000)
    .default(50_000_000)
    .describe('Bytes of one body after decompression; more fails with SYNC_BOUND.'),
  maxRows: z.int().min(1).max(2_000_000).default(200_000).describe('Rows of one body; more fails with SYNC_BOUND.'),
};
const common = { ...compression, ...bounds };
const nesting = {
  maxDepth: z
    .int()
    .min(1)
    .max(100)
    .default(32)
    .describe('Levels of nesting of a document; more fails with SYNC_BOUND.'),
};
const text = {
  charset: z
    .enum(CHARSETS)
    .default('utf-8')
    .describe('Charset of the text. A byte order mark wins over it. A byte that the charset does not have fails.'),
};

const keyPath = pathSchema.refine(
  (path) => isKeyPath(path),
  'explode takes a path of keys only, without * and [index]',
);
const explode = {
  explode: z
    .union([keyPath, z.array(keyPath).min(1).max(4)])
    .optional()
    .describe(
      'Path of an array inside each record: one row per element, with the record (without that array) under parentKey. Several are applied in turn.',
    ),
  parentKey: columnName.default('parent').describe('Key of an exploded row that holds the record it came from.'),
};
const records = {
  records: pathSchema
    .default('$')
    .describe(
      'Path of the records: an array, or one object. When it is absent the body fails; an empty array is no rows.',
    ),
};
const arrayColumns = {
  columns: z
    .union([z.literal('first'), z.array(columnName).min(1).max(1000)])
    .optional()
    .describe('Names for records that are arrays: a list, or "first" when the first record names them.'),
};

const footer = z
  .strictObject({
    rows: lineCount.default(0).describe('Rows to drop at the end.'),
    patterns: patternsSchema
      .optional()
      .describe(
        'Rows at the end, after that, are dropped as long as their first text matches, such as "Nguồn:*". A row in the middle never is.',
      ),
  })
  .optional()
  .describe('What stands under the table, such as totals, notes and sources.');
const table = {
  columns: columnNames(2000)
    .optional()
    .describe('Names of the columns; they replace the header row when there is one.'),
  requiredColumns: z
    .array(columnName)
    .max(500)
    .default([])
    .describe('Columns that the table must have, also when it has no rows; else the body fails.'),
  footer,
  nullTokens: z.array(z.string().max(50)).max(50).default(['']).describe('Texts of a cell that mean null.'),
  unpivot: z
    .strictObject({
      columns: patternsSchema.describe('Names of the columns that become rows, such as "####" for years.'),
      name: columnName.describe('Key of the row that holds the name of the column.'),
      value: columnName.describe('Key of the row that holds the cell.'),
    })
    .optional()
    .describe('Turns a wide table into a long one: one row per record and matching column, empty cells as null.'),
};
const oneCharacter = z.string().refine((value) => [...value].length === 1, 'exactly one character');

const json = z
  .strictObject({
    type: z.literal('json').describe('JSON (also OData, CKAN, X-Road REST and NDXP).'),
    ...common,
    ...text,
    ...nesting,
    ...records,
    ...arrayColumns,
    ...explode,
  })
  .describe('JSON. Integers beyond 2^53 and decimal numbers stay text.');

const ndjson = z
  .strictObject({
    type: z.literal('ndjson').describe('One JSON value per line.'),
    ...common,
    ...text,
    ...nesting,
    ...arrayColumns,
    ...explode,
  })
  .describe('Newline-delimited JSON: one record per line.');

const csv = z
  .strictObject({
    type: z.literal('csv').describe('Text with delimiters.'),
    ...common,
    ...text,
    delimiter: oneCharacter.default(',').describe('Between cells: "," ";" "\\t" "|".'),
    quote: oneCharacter
      .nullable()
      .default('"')
      .describe('Around cells that contain delimiters or line ends; null = none.'),
    quotes: z
      .enum(['strict', 'literal'])
      .default('strict')
      .describe(
        'What a quote in the middle of a cell means: strict = the row is malformed, or the body when lines cannot be told apart; literal = itself.',
      ),
    preambleLines: lineCount.default(0).describe('Lines before the header (or the first row) that are not read.'),
    header: z.boolean().default(true).describe('True when the first line names the columns; else give columns.'),
    finalNewline: z
      .enum(['optional', 'required'])
      .default('optional')
      .describe('required = the last line ends with a line end, and a body without one was cut off.'),
    ...table,
  })
  .refine((format) => format.header || format.columns !== undefined, {
    message: 'without a header row, give columns',
    path: ['columns'],
  })
  .describe('CSV. All cells stay text: decimal commas and thousands are the mapping’s.');

const xml = z
  .strictObject({
    type: z.literal('xml').describe('XML (also SOAP).'),
    ...common,
    ...text,
    ...nesting,
    ...records,
    ...explode,
    namespaces: z
      .record(z.string().regex(/^[A-Za-z_][\w.-]*$/), z.string().min(1).max(500))
      .optional()
      .describe(
        'Prefix to namespace URI. Names in these namespaces are read as prefix:name, whatever prefix the body uses; all others by their local name.',
      ),
    lists: z
      .array(columnName)
      .max(200)
      .default([])
      .describe(
        'Names of elements that are arrays also when there is one of them. Give the record’s element and all that are exploded.',
      ),
    absentIsEmpty: z
      .boolean()
      .default(false)
      .describe(
        'True when a parent without a record element means no rows although it has other elements. A parent without any always does.',
      ),
  })
  .describe('XML as JSON: attributes as @name, text beside attributes or elements as #text, all values as text.');

const xlsx = z
  .strictObject({
    type: z.literal('xlsx').describe('Excel workbook (.xlsx).'),
    ...common,
    sheet: z
      .union([columnName, z.int().min(1).max(1000)])
      .default(1)
      .describe('Name of the sheet, or its number counted from 1.'),
    headerRow: sheetRow
      .nullable()
      .default(1)
      .describe('Row that names the columns, counted from 1; rows above it are not read. null = none; give columns.'),
    skipRows: z
      .array(
        z
          .strictObject({
            from: sheetRow.describe('First row, counted from 1.'),
            to: sheetRow.describe('Last row, included.'),
          })
          .refine(({ from, to }) => from <= to, 'from is not after to'),
      )
      .max(100)
      .default([])
      .describe('Rows that are not read, such as units or column numbers under the header.'),
    cells: z
      .enum(['typed', 'text'])
      .default('typed')
      .describe(
        'typed = integers as numbers, other numbers as the text of the file, texts, true and false; text = all as text.',
      ),
    dates: z
      .enum(['serial', 'iso'])
      .default('serial')
      .describe(
        'Cells formatted as dates: serial = days since 1899-12-30 (also for workbooks that count from 1904); iso = 2024-03-31 or 2024-03-31T08:00:00.',
      ),
    ...table,
  })
  .refine((format) => format.headerRow !== null || format.columns !== undefined, {
    message: 'without a header row, give columns',
    path: ['columns'],
  })
  .describe('XLSX. Formulas by their last computed value.');

const jsonStat = z
  .strictObject({
    type: z.literal('json-stat').describe('JSON-stat 2.0, class dataset (also PxWeb).'),
    ...common,
    ...text,
    ...nesting,
    records: pathSchema.default('$').describe('Path of the dataset.'),
    pivot: columnName
      .optional()
      .describe(
        'A dimension whose cells are put into one row, such as both sides of a ratio: each value under the code of its category, its status under <code>_status.',
      ),
  })
  .describe(
    'JSON-stat: one row per cell (or per cell of the other dimensions, with pivot), with the code of each dimension under its id, the label under <id>_label, value and status. Cells that a sparse dataset leaves out are no rows.',
  );

const sdmxCsv = z
  .strictObject({
    type: z.literal('sdmx-csv').describe('SDMX-CSV 1.0 or 2.0.'),
    ...common,
    ...text,
    delimiter: oneCharacter.default(',').describe('Between cells.'),
    finalNewline: z
      .enum(['optional', 'required'])
      .default('optional')
      .describe('required = a body whose last line has no line end was cut off.'),
    nullTokens: table.nullTokens,
  })
  .describe(
    'SDMX-CSV: one key per column id. With labels (FREQ: Frequency) the code stays under FREQ and the name is under FREQ_label.',
  );

/** How a body becomes rows, as a manifest says it. Unknown keys are errors. */
export const formatSchema = z
  .discriminatedUnion('type', [json, ndjson, csv, xml, xlsx, jsonStat, sdmxCsv])
  .describe('How a body becomes rows.');

/** A checked {@link formatSchema}. */
export type FormatSpec = z.output<typeof formatSchema>;

/** The format of one type. */
export type FormatOf<Type extends FormatSpec['type']> = Extract<FormatSpec, { readonly type: Type }>;

function isKeyPath(path: string): boolean {
  try {
    const steps = pathSteps(path);
    return steps.length > 0 && steps.every((step) => step.kind === 'key');
  } catch {
    // pathSchema says what is wrong with it.
    return true;
  }
}
