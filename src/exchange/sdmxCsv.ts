import { PlatformError } from '../domain/errors.js';
import { writeLines } from './csv.js';
import type { Cell, Column, Row, Table } from './table.js';

/** Who answers for the structures that the files name; they are not registered anywhere. */
const AGENCY = 'DTI';
const VERSION = '1.0.0';

/**
 * Writes a table as SDMX-CSV 2.0: a line per observation, dimensions, then measures, then attributes, by their ids (`labels=id`); the action is
 * `I`, information. An empty OBS_VALUE never has a status that stands for a value: it is `O`, missing. Codes of dimensions have only what SDMX allows in
 * an id, so `GSO-2004:74` is `GSO-2004_74`.
 * @throws PlatformError BAD_USER_INPUT when the table has no dimensions
 * @see https://github.com/sdmx-twg/sdmx-csv
 */
export async function* writeSdmxCsv(table: Table): AsyncGenerator<string> {
  const { columns } = table;
  const parts = (['DIMENSION', 'MEASURE', 'ATTRIBUTE'] as const).flatMap((role) =>
    columns.flatMap((column, at) => (column.role === role ? [{ column, at }] : [])),
  );
  requireDimensions(columns, 'SDMX-CSV');
  const structure = ['dataflow', `${AGENCY}:${table.name.toUpperCase()}(${VERSION})`, 'I'];
  const header = ['STRUCTURE', 'STRUCTURE_ID', 'ACTION', ...parts.map(({ column }) => conceptOf(column))];
  const fill = makeFill(columns);
  yield writeLines([header], ',');
  for await (const rows of table.batches) {
    if (rows.length === 0) continue;
    const lines = rows
      .map(fill)
      .map((row) => [...structure, ...parts.map(({ column, at }) => write(row[at] ?? null, column))]);
    yield writeLines(lines, ',');
  }
}

/** Statuses of observations that have a value. */
const WITH_VALUE: ReadonlySet<Cell> = new Set(['A', 'E', 'P']);

/** Says of an observation without a value that it is missing. */
function makeFill(columns: readonly Column[]): (row: Row) => Row {
  const find = (wanted: string) => columns.findIndex((column) => conceptOf(column) === wanted);
  const [valueAt, statusAt] = [find('OBS_VALUE'), find('OBS_STATUS')];
  return (row) => (row[valueAt] === null && WITH_VALUE.has(row[statusAt] ?? null) ? row.with(statusAt, 'O') : row);
}

function write(cell: Cell, { role, about }: Column): string | null {
  if (cell === null) return null;
  // Periods are as SDMX has them already.
  return role === 'DIMENSION' && about !== 'TIME' ? String(cell).replace(/[^\w@$-]/g, '_') : String(cell);
}

function conceptOf({ concept, name }: Column): string {
  return concept ?? name.toUpperCase();
}

/**
 * For formats that are made of observations.
 * @throws PlatformError BAD_USER_INPUT
 */
export function requireDimensions(columns: readonly Column[], format: string): void {
  if (columns.some(({ role }) => role === 'DIMENSION')) return;
  const message = `${format} needs to know which columns are dimensions, and those of a query of one's own have no such role. Ask for csv, xlsx or parquet.`;
  throw new PlatformError('BAD_USER_INPUT', message);
}
