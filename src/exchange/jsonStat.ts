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
  /** Where the unit of its codes stands; -1 = they have none. */
  readonly unitAt: number;
  /** Place in the dimension → the unit of all its rows; null = they have several, or one has none. */
  readonly units: Map<number, Cell>;
}

/**
 * Writes a table as JSON-stat 2.0: a cube of its dimensions and of `figure`, which has one category per measure. What is not in the table is not in
 * the cube; `status` has the letters of SDMX where they are not A. A code whose rows
 * have one unit has it as its `unit`, which is that of `value`. Exact decimals are written with all their digits. The whole table is held in memory, since the
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
    const unitAt = columns.findIndex(({ unitBy }) => unitBy === column.name);
    return [{ column, at, labelAt, places: new Map(), labels: [], unitAt, units: new Map() }];
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

function takePlace({ at, labelAt, places, labels, unitAt, units }: Dimension, row: Row): void {
  const code = String(row[at] ?? '');
  const unit = row[unitAt] ?? null;
  const place = places.get(code);
  if (place !== undefined) {
    if (units.get(place) !== unit) units.set(place, null);
    return;
  }
  units.set(places.size, unit);
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

function describe({ column, places, labels, unitAt, units }: Dimension) {
  const codes = [...places.keys()];
  const withUnit = codes.flatMap((code, at) => {
    const label = units.get(at) ?? null;
    return label === null ? [] : [[code, { label }] as const];
  });
  return {
    label: column.title,
    category: {
      index: codes,
      label: Object.fromEntries(codes.map((code, at) => [code, labels[at]])),
      ...(unitAt === -1 ? {} : { unit: Object.fromEntries(withUnit) }),
    },
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
