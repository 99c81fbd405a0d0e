import { PlatformError } from '../domain/errors.js';
import { requireDimensions } from './sdmxCsv.js';
import { type Cell, type Column, factsOf, type Row, type Table } from './table.js';

/** Characters that are handed on at a time. */
const PIECE = 65_536;
/** Name of the dimension that tells the measures of one key apart. */
const FIGURE = 'figure';
/** The column whose letter tells why there is no value. */
const STATUS = 'obs_status';

interface Dimension {
  readonly column: Column;
  readonly at: number;
  readonly labelAt: number;
  /** Code → place in the dimension. */
  readonly places: Map<string, number>;
  readonly labels: string[];
}

/**
 * Writes a table as JSON-stat 2.0: a cube of its dimensions and of `figure`, which has one category per measure. What is not in the table is not in
 * the cube; `status` has the letters of SDMX where they are not A. Exact decimals are written with all their digits. The whole table is held in memory, since the
 * categories come before the values.
 * @throws PlatformError BAD_USER_INPUT when the table has no dimensions, or two rows have the same key
 * @see https://json-stat.org/full/
 */
export async function* writeJsonStat(table: Table): AsyncGenerator<string> {
  const { columns, about } = table;
  requireDimensions(columns, 'JSON-stat');
  const dimensions = columns.flatMap((column, at): Dimension[] => {
    if (column.role !== 'DIMENSION') return [];
    const labelAt = columns.findIndex(({ role, of }) => role === 'LABEL' && of === column.name);
    return [{ column, at, labelAt, places: new Map(), labels: [] }];
  });
  const measures = columns.flatMap((column, at) => (column.role === 'MEASURE' ? [{ column, at }] : []));
  const statusAt = columns.findIndex(({ name }) => name === STATUS);
  const rows: Row[] = [];
  for await (const batch of table.batches) {
    for (const row of batch) {
      for (const dimension of dimensions) takePlace(dimension, row);
      rows.push(row);
    }
  }
  const sizes = [...dimensions.map(({ places }) => places.size), measures.length];
  const cells = placeRows(rows, dimensions);

  const head = JSON.stringify({
    ...{ version: '2.0', class: 'dataset', label: about.title, source: about.citation, updated: about.updated },
    note: about.notes,
    id: [...dimensions.map(({ column }) => column.name), FIGURE],
    size: sizes,
    role: roleOf(dimensions),
    dimension: {
      ...Object.fromEntries(dimensions.map((each) => [each.column.name, describe(each)])),
      [FIGURE]: describeFigures(measures.map(({ column }) => column)),
    },
    extension: {
      ...{ lang: about.lang, simulated: about.simulated, illustrative: about.illustrative },
      facts: factsOf(table),
    },
  });
  yield `${head.slice(0, -1)},"value":{`;
  let piece = '';
  let isFirst = true;
  for (const [at, row] of cells) {
    for (const [figure, { at: columnAt, column }] of measures.entries()) {
      const cell = row[columnAt] ?? null;
      if (cell === null) continue;
      piece += `${isFirst ? '' : ','}"${at * measures.length + figure}":${literal(cell, column)}`;
      isFirst = false;
    }
    if (piece.length > PIECE) {
      yield piece;
      piece = '';
    }
  }
  piece += '},"status":{';
  isFirst = true;
  for (const [at, row] of cells) {
    const status = row[statusAt] ?? 'A';
    if (status === 'A') continue;
    piece += `${isFirst ? '' : ','}"${at * measures.length}":${JSON.stringify(status)}`;
    isFirst = false;
    if (piece.length > PIECE) {
      yield piece;
      piece = '';
    }
  }
  yield `${piece}}}\n`;
}

function takePlace({ at, labelAt, places, labels }: Dimension, row: Row): void {
  const code = String(row[at] ?? '');
  if (places.has(code)) return;
  places.set(code, places.size);
  labels.push(String(row[labelAt] ?? code));
}

/** Rows by their place in the cube, in its order. */
function placeRows(rows: readonly Row[], dimensions: readonly Dimension[]): readonly (readonly [number, Row])[] {
  const placed = new Map<number, Row>();
  for (const row of rows) {
    let at = 0;
    for (const { at: columnAt, places } of dimensions) {
      at = at * places.size + (places.get(String(row[columnAt] ?? '')) ?? 0);
    }
    if (placed.has(at)) {
      const key = dimensions.map(({ at: columnAt }) => String(row[columnAt])).join(', ');
      const message = `A cube has one value for each key, and there are several for ${key}. Ask for csv, xlsx or parquet, or without "history".`;
      throw new PlatformError('BAD_USER_INPUT', message, { details: { key } });
    }
    placed.set(at, row);
  }
  return [...placed].sort(([one], [other]) => one - other);
}

function describe({ column, places, labels }: Dimension) {
  const codes = [...places.keys()];
  return {
    label: column.title,
    category: { index: codes, label: Object.fromEntries(codes.map((code, at) => [code, labels[at]])) },
  };
}

function describeFigures(measures: readonly Column[]) {
  return {
    label: FIGURE,
    category: {
      index: measures.map(({ name }) => name),
      label: Object.fromEntries(measures.map(({ name, title }) => [name, title])),
    },
  };
}

function roleOf(dimensions: readonly Dimension[]) {
  const about = (what: Column['about']) =>
    dimensions.flatMap(({ column }) => (column.about === what ? [column.name] : []));
  return { time: about('TIME'), geo: about('PLACE'), metric: [FIGURE] };
}

/** A decimal is a number of JSON already, with more digits than a float64 may have. */
function literal(cell: Cell, { type }: Column): string {
  return type === 'DECIMAL' && /^-?(0|[1-9]\d*)(\.\d+)?$/.test(String(cell)) ? String(cell) : JSON.stringify(cell);
}
