import { syncFailure } from '../failure.js';
import type { JsonObject } from '../json.js';
import type { RowCollector } from './bound.js';
import { isMalformedRow, malformedRow } from './malformed.js';
import { compilePatterns } from './pattern.js';

/** A cell as its format has it. */
export type Cell = string | number | boolean | null;

/** A row of a table before its columns have names; an object is a malformed row. */
export type TableRow = readonly Cell[] | JsonObject;

/** What a manifest says about a table. */
export interface TableSpec {
  readonly columns?: readonly string[] | undefined;
  readonly requiredColumns: readonly string[];
  readonly footer?: { readonly rows: number; readonly patterns?: string | readonly string[] | undefined } | undefined;
  readonly nullTokens: readonly string[];
  readonly unpivot?:
    | { readonly columns: string | readonly string[]; readonly name: string; readonly value: string }
    | undefined;
}

/** A table as it was read. */
export interface Table {
  /** Null when the table has none. */
  readonly header: TableRow | null;
  readonly rows: readonly TableRow[];
  /** True when the last row may be cut off: with a wrong number of columns it then fails the body. */
  readonly isOpenEnded: boolean;
}

/**
 * Compiles how a table becomes rows: names for columns, footer off, null tokens, wide to long.
 * @returns a function that throws PlatformError SYNC_PROTOCOL when header, required columns or footer are not as the manifest says
 */
export function compileTable(spec: TableSpec): (table: Table, into: RowCollector) => void {
  const isFooter = compilePatterns(spec.footer?.patterns ?? []);
  const unpivot = compileUnpivot(spec);
  const nullTokens = new Set(spec.nullTokens);
  return (table, into) => {
    const names = nameColumns(table, spec);
    const wide = unpivot(names);
    const rows = table.rows.filter((row) => !isBlank(row));
    const end = endOfData(rows, spec.footer?.rows ?? 0, isFooter);
    for (const [at, row] of rows.slice(0, end).entries()) {
      const named = nameCells(row, names, nullTokens);
      if (table.isOpenEnded && at === rows.length - 1 && isMalformedRow(named)) {
        throw syncFailure(
          'SYNC_PROTOCOL',
          `Expected whole rows, received a body that ends within one. ${String(named._problem)}`,
        );
      }
      if (wide === null || isMalformedRow(named)) into.add(named);
      else wide(named, into);
    }
  };
}

/** Empty cells only: nothing is lost with it. */
function isBlank(row: TableRow): boolean {
  return isCells(row) && row.every((cell) => cell === null || (typeof cell === 'string' && cell.trim() === ''));
}

/** True for a row that could be read. */
export function isCells(row: TableRow): row is readonly Cell[] {
  return Array.isArray(row);
}

/** Index of the first row of the footer. Goes up from the end, so that a row in the middle is never taken for one. */
function endOfData(rows: readonly TableRow[], footerRows: number, isFooter: (text: string) => boolean): number {
  let end = rows.length - footerRows;
  if (end < 0)
    throw syncFailure(
      'SYNC_PROTOCOL',
      `Expected a footer of ${footerRows} rows, received ${rows.length} rows: the body is cut off.`,
    );
  while (end > 0 && isFooter(firstText(rows[end - 1] ?? []))) end -= 1;
  return end;
}

function firstText(row: TableRow): string {
  if (!isCells(row)) return String(row._malformed ?? '');
  return String(row.find((cell) => cell !== null && cell !== '') ?? '').trim();
}

function nameColumns(table: Table, spec: TableSpec): readonly string[] {
  const { header } = table;
  if (header !== null && !isCells(header))
    throw syncFailure('SYNC_PROTOCOL', `Expected a header row. ${String(header._problem)}`);
  const names = spec.columns ?? headerNames(header ?? []);
  if (header !== null && header.length !== names.length) {
    throw syncFailure(
      'SYNC_PROTOCOL',
      `Expected ${names.length} columns, as the manifest names, received a header of ${header.length}.`,
    );
  }
  const missing = spec.requiredColumns.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw syncFailure('SYNC_PROTOCOL', `Expected the columns ${quoteNames(missing)}, received ${quoteNames(names)}.`);
  }
  return names;
}

/** Lists names in a message, the first 20 of them. */
export function quoteNames(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => `"${name.slice(0, 60)}"`);
  return `${shown.join(', ')}${names.length > 20 ? ', …' : ''}`;
}

/**
 * Names of columns from the cells of a header: in NFC and without needless spaces, for a manifest has to spell them; `column_3` when a cell is empty,
 * `name_2` when the name is there already. (Cells under it are left as they are.)
 */
export function headerNames(header: readonly Cell[]): readonly string[] {
  const names = new Set<string>();
  for (const [at, cell] of header.entries()) {
    const text = String(cell ?? '')
      .normalize('NFC')
      .replace(/\s+/g, ' ')
      .trim();
    const name = text === '' ? `column_${at + 1}` : text;
    let unique = name;
    for (let count = 2; names.has(unique); count += 1) unique = `${name}_${count}`;
    names.add(unique);
  }
  return [...names];
}

function nameCells(row: TableRow, names: readonly string[], nullTokens: ReadonlySet<string>): JsonObject {
  if (!isCells(row)) return row;
  if (row.length !== names.length) {
    return malformedRow(JSON.stringify(row), `Expected ${names.length} columns, received ${row.length}.`);
  }
  return Object.fromEntries(
    row.map((cell, at) => [names[at] ?? '', typeof cell === 'string' && nullTokens.has(cell.trim()) ? null : cell]),
  );
}

type AddWide = (row: JsonObject, into: RowCollector) => void;

function compileUnpivot({ unpivot }: TableSpec): (names: readonly string[]) => AddWide | null {
  if (unpivot === undefined) return () => null;
  const isWide = compilePatterns(unpivot.columns);
  return (names) => {
    const wide = names.filter(isWide);
    const kept = names.filter((name) => !isWide(name));
    if (wide.length === 0) {
      throw syncFailure(
        'SYNC_PROTOCOL',
        `Expected columns to unpivot (${quoteNames([unpivot.columns].flat())}), received ${quoteNames(names)}.`,
      );
    }
    if (kept.includes(unpivot.name) || kept.includes(unpivot.value)) {
      throw syncFailure(
        'SYNC_CONFIG',
        `The table has a column named "${unpivot.name}" or "${unpivot.value}" already; set other names in unpivot.`,
      );
    }
    return (row, into) => {
      const shared = kept.map((name) => [name, row[name]]);
      for (const name of wide)
        into.add(Object.fromEntries([...shared, [unpivot.name, name], [unpivot.value, row[name]]]));
    };
  };
}
