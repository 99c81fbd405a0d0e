import { PlatformError } from '../src/domain/errors.js';
import { type CountField, countFields, DATABASE_NAMES, type DatabaseName } from './database.js';
import type { FigureRow, RoundFigures } from './figures.js';
import { type Counts, monthCounts } from './month.js';

/** A calendar month. */
export interface Month {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
}

/** One body and month of one database, before any restatement. */
export interface BaseRow {
  readonly codeSystem: string;
  readonly code: string;
  /** `2023-12`. */
  readonly period: string;
  /** True in the anchor month, which is not over. */
  readonly running: boolean;
  readonly counts: Counts;
}

/** All rows before any restatement; a pure function of (figures, seed, anchor month). */
export interface Baseline {
  readonly seed: number;
  readonly anchor: Month;
  /** In key order. */
  readonly rows: Readonly<Record<DatabaseName, readonly BaseRow[]>>;
  /** Codes of the provinces of the open year, ascending. */
  readonly openProvinces: readonly string[];
  readonly rounds: readonly RoundFigures[];
}

/** The text that orders and names a row within its database: `GSO-2004:74/2023-12`. */
export function rowKey(row: Pick<BaseRow, 'codeSystem' | 'code' | 'period'>): string {
  return `${row.codeSystem}:${row.code}/${row.period}`;
}

/** Writes a month as a period. */
export function monthPeriod(month: Month): string {
  return `${month.year}-${String(month.month).padStart(2, '0')}`;
}

function finalCounts(
  fields: readonly CountField[],
  figures: ReadonlyMap<string, FigureRow>,
  where: string,
): Counts | null {
  const invalid = (what: string): PlatformError =>
    new PlatformError('REFERENCE_INVALID', `Figures of ${where}: ${what}.`);
  const indicators = new Set(fields.flatMap((field) => field.origins.map((origin) => origin.indicator)));
  const missing = [...indicators].filter((indicator) => !figures.has(indicator));
  if (missing.length === indicators.size) return null;
  if (missing.length > 0) throw invalid(`${missing.join(', ')} are missing, although others of the database are there`);
  const counts: Record<string, number> = {};
  for (const field of fields) {
    for (const { indicator, side } of field.origins) {
      const text = figures.get(indicator)?.[side] ?? null;
      if (text === null || !/^\d{1,15}$/.test(text))
        throw invalid(`the ${side} of ${indicator} is "${text}", not a whole number`);
      const known = counts[field.name];
      if (known !== undefined && known !== Number(text))
        throw invalid(`${field.name} is ${known} and, by ${indicator}, ${text}; shared counts must agree`);
      counts[field.name] = Number(text);
    }
    const [count, most] = [counts[field.name] ?? 0, field.atMost === null ? null : (counts[field.atMost] ?? 0)];
    if (most !== null && count > most) throw invalid(`${field.name} is ${count}, more than ${field.atMost}, ${most}`);
  }
  return counts;
}

function roundRows(round: RoundFigures, database: DatabaseName, seed: number, anchor: Month): BaseRow[] {
  const fields = countFields(database, round.codeSystem);
  if (fields.length === 0) return [];
  const lastMonth = round.open ? anchor.month : 12;
  const byEntity = Map.groupBy(round.rows, (row) => row.entityCode);
  return [...byEntity].flatMap(([code, rows]) => {
    const entityKey = `${round.codeSystem}:${code}`;
    const figures = new Map(rows.map((row) => [row.indicatorCode, row]));
    const final = finalCounts(fields, figures, `${entityKey}, ${round.year}`);
    if (final === null) return [];
    return Array.from({ length: lastMonth }, (_, index): BaseRow => {
      const month = index + 1;
      return {
        codeSystem: round.codeSystem,
        code,
        period: monthPeriod({ year: round.year, month }),
        running: round.open && month === lastMonth,
        counts: monthCounts({ seed, entityKey, year: round.year, lastMonth, fields, final }, month),
      };
    });
  });
}

function compareKeys(left: BaseRow, right: BaseRow): number {
  const [leftKey, rightKey] = [rowKey(left), rowKey(right)];
  return leftKey < rightKey ? -1 : leftKey > rightKey ? 1 : 0;
}

/**
 * Spreads the calibrated year figures over the months. Bodies without the figures of a database have no rows in it.
 * @throws PlatformError REFERENCE_INVALID when counts contradict each other
 */
export function buildBaseline(rounds: readonly RoundFigures[], seed: number, anchor: Month): Baseline {
  const rowsOf = (database: DatabaseName): BaseRow[] =>
    rounds.flatMap((round) => roundRows(round, database, seed, anchor)).sort(compareKeys);
  const [einvoice, publicServices, population] = DATABASE_NAMES.map(rowsOf);
  const open = rounds.filter((round) => round.open).flatMap((round) => round.rows.map((row) => row.entityCode));
  return {
    seed,
    anchor,
    rows: { einvoice: einvoice ?? [], publicServices: publicServices ?? [], population: population ?? [] },
    openProvinces: [...new Set(open)].sort(),
    rounds,
  };
}
