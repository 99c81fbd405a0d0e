import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRounds } from '../../simulators/figures.js';
import { readFrameworkFile } from '../../simulators/frameworkFile.js';
import { isMeasuredBy } from '../../simulators/system.js';
import { periodsOf } from '../../simulators/systemRows.js';
import { SYSTEMS } from '../../simulators/systems/index.js';
import { isMissing } from '../../src/domain/observation.js';
import { readManifest } from './manifests.js';
import { figuresOf, IDS, openWorld, type Run, run, type SimulatedWorld } from './simulated.js';

const ANCHOR = { year: 2026, month: 3 };
/** Systems whose cursor is one of rows: those that share the last one are asked for again. */
const TELLS_AGAIN: readonly string[] = ['tax', 'driver_licence', 'digital_signature', 'smedx', 'ecommerce'];
/** Systems that are asked body by body, so that nobody else is in the answers. */
const ASKED_BY_BODY: readonly string[] = ['land', 'social_security', 'statistics'];
/** What one run comes through; five attempts are the most that a request gets. */
const FAULTS = [
  { status429: { times: 1, retryAfter: '0' }, status500: { times: 1 }, busy: { times: 1 }, html200: { times: 1 } },
  { truncatedBody: { times: 1, abort: false } },
  { truncatedBody: { times: 1, abort: true } },
];
const sleep = async (): Promise<void> => {};

/** `GSO-2004:74 PDTI-922:ECO_ACTIVITY.02 2023-Q4 = value numerator/denominator status` of the last period of each year, from the calibrated files. */
function expectedLines(key: string): string[] {
  const system = SYSTEMS.find((each) => each.key === key);
  if (system === undefined) throw new Error(`no simulator ${key}`);
  return readRounds('data/demonstration', ANCHOR.year)
    .flatMap(({ codeSystem, year, open, rows }) => {
      const framework = readFrameworkFile(`data/frameworks/${codeSystem === 'CENTRAL' ? 'MDTI-922' : 'PDTI-922'}.json`);
      const entries = framework.pillars.flatMap(({ components }) => components);
      const measured = new Set(
        entries.filter((each) => isMeasuredBy(system, each, framework.framework)).map(({ code }) => code),
      );
      const period = periodsOf(system.grain, year, open ? ANCHOR.month : 12).at(-1);
      return rows
        .filter((row) => measured.has(row.indicatorCode) && !isMissing(row))
        .map((row) => {
          const entity = IDS.get(`${codeSystem}:${row.entityCode}`);
          const indicator = IDS.get(`${framework.framework}:${row.indicatorCode}`);
          const figure = row.value === null ? `${row.numerator}/${row.denominator}` : Number(row.value);
          return `${entity} ${indicator} ${period} = ${figure} ${open ? 'P' : 'A'}`;
        });
    })
    .sort();
}

function lastPeriods(year: number, grain: (typeof SYSTEMS)[number]['grain']): string | undefined {
  return periodsOf(grain, year, year === ANCHOR.year ? ANCHOR.month : 12).at(-1);
}

function readLines({ records }: Run, grain: (typeof SYSTEMS)[number]['grain']): string[] {
  return records
    .filter(({ period }) => period === lastPeriods(Number(period.slice(0, 4)), grain))
    .map(({ entityId, indicatorId, period, value, numerator, denominator, obsStatus }) => {
      const figure = value === null ? `${numerator}/${denominator}` : Number(value);
      return `${entityId} ${indicatorId} ${period} = ${figure} ${obsStatus}`;
    })
    .sort();
}

let world: SimulatedWorld;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const CASES = SYSTEMS.map((system) => ({ key: system.key, system }));
const readAll = (key: string, cursors: Run['cursors'] = {}): Promise<Run> =>
  run(readManifest(key), world.settings(key), { cursors, sleep });

describe.each(CASES)('$key', ({ key, system }) => {
  it('tells the calibrated figures exactly, and nothing is rejected', async () => {
    const all = await readAll(key);
    expect(all.rejected).toBe(0);
    const expected = expectedLines(key);
    expect(expected.length).toBeGreaterThan(0);
    expect(readLines(all, system.grain)).toEqual(expected);
    expect(all.pages.at(-1)?.stopReason).not.toBeNull();
  });

  it('says what it is', () => {
    const text = readFileSync(`connectors/${key}/README.md`, 'utf8');
    expect(text.toLowerCase()).toContain('simulat');
    expect(readManifest(key).spec).toMatchObject({ key, simulated: true, secrets: system.secrets });
  });
});

describe.each(CASES)('$key after some ticks', ({ key, system }) => {
  let quiet: Run;
  beforeAll(async () => {
    if (world.simulators.simulation.state.tick === 0) world.simulators.simulation.advance(24);
    quiet = await readAll(key);
  });

  it('tells what changed, and then nothing new', async () => {
    expect(quiet.rejected).toBe(0);
    const next = await readAll(key, quiet.cursors);
    const known = new Set(figuresOf(quiet));
    expect(figuresOf(next).filter((line) => !known.has(line))).toEqual([]);
    const isIncremental = readManifest(key).streams.some(({ incremental }) => incremental);
    if (isIncremental && !TELLS_AGAIN.includes(key)) expect(next.records.length).toBe(0);
  });

  it('comes through 429, 500, busy, HTML and half a body, and fails in words with wrong secrets', async () => {
    for (const faults of FAULTS) {
      await world.setFaults(key, faults);
      expect(readLines(await readAll(key), system.grain)).toEqual(readLines(quiet, system.grain));
    }
    if (system.secrets.length === 0) return;
    const settings = world.settings(key);
    const secrets = Object.fromEntries(Object.keys(settings.secrets).map((name) => [name, `wrong-${name}`]));
    await expect(run(readManifest(key), { ...settings, secrets }, { sleep })).rejects.toMatchObject({
      code: 'SYNC_AUTH',
    });
  });

  it('rejects poison rows and keeps the rest', async () => {
    await world.setFaults(key, { poisonRows: { count: 2 } });
    const poisoned = await readAll(key);
    await world.setFaults(key, { poisonRows: { count: 0 } });
    const rules = poisoned.pages.flatMap(({ rejected }) => rejected).map(({ rule }) => rule);
    expect(rules).toContain('number');
    if (!ASKED_BY_BODY.includes(key)) expect(rules).toContain('entity');
    expect(poisoned.records.length).toBeGreaterThanOrEqual(quiet.records.length);
  });
});
