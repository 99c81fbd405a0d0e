import { syncFailure } from '../failure.js';
import type { JsonObject } from '../json.js';
import type { BodyReader } from './body.js';
import { RowCollector } from './bound.js';
import { readCells } from './csv.js';
import type { FormatOf } from './format.js';
import { malformedRow } from './malformed.js';
import { type Cell, isCells, quoteNames } from './table.js';

interface Column {
  readonly id: string;
  /** True when cells are `code: label`. */
  readonly isLabelled: boolean;
}

/**
 * Reads SDMX-CSV 1.0 (first column DATAFLOW) and 2.0 (first column STRUCTURE). ACTION, OBS_STATUS, UNIT_MULT and DECIMALS stay as they are: what they
 * mean is the mapping's.
 * @see https://github.com/sdmx-twg/sdmx-csv
 */
export function createSdmxCsvReader(format: FormatOf<'sdmx-csv'>): BodyReader<string> {
  const nullTokens = new Set(format.nullTokens);
  return async (text) => {
    const spec = { ...format, quote: '"', quotes: 'strict', preambleLines: 0 } as const;
    const { rows, isOpenEnded } = await readCells(text, spec, 'SDMX-CSV');
    const [header, ...body] = rows;
    const columns = readHeader(header);
    const into = new RowCollector(format);
    for (const [at, row] of body.entries()) {
      if (!isCells(row)) into.add(row);
      else if (row.length === columns.length) into.add(nameCells(row, columns, nullTokens));
      else {
        const problem = `Expected ${columns.length} columns, received ${row.length}.`;
        if (isOpenEnded && at === body.length - 1)
          throw syncFailure('SYNC_PROTOCOL', `Expected whole rows, received a body that ends within one. ${problem}`);
        into.add(malformedRow(JSON.stringify(row), problem));
      }
    }
    return { document: null, readRows: () => into.rows };
  };
}

/** `FREQ: Frequency` names the id and the label; `STRUCTURE[;]` and `COMMENT[]` say how several values are divided. */
function readHeader(header: unknown): readonly Column[] {
  const cells: readonly unknown[] = Array.isArray(header) ? header : [];
  const columns = cells.map((cell) => {
    const [id = '', label] = String(cell).split(':', 2);
    return { id: id.replace(/\[.*\]$/, '').trim(), isLabelled: label !== undefined };
  });
  const ids = columns.map(({ id }) => id);
  if (!['DATAFLOW', 'STRUCTURE'].includes(ids[0] ?? '')) {
    throw syncFailure(
      'SYNC_PROTOCOL',
      `Expected SDMX-CSV, whose first column is DATAFLOW or STRUCTURE, received ${quoteNames(ids)}.`,
    );
  }
  const keys = columns.flatMap(({ id, isLabelled }) => (isLabelled ? [id, `${id}_label`] : [id]));
  if (new Set(keys).size !== keys.length)
    throw syncFailure('SYNC_PROTOCOL', `Expected different columns, received ${quoteNames(ids)}.`);
  return columns;
}

function nameCells(row: readonly Cell[], columns: readonly Column[], nullTokens: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(
    columns.flatMap(({ id, isLabelled }, at) => {
      const text = String(row[at] ?? '');
      const value = nullTokens.has(text.trim()) ? null : text;
      if (!isLabelled) return [[id, value]];
      const [code = '', ...label] = text.split(/: ?/);
      const isPair = value !== null && label.length > 0;
      return [
        [id, isPair ? code : value],
        [`${id}_label`, isPair ? text.slice(code.length + 1).trimStart() : null],
      ];
    }),
  );
}
