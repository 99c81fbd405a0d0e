/** What a table of a ranking is sorted by. */
export const COLUMNS = ['rank', 'name', 'value', 'change', 'automatic', 'coverage'] as const;
export type Column = (typeof COLUMNS)[number];

/** A column, and whether its greatest comes first. */
export interface Order {
  readonly column: Column;
  readonly isDescending: boolean;
}

/** What one looks at first in a column: the best rank, the first name, the greatest of the others. */
const DESCENDS_FIRST: Readonly<Record<Column, boolean>> = {
  rank: false,
  name: false,
  value: true,
  change: true,
  automatic: true,
  coverage: true,
};

/** Reads an order as addresses write it: `name`, `-change`; by rank when it is none. */
export function readOrder(text: string): Order {
  const isDescending = text.startsWith('-');
  const column = COLUMNS.find((name) => name === (isDescending ? text.slice(1) : text));
  return column === undefined ? { column: 'rank', isDescending: false } : { column, isDescending };
}

/** The order after a press on the head of a column, as addresses write it: the same column turns round. */
export function nextOrder(now: Order, column: Column): string {
  const isDescending = now.column === column ? !now.isDescending : DESCENDS_FIRST[column];
  return isDescending ? `-${column}` : column;
}

/** What a row is sorted by. */
export interface Sortable {
  readonly id: string;
  readonly name: string;
  readonly rank: number | null;
  readonly value: number | null;
  readonly change: number | null;
  readonly automatic: number | null;
  readonly coverage: number | null;
}

/**
 * Sorts rows; what has no figure comes last in both directions, ties stay by rank and then by name.
 * @param compareNames in the order of the alphabet of the language
 */
export function sortRows<Row extends Sortable>(
  rows: readonly Row[],
  { column, isDescending }: Order,
  compareNames: (a: string, b: string) => number,
): readonly Row[] {
  const sign = isDescending ? -1 : 1;
  const byFigure = (a: number | null, b: number | null, turn: number): number => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return turn * (a - b);
  };
  return [...rows].sort((a, b) => {
    const first = column === 'name' ? sign * compareNames(a.name, b.name) : byFigure(a[column], b[column], sign);
    return first || byFigure(a.rank, b.rank, 1) || compareNames(a.name, b.name) || (a.id < b.id ? -1 : 1);
  });
}
