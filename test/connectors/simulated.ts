import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { onTestFinished } from 'vitest';
import type { Credentials } from '../../simulators/credentials.js';
import { type Simulators, startSimulators } from '../../simulators/server.js';
import { SYSTEMS } from '../../simulators/systems/index.js';
import type { Connector, Cursor, SourceSettings } from '../../src/domain/connector.js';
import type { HttpAttempt } from '../../src/source/http.js';
import type { ReadPage, ReadRecord } from '../../src/source/readPage.js';
import { type ReadSourceOptions, readSource } from '../../src/source/readSource.js';
import type { RecordLookup } from '../../src/source/resolve.js';
import { LOOPBACK } from '../helpers/loopback.js';

/** What lets the tests in. */
export const CREDENTIALS: Credentials = {
  einvoice: { username: 'dti-platform', password: 'secret-of-einvoice' },
  publicServices: { clientId: 'dti-platform', clientSecret: 'secret-of-portal' },
  population: { consumerCode: 'DTI-PLATFORM', secretKey: 'secret-of-bus' },
  systems: Object.fromEntries(
    SYSTEMS.map(({ key, secrets }) => [
      key,
      Object.fromEntries(secrets.map((name) => [name, `secret-of-${key}-${name}`])),
    ]),
  ),
  controlToken: 'control',
};

const PATHS = { einvoice: '/einvoice', publicServices: '/public-services', population: '/ndxp' } as const;
/** A simulated database of months, as the control interface names it. */
export type Database = keyof typeof PATHS;

function isDatabase(name: string): name is Database {
  return Object.hasOwn(PATHS, name);
}

/** Simulators of one test with the ways to disturb them. */
export interface SimulatedWorld {
  readonly simulators: Simulators;
  /** Of a database, or of a system by its key. */
  settings(database: string): SourceSettings;
  setFaults(database: string, faults: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

/** Starts the simulators for one test. */
export async function startWorld(now?: () => Date): Promise<SimulatedWorld> {
  const world = await openWorld(now);
  onTestFinished(() => world.close());
  return world;
}

/** Starts the simulators on the demonstration figures, in March 2026, without a timer; the caller closes them. */
export async function openWorld(now: () => Date = () => new Date()): Promise<SimulatedWorld> {
  const dataDir = mkdtempSync(join(tmpdir(), 'dti-connector-'));
  const simulators = await startSimulators({
    port: 0,
    dataDir,
    figuresDir: 'data/demonstration',
    anchor: { year: 2026, month: 3 },
    seed: 922,
    tickMs: 0,
    credentials: CREDENTIALS,
    now,
  });
  const origin = `http://127.0.0.1:${simulators.port}`;
  return {
    simulators,
    settings: (name) =>
      isDatabase(name)
        ? { baseUrl: origin + PATHS[name], secrets: { ...CREDENTIALS[name] } }
        : { baseUrl: `${origin}/${name}`, secrets: { ...CREDENTIALS.systems[name] } },
    setFaults: async (database, faults) => {
      const body = JSON.stringify({ [database]: faults });
      const headers = { 'x-control-token': CREDENTIALS.controlToken };
      const answer = await fetch(`${origin}/_control/faults`, { method: 'POST', headers, body });
      if (!answer.ok) throw new Error(await answer.text());
    },
    close: async () => {
      await simulators.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}

/** What a run came to. */
export interface Run {
  readonly pages: readonly ReadPage[];
  readonly records: readonly ReadRecord[];
  readonly rejected: number;
  readonly skipped: number;
  readonly attempts: readonly HttpAttempt[];
  /** To start the next run from. */
  readonly cursors: Readonly<Record<string, Cursor>>;
}

/** Reads a source to its end. */
export async function run(
  connector: Connector,
  settings: SourceSettings,
  options: Partial<ReadSourceOptions> = {},
): Promise<Run> {
  const pages: ReadPage[] = [];
  const attempts: HttpAttempt[] = [];
  const cursors: Record<string, Cursor> = {};
  const read = readSource(connector, {
    settings,
    mode: 'INCREMENTAL',
    cursors: {},
    lookup: LOOKUP,
    signal: new AbortController().signal,
    addressGuard: LOOPBACK,
    now: () => new Date(),
    onAttempt: (attempt) => attempts.push(attempt),
    ...options,
  });
  for await (const page of read) {
    pages.push(page);
    if (page.stopReason !== null && page.cursor !== null) cursors[page.stream] = page.cursor;
  }
  const sum = (count: (page: ReadPage) => number): number => pages.reduce((total, page) => total + count(page), 0);
  return {
    pages,
    records: pages.flatMap((page) => page.records),
    rejected: sum((page) => page.rejected.length),
    skipped: sum((page) => page.skipped.length),
    attempts,
    cursors,
  };
}

/** The figures of a run, sorted, without their places. */
export function figuresOf({ records }: Run): string[] {
  return records
    .map(
      (each) =>
        `${each.entityId} ${each.indicatorId} ${each.period} ${each.numerator}/${each.denominator} ${each.obsStatus}`,
    )
    .sort();
}

/** Gives a connector bounds that a test can wait for. */
export function withTimeout(connector: Connector, requestTimeoutMs: number): Connector {
  const { spec } = connector;
  return { ...connector, spec: { ...spec, bounds: { ...spec.bounds, requestTimeoutMs } } };
}

/** Ids by `GSO-2004:74` and `PDTI-922:ECO_ACTIVITY.08`, made from the reference files. */
export const IDS: ReadonlyMap<string, number> = readIds();

const LOOKUP: RecordLookup = {
  entityId: (codeSystem, code) => IDS.get(`${codeSystem}:${code}`) ?? null,
  indicatorId: (frameworkCode, code) => IDS.get(`${frameworkCode}:${code}`) ?? null,
};

function readIds(): Map<string, number> {
  const ids = new Map<string, number>();
  const add = (key: string): unknown => ids.set(key, ids.size + 1);
  const files = { 'GSO-2004': 'provinces-63', 'GSO-2025': 'provinces-34', CENTRAL: 'ministries' };
  for (const [codeSystem, file] of Object.entries(files)) {
    const text = readFileSync(`data/entities/${file}.csv`);
    for (const { code } of parse<{ code: string }>(text, { columns: true, bom: true })) add(`${codeSystem}:${code}`);
  }
  for (const framework of ['PDTI-922', 'MDTI-922']) {
    const { pillars }: { pillars: { components: { code: string }[] }[] } = JSON.parse(
      readFileSync(`data/frameworks/${framework}.json`, 'utf8'),
    );
    for (const { components } of pillars) for (const { code } of components) add(`${framework}:${code}`);
  }
  return ids;
}
