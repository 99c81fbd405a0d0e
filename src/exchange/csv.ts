import { stringify } from 'csv-stringify/sync';
import { type Cell, type Column, factsOf, type Table } from './table.js';

/** How a CSV file is written. */
export interface CsvOptions {
  /** Begins with a byte order mark, by which spreadsheets know UTF-8. */
  readonly bom: boolean;
  /** `COMMA`: 0,5 with semicolons between cells, as spreadsheets in Vietnamese and most of Europe expect. */
  readonly decimal: 'POINT' | 'COMMA';
  readonly header: 'CODES' | 'LABELS';
  /** `COMMENT`: what is told about the table stands before the header, in lines that begin with `#`. */
  readonly metadata: 'NONE' | 'COMMENT';
  /** `ESCAPE`: a text that a spreadsheet would take for a formula gets an apostrophe before it; it is then another text, so nobody gets it unasked. */
  readonly formulas: 'KEEP' | 'ESCAPE';
}

/** What a spreadsheet takes for the beginning of a formula, also in the wide forms of East Asian typing. */
const FORMULA = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

/**
 * Writes a table as CSV (RFC 4180): one line for the header, lines end with CRLF. Numbers have all their digits; nothing is an empty cell, and an
 * empty text is `""`.
 * @returns pieces of text, one per batch of rows
 */
export async function* writeCsv(table: Table, options: CsvOptions): AsyncGenerator<string> {
  const { columns } = table;
  const isComma = options.decimal === 'COMMA';
  const delimiter = isComma ? ';' : ',';
  const say = makeCellText(options);
  if (options.bom) yield '\uFEFF';
  if (options.metadata === 'COMMENT') {
    yield factsOf(table)
      .map(({ name, value }) => `# ${name}: ${value.replace(/\s+/g, ' ')}\r\n`)
      .join('');
  }
  const header = columns.map(({ name, title }) => (options.header === 'CODES' ? name : title));
  yield writeLines([header], delimiter);
  for await (const rows of table.batches) {
    if (rows.length > 0) {
      const lines = rows.map((row) => row.map((cell, at) => say(cell, columns[at])));
      yield writeLines(lines, delimiter);
    }
  }
}

/** Lines of CSV. @param rows null = nothing */
export function writeLines(rows: readonly (readonly (string | null)[])[], delimiter: string): string {
  return stringify([...rows] as string[][], {
    ...{ delimiter, record_delimiter: 'windows' as const },
    cast: { string: (text) => (text === '' ? { value: '', quoted_empty: true } : text) },
  });
}

function makeCellText({ decimal, formulas }: Pick<CsvOptions, 'decimal' | 'formulas'>) {
  return (cell: Cell, column: Column | undefined): string | null => {
    if (cell === null) return null;
    const text = String(cell);
    const isFigure = column?.type === 'NUMBER' || column?.type === 'DECIMAL' || column?.isFigure === true;
    if (isFigure) return decimal === 'COMMA' ? text.replace('.', ',') : text;
    if (formulas === 'ESCAPE' && typeof cell === 'string' && FORMULA.test(text)) return `'${text}`;
    return text;
  };
}
