import { syncFailure } from '../failure.js';
import { isJsonObject, type JsonObject } from '../json.js';
import type { BodyReader } from './body.js';
import { RowCollector, requireRows } from './bound.js';
import type { FormatOf } from './format.js';
import { parseDocument } from './jsonBody.js';
import { describeJson, followSteps, pathSteps } from './path.js';

interface Dimension {
  readonly id: string;
  /** In the order of their positions. */
  readonly categories: readonly { readonly code: string; readonly label: string | null }[];
}

/**
 * Reads a JSON-stat dataset: one row per cell, or per cell of the dimensions beside that of `pivot`. Also the `{ dataset: … }` of version 1 that PxWeb writes as `json-stat`.
 * @see https://json-stat.org/full/
 */
export function createJsonStatReader(format: FormatOf<'json-stat'>): BodyReader<string> {
  const steps = pathSteps(format.records);
  return async (text) => {
    const document = parseDocument(text, 'JSON-stat', format);
    return {
      document,
      readRows: () => {
        const { found, absent } = followSteps(document, steps);
        const [dataset] = found;
        if (absent !== null) throw statFailure(`received a document without ${absent}`);
        if (found.length !== 1 || !isJsonObject(dataset)) throw statFailure(`received ${describeJson(dataset)}`);
        const into = new RowCollector(format);
        const cells = readDataset(isJsonObject(dataset.dataset) ? dataset.dataset : dataset, format);
        for (const row of format.pivot === undefined ? cells.rows : pivotCells(cells, format.pivot)) into.add(row);
        return into.rows;
      },
    };
  };
}

interface Cells {
  readonly dimensions: readonly Dimension[];
  /** One per cell. */
  readonly rows: Iterable<JsonObject>;
}

/** Puts the cells of one dimension into one row: the value of each category under its code, null when it is left out, the status under `<code>_status`. */
function pivotCells({ dimensions, rows }: Cells, pivot: string): Iterable<JsonObject> {
  const categories = dimensions.find(({ id }) => id === pivot)?.categories;
  if (categories === undefined) throw statFailure(`received one without the dimension ${pivot} that pivot names`);
  const absent = categories.flatMap(({ code }) => [
    [code, null],
    [`${code}_status`, null],
  ]);
  const pivoted = new Map<string, Record<string, unknown>>();
  for (const { [pivot]: code, [`${pivot}_label`]: _label, value, status, ...rest } of rows) {
    const key = JSON.stringify(rest);
    const row = pivoted.get(key) ?? { ...rest, ...Object.fromEntries(absent) };
    row[String(code)] = value;
    row[`${String(code)}_status`] = status;
    pivoted.set(key, row);
  }
  return pivoted.values();
}

function readDataset(dataset: JsonObject, format: FormatOf<'json-stat'>): Cells {
  if (dataset.class !== undefined && dataset.class !== 'dataset')
    throw statFailure(`received class ${JSON.stringify(dataset.class)}`);
  const dimensions = readDimensions(dataset);
  const cellCount = dimensions.reduce((count, { categories }) => count * categories.length, 1);
  if (!Number.isSafeInteger(cellCount)) throw statFailure('received more cells than can be counted');
  const values = readCells(dataset.value, cellCount, 'value', format);
  if (values === null) throw statFailure('received a dataset without value');
  const { status } = dataset;
  const statuses =
    typeof status === 'string'
      ? null
      : (readCells(status ?? {}, cellCount, 'status', format) ?? new Map<number, unknown>());
  const positions = new Set([...values.keys(), ...(statuses?.keys() ?? [])]);
  const ordered = [...positions].sort((left, right) => left - right);
  const rows = function* (): Generator<JsonObject> {
    for (const position of ordered) {
      const value = values.get(position) ?? null;
      const cellStatus = (statuses === null ? status : statuses.get(position)) ?? null;
      yield { ...categoriesAt(position, dimensions), value, status: cellStatus };
    }
  };
  return { dimensions, rows: rows() };
}

