import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROVINCES_2004 = ['01', '15', '48', '74', '79'];
const MINISTRIES = ['MOF', 'MPI', 'VAST'];
const WITHOUT_SERVICES = ['VAST'];

/** Codes of the 34 provinces, from the reference file. */
export const PROVINCES_2025 = readFileSync('data/entities/provinces-34.csv', 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.slice(0, 2));

type Ratio = readonly [indicator: string, numerator: number, denominator: number];

/** Figures that differ from body to body and year to year, and respect what ratios share. */
function serviceRatios(index: string, size: number): Ratio[] {
  return [
    [`${index}.01`, 400 + (size % 90), 1000],
    [`${index}.02`, 150 + (size % 40), 400 + (size % 90)],
    [`${index}.03`, 30_000 + size, 80_000 + size],
    [`${index}.04`, 9_000 + size, 20_000 + size],
    [`${index}.05`, 70_000 + size, 76_000 + size],
    [`${index}.06`, 41_000 + size, 80_000 + size],
    [`${index}.10`, 200 + (size % 50), 300],
  ];
}

function populationRatios(index: string, size: number): Ratio[] {
  return [
    [`${index}.07`, 120 + (size % 60), 300],
    [`${index}.08`, 50_000 + size, 60_000 + size],
  ];
}

function provinceRatios(size: number): Ratio[] {
  return [
    ...serviceRatios('GOV_ACTIVITY', size),
    ...populationRatios('GOV_ACTIVITY', size),
    ['ECO_ACTIVITY.08', 7_000 + size, 9_000 + size],
    ['ECO_ACTIVITY.09', 3_000 + size, 12_000 + size],
    ['SOC_ACTIVITY.01', 400_000 + size, 900_000 + size],
    ['SOC_ACTIVITY.05', 800_000 + size, 880_000 + size],
  ];
}

function ministryRatios(code: string, size: number): Ratio[] {
  const services = WITHOUT_SERVICES.includes(code) ? [] : serviceRatios('DX_ACTIVITY', size);
  return [...services, ...populationRatios('DX_ACTIVITY', size)];
}

/** A seeded folder of figures in the format of data/demonstration: 5 provinces and 3 ministries for 2021-2023, 34 provinces now. */
export function makeFiguresFolder(): string {
  const folder = join(makeFolder(), 'figures');
  mkdirSync(folder, { recursive: true });
  const write = (name: string, codes: readonly string[], ratios: (code: string, size: number) => Ratio[]): void => {
    const lines = codes.flatMap((code, index) =>
      ratios(code, 37 * (index + 1) + name.length).map(([indicator, a, b]) => `${code},${indicator},,${a},${b}`),
    );
    const header = 'entity,indicator,value,numerator,denominator';
    writeFileSync(join(folder, `figures-${name}.csv`), `${[header, ...lines].join('\n')}\n`);
  };
  for (const year of [2021, 2022, 2023]) {
    write(`PROVINCE-${year}`, PROVINCES_2004, (_code, size) => provinceRatios(size + year));
    write(`MINISTRY-${year}`, MINISTRIES, (code, size) => ministryRatios(code, size + year));
  }
  write('PROVINCE-OPEN', PROVINCES_2025, (_code, size) => provinceRatios(size));
  return folder;
}

/** A new empty folder. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'dti-simulators-'));
}
