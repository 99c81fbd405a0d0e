import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { Figure, Figures } from './arithmetic.js';
import type { Framework } from './framework.js';

const HEADER = 'entity,indicator,value,numerator,denominator';

/** Name of the file of one level and year; 'OPEN' is the round that is still open. */
export function figureFileName(level: 'PROVINCE' | 'MINISTRY', year: number | 'OPEN'): string {
  return `figures-${level}-${year}.csv`;
}

/** Writes figures sorted by entity code, indicators in framework order; an indicator a body cannot have gets no line. */
export function writeFigures(file: string, framework: Framework, figures: Figures): number {
  const lines = [HEADER];
  for (const entity of [...figures.keys()].sort()) {
    for (const mainIndex of framework.mainIndexes) {
      for (const { code } of mainIndex.indicators) {
        const figure = figures.get(entity)?.get(code);
        if (figure === undefined) continue;
        lines.push(
          'value' in figure
            ? `${entity},${code},${figure.value},,`
            : `${entity},${code},,${figure.numerator},${figure.denominator}`,
        );
      }
    }
  }
  writeFileSync(file, `${lines.join('\n')}\n`);
  return lines.length;
}

/**
 * Reads a file back.
 * @throws Error when a line has neither a value nor a numerator and a denominator
 */
export function readFigures(file: string): Map<string, Map<string, Figure>> {
  const rows = parse(readFileSync(file, 'utf8'), { columns: true }) as Record<string, string>[];
  const figures = new Map<string, Map<string, Figure>>();
  for (const row of rows) {
    const entity = row.entity ?? '';
    const indicator = row.indicator ?? '';
    const own = figures.get(entity) ?? new Map<string, Figure>();
    figures.set(entity, own);
    if (row.value !== '') own.set(indicator, { value: Number(row.value) });
    else own.set(indicator, { numerator: Number(row.numerator), denominator: Number(row.denominator) });
    const figure = own.get(indicator);
    const parts = figure === undefined ? [Number.NaN] : Object.values(figure);
    if (parts.some((part) => typeof part !== 'number' || !Number.isFinite(part)) || row.numerator === row.value) {
      throw new Error(`${file}: line of ${entity} ${indicator} has no usable figure.`);
    }
  }
  return figures;
}