/** Cells by position, from an array of all or an object of some; null when it is neither. */
function readCells(
  cells: unknown,
  cellCount: number,
  what: string,
  format: FormatOf<'json-stat'>,
): ReadonlyMap<number, unknown> | null {
  if (Array.isArray(cells)) {
    if (cells.length !== cellCount)
      throw statFailure(`received ${cells.length} elements of ${what} for ${cellCount} cells`);
    requireRows(cells.length, format);
    return new Map(cells.entries());
  }
  if (!isJsonObject(cells)) return null;
  const entries = Object.entries(cells);
  requireRows(entries.length, format);
  return new Map(
    entries.map(([key, cell]) => {
      const position = /^(?:0|[1-9]\d{0,15})$/.test(key) ? Number(key) : -1;
      if (position < 0 || position >= cellCount)
        throw statFailure(
          `received the position ${JSON.stringify(key.slice(0, 40))} of ${what} among ${cellCount} cells`,
        );
      return [position, cell];
    }),
  );
}

/** The last dimension changes fastest. */
function categoriesAt(position: number, dimensions: readonly Dimension[]): JsonObject {
  const members: [string, string | null][] = [];
  let rest = position;
  for (const { id, categories } of dimensions.toReversed()) {
    const category = categories[rest % categories.length];
    members.unshift([id, category?.code ?? null], [`${id}_label`, category?.label ?? null]);
    rest = Math.floor(rest / categories.length);
  }
  return Object.fromEntries(members);
}

function readDimensions(dataset: JsonObject): readonly Dimension[] {
  const holder = isJsonObject(dataset.dimension) ? dataset.dimension : {};
  const ids = dataset.id ?? holder.id;
  const sizes = dataset.size ?? holder.size;
  if (!isTexts(ids) || !Array.isArray(sizes) || sizes.length !== ids.length)
    throw statFailure('received a dataset without id and size of the same length');
  const keys = [...ids.flatMap((id) => [id, `${id}_label`]), 'value', 'status'];
  if (new Set(keys).size !== keys.length)
    throw statFailure(`received dimensions whose keys are not different: ${keys.slice(0, 20).join(', ')}`);
  return ids.map((id, at) => {
    const dimension = Object.hasOwn(holder, id) ? holder[id] : null;
    const category = isJsonObject(dimension) && isJsonObject(dimension.category) ? dimension.category : {};
    const codes = readCodes(category);
    if (codes.length !== sizes[at])
      throw statFailure(`received ${codes.length} categories of ${id} for the size ${JSON.stringify(sizes[at])}`);
    const labels = isJsonObject(category.label) ? category.label : {};
    return { id, categories: codes.map((code) => ({ code, label: labelOf(labels, code) })) };
  });
}

function labelOf(labels: JsonObject, code: string): string | null {
  const label = Object.hasOwn(labels, code) ? labels[code] : null;
  return typeof label === 'string' ? label : null;
}

/** Codes by position: an array, an object from code to position, or the one key of label. */
function readCodes(category: JsonObject): readonly string[] {
  const { index, label } = category;
  if (index === undefined) return isJsonObject(label) && Object.keys(label).length === 1 ? Object.keys(label) : [];
  if (Array.isArray(index)) return index.map(String);
  if (!isJsonObject(index)) return [];
  const codes: string[] = [];
  const entries = Object.entries(index).sort(([, left], [, right]) => Number(left) - Number(right));
  for (const [code, position] of entries) if (position === codes.length) codes.push(code);
  return codes.length === entries.length ? codes : [];
}

function isTexts(data: unknown): data is readonly string[] {
  return Array.isArray(data) && data.every((element) => typeof element === 'string');
}

function statFailure(what: string): Error {
  return syncFailure('SYNC_PROTOCOL', `Expected a JSON-stat dataset, ${what}.`);
}
