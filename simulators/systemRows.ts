import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { type Figure, isMissing } from '../src/domain/observation.js';
import { periodEndMonth, periodYear } from '../src/domain/period.js';
import { type Month, monthPeriod } from './baseline.js';
import type { RoundFigures } from './figures.js';
import { type FrameworkFile, figureOf, type IndicatorEntry, readFrameworkFile } from './frameworkFile.js';
import { seededShare } from './random.js';
import { type Grain, isMeasuredBy, type SystemRow, type SystemSimulator } from './system.js';

/** A restatement moves a figure by at most this share. */
const WANDER = 0.05;
/** Ticks between two restatements of a system: national reports do not move every five seconds. */
const TICKS_PER_TURN = 12;

/** A row of a system before any restatement, and what decides when it is restated. */
export interface SystemBaseRow extends Omit<SystemRow, 'sequence' | 'status' | 'publishedAt'> {
  /** True for the last period of the running year. */
  readonly running: boolean;
  /** The month at whose end the figures stood: `2023-12`. */
  readonly endMonth: string;
  /** Place in the order in which the system restates its provinces. */
  readonly position: number;
}

/** What the rows of all systems are made from. */
export interface SystemFigures {
  readonly seed: number;
  readonly anchor: Month;
  readonly rounds: readonly RoundFigures[];
  /** By code system. */
  readonly frameworks: Readonly<Record<string, FrameworkFile>>;
  /** By `GSO-2004:74`. */
  readonly names: ReadonlyMap<string, string>;
}

const ENTITY_FILES = { 'GSO-2004': 'provinces-63', 'GSO-2025': 'provinces-34', CENTRAL: 'ministries' } as const;

/**
 * Reads what the systems need of the reference data.
 * @param referenceDir folder `data` of the repository
 */
export function readSystemReference(referenceDir: string): Pick<SystemFigures, 'frameworks' | 'names'> {
  const framework = (code: string) => readFrameworkFile(join(referenceDir, 'frameworks', `${code}.json`));
  const province = framework('PDTI-922');
  const names = new Map<string, string>();
  for (const [codeSystem, file] of Object.entries(ENTITY_FILES)) {
    const text = readFileSync(join(referenceDir, 'entities', `${file}.csv`), 'utf8');
    const records = parse<{ code: string; name_vi: string }>(text, { columns: true, bom: true });
    for (const { code, name_vi: name } of records) names.set(`${codeSystem}:${code}`, name);
  }
  return { frameworks: { 'GSO-2004': province, 'GSO-2025': province, CENTRAL: framework('MDTI-922') }, names };
}

/** The periods of one year up to a month, the last of which carries the calibrated figures. */
export function periodsOf(grain: Grain, year: number, lastMonth: number): string[] {
  if (grain === 'year') return [String(year)];
  const quarters = Array.from({ length: Math.ceil(lastMonth / 3) }, (_, index) => index + 1);
  if (grain === 'quarter') return quarters.map((quarter) => `${year}-Q${quarter}`);
  return quarters.map((quarter) => monthPeriod({ year, month: Math.min(3 * quarter, lastMonth) }));
}

/** Writes a moved value with as many decimals as it had. */
function scale(text: string, factor: number): string {
  const decimals = text.split('.')[1]?.length ?? 0;
  return (Number(text) * factor).toFixed(decimals);
}

/** What may move: parts of ratios and amounts. Answers, levels and means stay. */
function moveFigure(figure: Figure, { formula }: IndicatorEntry, factor: number): Figure {
  if (figure.numerator !== null && figure.denominator !== null) {
    const most = Number(figure.denominator);
    const moved = Math.round(Number(figure.numerator) * factor);
    return { ...figure, numerator: String(Math.max(0, Math.min(most, moved))) };
  }
  if (figure.value === null || formula.kind !== 'relative_to_best') return figure;
  return { ...figure, value: scale(figure.value, factor) };
}

