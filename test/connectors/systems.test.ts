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
const FAULTS = [
  { status429: { times: 1, retryAfter: '0' } },
  { status500: { times: 1 } },
  { busy: { times: 1 } },
  { html200: { times: 1 } },
  { truncatedBody: { times: 1, abort: false } },
  { truncatedBody: { times: 1, abort: true } },
];
/** Systems without a cursor, or whose cursor is one of rows. */
const TELLS_AGAIN: readonly string[] = ['tax', 'driver_licence', 'digital_signature', 'smedx', 'ecommerce'];
/** Systems that are asked for the bodies that the platform knows, so that they never tell of others. */
const ASKS_BY_CODE: readonly string[] = ['social_security'];
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

describe.each(SYSTEMS.map((system) => ({ key: system.key, system })))('$key', ({ key, system }) => {
  let world: SimulatedWorld;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  it('tells the calibrated figures exactly, and nothing is rejected', async () => {
    const all = await run(readManifest(key), world.settings(key));
    expect(all.rejected).toBe(0);
    const expected = expectedLines(key);
    expect(expected.length).toBeGreaterThan(0);
    expect(readLines(all, system.grain)).toEqual(expected);
    expect(all.pages.at(-1)?.stopReason).not.toBeNull();
  });

  it('tells what changed after ticks, and the same again twice', async () => {
    world.simulators.simulation.advance(24);
    const first = await run(readManifest(key), world.settings(key));
    const second = await run(readManifest(key), world.settings(key));
    expect(first.rejected).toBe(0);
    expect(readLines(second, system.grain)).toEqual(readLines(first, system.grain));
    const next = await run(readManifest(key), world.settings(key), { cursors: first.cursors });
    const known = new Set(figuresOf(first));
    expect(figuresOf(next).filter((line) => !known.has(line))).toEqual([]);
    // A cursor of rows asks for those again that share the last one.
    if (!TELLS_AGAIN.includes(key)) expect(next.records.length).toBe(0);
  });

  it('rejects poison rows and keeps the rest', async () => {
    const quiet = await run(readManifest(key), world.settings(key));
    await world.setFaults(key, { poisonRows: { count: 2 } });
    const poisoned = await run(readManifest(key), world.settings(key));
    await world.setFaults(key, { poisonRows: { count: 0 } });
    expect(poisoned.rejected).toBeGreaterThan(0);
    const rules = poisoned.pages.flatMap(({ rejected }) => rejected).map(({ rule }) => rule);
    expect(rules).toContain('number');
    if (!ASKS_BY_CODE.includes(key)) expect(rules).toContain('entity');
    expect(poisoned.records.length).toBeGreaterThanOrEqual(quiet.records.length);
  });

  it('comes through 429, 500, busy, HTML and half a body, and fails in words with wrong secrets', async () => {
    const quiet = await run(readManifest(key), world.settings(key));
    for (const fault of FAULTS) {
      await world.setFaults(key, fault);
      const all = await run(readManifest(key), world.settings(key), { sleep });
      expect(readLines(all, system.grain)).toEqual(readLines(quiet, system.grain));
    }
    if (system.secrets.length === 0) return;
    const settings = world.settings(key);
    const secrets = Object.fromEntries(Object.keys(settings.secrets).map((name) => [name, `wrong-${name}`]));
    await expect(run(readManifest(key), { ...settings, secrets }, { sleep })).rejects.toMatchObject({
      code: 'SYNC_AUTH',
    });
  });

  it('says what it is', () => {
    const text = readFileSync(`connectors/${key}/README.md`, 'utf8');
    expect(text.toLowerCase()).toContain('simulat');
    expect(readManifest(key).spec).toMatchObject({ key, simulated: true, secrets: system.secrets });
  });
});
