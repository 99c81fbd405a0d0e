import { type Baseline, monthPeriod } from './baseline.js';
import type { FigureRow } from './figures.js';
import { seededShare, seededWhole } from './random.js';
import { inOrder } from './simulation.js';

/** How far one area's part of a database is matched to the personal identifier. */
export interface LinkageRow {
  readonly databaseKey: string;
  /** Central body that answers for the database. */
  readonly ownerCode: string;
  readonly areaCodeSystem: string;
  readonly areaCode: string;
  /** `2023-12`. */
  readonly period: string;
  readonly sequence: number;
  readonly status: 'FINAL' | 'PROVISIONAL';
  readonly recordsTotal: number;
  readonly recordsMatched: number;
  /** ISO date; null = not connected, then nothing is matched. */
  readonly connectedOn: string | null;
}

interface LinkedDatabase {
  readonly key: string;
  readonly owner: string;
  /** Records per adult, low and high. */
  readonly perAdult: readonly [number, number];
  /** The ratio of the framework that counts the same records, when there is one. */
  readonly indicator?: string;
}

const LINKED_DATABASES: readonly LinkedDatabase[] = [
  { key: 'land', owner: 'MAE', perAdult: [0.6, 1.4] },
  { key: 'health_insurance', owner: 'MOF', perAdult: [1.2, 1.3], indicator: 'SOC_ACTIVITY.05' },
  { key: 'social_security', owner: 'MOF', perAdult: [0.2, 0.4] },
  { key: 'education', owner: 'MOET', perAdult: [0.28, 0.36] },
  { key: 'driver_licence', owner: 'MPS', perAdult: [0.55, 0.7], indicator: 'SOC_ACTIVITY.07' },
  { key: 'civil_servants', owner: 'MOHA', perAdult: [0.02, 0.03] },
  { key: 'business_registration', owner: 'MOF', perAdult: [0.01, 0.02] },
  { key: 'tax', owner: 'MOF', perAdult: [0.7, 0.9] },
];

interface Area {
  readonly codeSystem: string;
  readonly code: string;
  readonly period: string;
  readonly running: boolean;
  readonly adults: number;
  readonly figures: ReadonlyMap<string, FigureRow>;
}

function linkArea(seed: number, epoch: number, area: Area, database: LinkedDatabase): LinkageRow {
  const key = [seed, 'linkage', area.codeSystem, area.code, database.key] as const;
  const figure = database.indicator === undefined ? undefined : area.figures.get(database.indicator);
  const [low, high] = database.perAdult;
  const counted = figure?.denominator ?? null;
  const total = counted === null ? area.adults * (low + (high - low) * seededShare(...key, 'total')) : Number(counted);
  const isConnected = figure !== undefined || seededShare(...key, 'connected') < 0.9;
  const matched = figure?.numerator ?? total * (0.35 + 0.6 * seededShare(...key, 'matched'));
  const [year, month, day] = [
    seededWhole(2022, 2023, ...key, 'y'),
    seededWhole(1, 11, ...key, 'm'),
    seededWhole(1, 28, ...key, 'd'),
  ];
  return {
    databaseKey: database.key,
    ownerCode: database.owner,
    areaCodeSystem: area.codeSystem,
    areaCode: area.code,
    period: area.period,
    sequence: epoch,
    status: area.running ? 'PROVISIONAL' : 'FINAL',
    recordsTotal: Math.round(total),
    recordsMatched: isConnected ? Math.round(Number(matched)) : 0,
    connectedOn: isConnected ? `${monthPeriod({ year, month })}-${String(day).padStart(2, '0')}` : null,
  };
}

/**
 * The linkage report: all databases for the provinces of the open year in the anchor month, and the personnel records of the central bodies
 * at the end of the last assessed year. Ticks do not touch it.
 */
export function linkageRows(baseline: Baseline, epoch: number): LinkageRow[] {
  const { seed, anchor, rounds } = baseline;
  const areasOf = (codeSystem: string, running: boolean, period: string): Area[] => {
    const round = rounds.filter((each) => each.codeSystem === codeSystem).at(-1);
    const byCode = Map.groupBy(round?.rows ?? [], (row) => row.entityCode);
    return [...byCode].map(([code, rows]) => {
      const figures = new Map(rows.map((row) => [row.indicatorCode, row]));
      // Central bodies have no adults: the share per adult then makes a few hundred to a few thousand officials.
      const adults = Number(
        figures.get('SOC_ACTIVITY.01')?.denominator ?? seededWhole(15000, 400000, seed, 'officials', code),
      );
      return { codeSystem, code, period, running, adults, figures };
    });
  };
  const lastYear = Math.max(...rounds.filter((round) => !round.open).map((round) => round.year));
  const provinces = areasOf('GSO-2025', true, monthPeriod(anchor));
  const bodies = areasOf('CENTRAL', false, monthPeriod({ year: lastYear, month: 12 }));
  const rows = LINKED_DATABASES.flatMap((database) => [
    ...provinces.map((area) => linkArea(seed, epoch, area, database)),
    ...(database.key === 'civil_servants' ? bodies.map((area) => linkArea(seed, epoch, area, database)) : []),
  ]);
  return inOrder(rows, (row) => `${row.databaseKey}/${row.areaCodeSystem}:${row.areaCode}/${row.period}`);
}
