import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { PlatformError } from '../src/domain/errors.js';
import type { Figure } from '../src/domain/observation.js';

/** The calibrated year-end figure of one body and indicator. */
export interface FigureRow extends Figure {
  /** Without code system: `74`. */
  readonly entityCode: string;
  readonly indicatorCode: string;
}

/** The calibrated figures of one round. */
export interface RoundFigures {
  readonly codeSystem: string;
  readonly year: number;
  /** True for the round of the running year, which ends with the anchor month. */
  readonly open: boolean;
  readonly rows: readonly FigureRow[];
}

const COLUMNS = ['entity', 'indicator', 'value', 'numerator', 'denominator'] as const;
/** Years whose figures are complete. */
export const CLOSED_YEARS: readonly number[] = [2021, 2022, 2023];

/**
 * Reads one file of calibrated figures, columns `entity,indicator,value,numerator,denominator`.
 * @throws PlatformError REFERENCE_INVALID when the file is missing or lacks a column
 */
export function readFigures(path: string): FigureRow[] {
  let records: Record<string, string>[];
  try {
    records = parse<Record<string, string>>(readFileSync(path, 'utf8'), { columns: true, bom: true, trim: true });
  } catch (cause) {
    throw new PlatformError('REFERENCE_INVALID', `The figures ${path} cannot be read; generate them first.`, { cause });
  }
  return records.map((record, index) => {
    for (const column of COLUMNS) {
      if (record[column] === undefined)
        throw new PlatformError(
          'REFERENCE_INVALID',
          `${path} has no column "${column}"; it needs ${COLUMNS.join(',')}.`,
        );
    }
    const [entity, indicatorCode] = [record.entity, record.indicator];
    if (!entity || !indicatorCode)
      throw new PlatformError('REFERENCE_INVALID', `${path}, record ${index + 1}: entity or indicator is empty.`);
    return {
      // Both `74` and `GSO-2004:74` are understood: the round names the code system.
      entityCode: entity.slice(entity.indexOf(':') + 1),
      indicatorCode,
      value: record.value || null,
      numerator: record.numerator || null,
      denominator: record.denominator || null,
    };
  });
}

/**
 * Reads the figures of all rounds of the demonstration.
 * @param figuresDir folder with figures-PROVINCE-2021.csv and so on
 * @param openYear year of the anchor month, for figures-PROVINCE-OPEN.csv
 * @throws PlatformError REFERENCE_INVALID
 */
export function readRounds(figuresDir: string, openYear: number): RoundFigures[] {
  const file = (name: string): FigureRow[] => readFigures(join(figuresDir, `figures-${name}.csv`));
  return [
    ...CLOSED_YEARS.flatMap((year) => [
      { codeSystem: 'GSO-2004', year, open: false, rows: file(`PROVINCE-${year}`) },
      { codeSystem: 'CENTRAL', year, open: false, rows: file(`MINISTRY-${year}`) },
    ]),
    { codeSystem: 'GSO-2025', year: openYear, open: true, rows: file('PROVINCE-OPEN') },
  ];
}
