import { createPopulation } from '../../connectors/population/index.js';
import type { Connector } from '../../src/domain/connector.js';
import { readManifest } from './manifests.js';
import type { Database } from './simulated.js';

/** Months: 63 provinces for three years and 34 for three months; ministries for three years, 26 of them in 2021 and 25 later. */
export const PROVINCE_MONTHS = 63 * 36 + 34 * 3;
const ALL_MINISTRY_MONTHS = (26 + 25 + 25) * 12;
/** 17 ministries offer public services. */
export const SERVICE_MINISTRY_MONTHS = 17 * 36;

/** A connector and what it must read. */
export interface Case {
  readonly database: Database;
  readonly create: (pageSize?: number) => Connector;
  readonly rows: number;
  readonly records: number;
  /** Records of an unknown province's row. */
  readonly perRow: number;
}

/** The population database without its report of linkages, which test/graph/linkage.test.ts is about. */
function createStatistics(pageSize?: number): Connector {
  const connector = createPopulation(pageSize);
  return { ...connector, streams: connector.streams.filter(({ name }) => name === 'statistics') };
}

/** The three databases that tell months, in March 2026: two manifests and a connector in code. */
export const CASES: readonly Case[] = [
  {
    database: 'einvoice',
    create: (size) => readManifest('einvoice', size),
    rows: PROVINCE_MONTHS,
    records: PROVINCE_MONTHS * 2,
    perRow: 2,
  },
  {
    database: 'publicServices',
    create: (size) => readManifest('public_services', size),
    rows: PROVINCE_MONTHS + SERVICE_MINISTRY_MONTHS,
    records: (PROVINCE_MONTHS + SERVICE_MINISTRY_MONTHS) * 7,
    perRow: 7,
  },
  {
    database: 'population',
    create: createStatistics,
    rows: PROVINCE_MONTHS + ALL_MINISTRY_MONTHS,
    records: PROVINCE_MONTHS * 3 + ALL_MINISTRY_MONTHS * 2,
    perRow: 3,
  },
];