/** All rows of a system before any restatement; pure. */
export function systemBaseline(figures: SystemFigures, system: SystemSimulator): SystemBaseRow[] {
  const { seed, anchor, frameworks, names } = figures;
  return figures.rounds.flatMap(({ codeSystem, year, open, rows }): SystemBaseRow[] => {
    const framework = frameworks[codeSystem];
    if (framework === undefined) return [];
    const entries = framework.pillars.flatMap(({ components }) => components);
    const measured = entries.filter((each) => isMeasuredBy(system, each, framework.framework));
    const lastMonth = open ? anchor.month : 12;
    const byEntity = Map.groupBy(rows, ({ entityCode }) => entityCode);
    const order = [...byEntity.keys()].sort(
      (a, b) => seededShare(seed, 'turn', system.key, a) - seededShare(seed, 'turn', system.key, b),
    );
    return [...byEntity].flatMap(([code, own]): SystemBaseRow[] => {
      const known = new Map(own.map((row) => [row.indicatorCode, row]));
      const final = measured.flatMap((entry) => {
        const row = known.get(entry.code);
        return row === undefined || isMissing(row) ? [] : [{ entry, figure: figureOf(row) }];
      });
      if (final.length === 0) return [];
      return periodsOf(system.grain, year, lastMonth).map((period, at, all) => {
        const isLast = at === all.length - 1;
        const month = Math.min(periodEndMonth(period), lastMonth);
        const told = final.map(({ entry, figure }) => {
          const pace = 0.05 + 0.2 * seededShare(seed, 'system', system.key, code, year, entry.code);
          return [entry.code, isLast ? figure : moveFigure(figure, entry, 1 - (pace * (lastMonth - month)) / 12)];
        });
        return {
          ...{ codeSystem, code, period, frameworkCode: framework.framework },
          nameVi: names.get(`${codeSystem}:${code}`) ?? code,
          running: open && isLast,
          endMonth: monthPeriod({ year: periodYear(period), month }),
          position: order.indexOf(code),
          figures: Object.fromEntries(told),
        };
      });
    });
  });
}

/**
 * The last tick up to `tick` that restated a row: every twelfth tick restates the next province of the open year.
 * @param provinces number of provinces in the open year
 * @returns 0 when there was none
 */
export function lastTurn(tick: number, position: number, provinces: number): number {
  const turn = Math.floor(tick / TICKS_PER_TURN);
  const last = turn - ((((turn - 1 - position) % provinces) + provinces) % provinces);
  return last < 1 ? 0 : last * TICKS_PER_TURN;
}

/** The figures of a running row after the tick that last restated it; they wander around the calibrated ones by up to 5 %. */
export function restateFigures(
  { seed, frameworks }: Pick<SystemFigures, 'seed' | 'frameworks'>,
  key: string,
  row: SystemBaseRow,
  tick: number,
): SystemRow['figures'] {
  if (tick === 0) return row.figures;
  const entries = (frameworks[row.codeSystem]?.pillars ?? []).flatMap(({ components }) => components);
  const moved = Object.entries(row.figures).map(([code, figure]) => {
    const entry = entries.find((each) => each.code === code);
    const move = WANDER * (2 * seededShare(seed, 'restate', key, row.code, code, tick) - 1);
    return [code, entry === undefined ? figure : moveFigure(figure, entry, 1 + move)];
  });
  return Object.fromEntries(moved);
}

/**
 * Rows that a reader must not swallow whole, in turn: an unknown body, a figure that is no number. They are in 2024, a year without assessment.
 * @param good a row of the system, whose shape they have
 */
export function poisonSystemRows(good: SystemBaseRow, count: number): SystemBaseRow[] {
  const spoil = (figure: Figure): Figure =>
    figure.value === null ? { ...figure, numerator: 'n/a' } : { ...figure, value: 'n/a' };
  const spoilt = Object.fromEntries(
    Object.entries(good.figures).map(([code, figure], at) => [code, at === 0 ? spoil(figure) : figure]),
  );
  const year = String(periodYear(good.period));
  return Array.from({ length: count }, (_, index) => {
    const isUnknown = index % 2 === 0;
    const place = isUnknown ? { code: '00', nameVi: 'Tỉnh không có trong danh mục' } : { figures: spoilt };
    return {
      ...good,
      running: false,
      period: good.period.replace(year, '2024'),
      endMonth: good.endMonth.replace(year, '2024'),
      ...place,
    };
  });
}
