import { writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createSealer, SEALING_KEY_BYTES } from '../../src/access/seal.js';
import { type Jobs, openJobs } from '../../src/pipeline/jobs.js';
import { createQueuedRunSource } from '../../src/pipeline/queuedRunSource.js';
import { registerManifest } from '../../src/pipeline/registerManifest.js';
import { activateSource, checkSource } from '../../src/pipeline/sourceLife.js';
import type { SourceStage } from '../../src/pipeline/sourceStage.js';
import { createAddressGuard } from '../../src/source/address.js';
import { startEmbedded } from '../../src/store/embedded.js';
import { ensureDatabase } from '../../src/store/ensureDatabase.js';
import { type Database, openDatabase } from '../../src/store/orm.js';
import { followSyncRuns } from '../../src/store/syncRunFeed.js';
import { GraphqlSocket } from '../helpers/graphqlClient.js';
import { launch, makeFolder, type PlatformProcess, startPlatform } from '../helpers/platform.js';
import { openLibrary } from '../pipeline/sourceStage.js';
import { rowsOf } from '../store/batch.js';

/** A gateway and two workers, each a process, and a source whose last page is what a worker waits for when it is killed. */
const PAGES = 8;
const LAST = PAGES;
let environment: Record<string, string>;
let database: Database;
let gateway: PlatformProcess;
const workers = new Map<string, PlatformProcess>();
let jobs: Jobs;
const asked: number[] = [];
/** Takes a page over; false = it is answered as always. */
let intercept: (response: ServerResponse, page: number) => Promise<boolean> = async () => false;
let codes: string[] = [];
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const folder = await makeFolder();
  cleanUp.push(folder.remove);
  const server = await startEmbedded({ dataDir: join(folder.path, 'database'), settings: ['fsync=off'] });
  cleanUp.push(() => server.stop());
  const url = await ensureDatabase(server.url('postgres'), server.url('dti'));
  const baseUrl = await serve();
  await writeFile(join(folder.path, 'key'), '07'.repeat(32));
  const guard = { SOURCE_ALLOWED_HOSTS: new URL(baseUrl).host, SECRETS_KEY_FILE: join(folder.path, 'key') };
  environment = { DATABASE_URL: url, DEMO: '0', LOCAL_TOKENS: '0', PUBLIC_PROVISIONAL: '1', ...guard };
  const start = async (role: string, name: string) => {
    const started = await startPlatform({ ...environment, ROLE: role, DATA_DIR: join(folder.path, name) });
    cleanUp.push(() => started.end('SIGKILL'));
    return started;
  };
  // The first one makes the tables and loads the reference data.
  const one = await start('worker', 'one');
  const other = await start('worker', 'other');
  gateway = await start('gateway', 'gateway');
  for (const worker of [one, other]) workers.set(String(worker.child.pid), worker);
  database = await openDatabase({ url });
  cleanUp.push(() => database.close());
  await register(baseUrl);
  jobs = await openJobs({ url, works: false, log: () => undefined });
  cleanUp.push(() => jobs.close());
});
afterAll(async () => {
  for (const clean of cleanUp.reverse()) await clean();
});

async function serve(): Promise<string> {
  const server = createServer(async (request, response) => {
    const page = Number(new URL(request.url ?? '/', 'http://source').searchParams.get('page'));
    asked.push(page);
    if (await intercept(response, page)) return;
    const items = codes.map((code) => ({ code, period: `2026-0${page}`, part: page, whole: 100 }));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ items, more: page < PAGES, total: codes.length * PAGES }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp.push(async () => server.closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function register(baseUrl: string): Promise<void> {
  const { library, catalogue } = await openLibrary(database);
  codes = catalogue.content.entities.filter(({ codeSystem }) => codeSystem === 'GSO-2025').map(({ code }) => code);
  const stage: SourceStage = {
    ...{ database, library, now: () => new Date(), signal: new AbortController().signal },
    addressGuard: createAddressGuard({ allowedHosts: [new URL(baseUrl).host] }),
  };
  const manifest = {
    ...{ key: 'watched', version: 1, name: { vi: 'w', en: 'w' }, owner: 'tests', kind: 'NATIONAL_DATABASE' },
    ...{ citation: 'a test', licence: 'none', simulated: true },
    streams: [
      {
        name: 'rows',
        request: { path: '/rows', query: { page: '{{ page }}' } },
        format: { type: 'json', records: 'items' },
        pagination: { type: 'page', stop: { rule: 'hasMore', path: 'more' }, total: 'total' },
        mapping: {
          framework: 'PDTI-922',
          entity: { by: 'code', codeSystem: 'GSO-2025', field: 'code' },
          period: { field: 'period', format: 'yearMonth' },
          figures: [{ indicator: 'GOV_ACTIVITY.12', numerator: { field: 'part' }, denominator: { field: 'whole' } }],
        },
      },
    ],
  };
  const registration = await registerManifest(stage, null, { text: JSON.stringify(manifest), baseUrl });
  expect(registration.problems).toEqual([]);
  expect(await checkSource(stage, null, 'watched')).toMatchObject({ ok: true });
  await activateSource(stage, null, 'watched');
}

/** What a gateway does for the mutation `syncSource`. */
function ask() {
  const feed = followSyncRuns(database, () => undefined);
  const request = {
    sourceKey: 'watched',
    mode: 'FULL_REFRESH',
    period: null,
    wait: true,
    requestedBy: 'test',
  } as const;
  return createQueuedRunSource({ database, jobs, feed })
    .run(request)
    .finally(() => feed.close());
}

const workerOf = async () => {
  const [run] = await rowsOf<{ worker: string }>(database, 'select worker from sync_run order by id desc limit 1');
  return run?.worker.split(' ')[1] ?? '';
};

// A story: processes that end in it stay away.
describe('processes that share a database', { shuffle: false }, () => {
  it('have their parts: a worker answers nothing but health, a gateway takes no job', async () => {
    const [worker] = workers.values();
    const health = /Health\s+(http\S+)/.exec(worker?.said() ?? '')?.[1] ?? '';
    const { ready, parts } = (await (await fetch(health)).json()) as { ready: boolean; parts: object };
    expect([ready, 'secrets' in parts]).toEqual([true, false]);
    expect((await fetch(health.replace('/health/ready', '/graphql'), { method: 'POST' })).status).toBe(404);
    const { sources } = await gateway.query<{ sources: { edges: { node: { key: string } }[] } }>(
      '{ sources(first: 10) { edges { node { key } } } }',
    );
    expect(sources.edges.map(({ node }) => node.key)).toContain('watched');
    const run = await ask();
    expect(run).toMatchObject({ status: 'SUCCEEDED', pages: PAGES, read: codes.length * PAGES });
    expect([...workers.keys()]).toContain(run?.worker?.split(' ')[1]);
    expect(asked).toHaveLength(PAGES + 1);
  });

  it('lose and double nothing when a worker is killed in mid-run: another goes on within 30 s, watched through the gateway', async () => {
    await database.fork().execute('truncate observation, page, sync_run, stream_cursor, rejected_record cascade');
    asked.length = 0;
    let killedAt = 0;
    let resumedAt = 0;
    intercept = async (_, page) => {
      if (page !== LAST) await sleep(150);
      else if (killedAt === 0) {
        // Half a second after a page its progress is on record.
        const pages = `select from sync_progress where pages = ${LAST - 1}`;
        await vi.waitFor(async () => expect(await rowsOf(database, pages)).toHaveLength(1), { timeout: 60_000 });
        killedAt = performance.now();
        workers.get(await workerOf())?.child.kill('SIGKILL');
      } else resumedAt ||= performance.now();
      return false;
    };
    const socket = await GraphqlSocket.connect(gateway.url);
    const id = socket.subscribe(
      'subscription { syncRunUpdates(source: "watched") { id status progress { pages share } } }',
    );
    const run = await ask();
    intercept = async () => false;
    expect(run).toMatchObject({ status: 'SUCCEEDED', pages: PAGES, read: codes.length * PAGES, rejected: 0 });
    expect(resumedAt - killedAt).toBeLessThan(30_000);
    // Of the pages one was read twice at most.
    expect(asked.length).toBeLessThanOrEqual(PAGES + 1);
    expect(asked.slice(-1)).toEqual([LAST]);
    const [count] = await rowsOf<{ all: number; different: number }>(
      database,
      `select count(*)::int as all, count(distinct (entity_id, indicator_id, period))::int as different from observation`,
    );
    expect(count).toEqual({ all: codes.length * PAGES, different: codes.length * PAGES });
    expect(await rowsOf(database, 'select count(*)::int as runs from sync_run')).toEqual([{ runs: 1 }]);

    const seen: { status: string; progress: { pages: number; share: number | null } }[] = [];
    for (let last = ''; last !== 'SUCCEEDED'; last = seen.at(-1)?.status ?? '') {
      const { payload } = await socket.next({ id });
      seen.push(payload.data.syncRunUpdates);
    }
    await socket.close();
    expect(seen.some(({ status, progress }) => status === 'RUNNING' && progress.pages > 0)).toBe(true);
    expect(seen.at(-1)?.progress).toEqual({ pages: PAGES, share: 1 });
    console.info(`taken over after ${Math.round(resumedAt - killedAt)} ms, ${seen.length} updates`);
  });

  it('end within 10 s of SIGTERM, in mid-run too; the run goes to whoever works next, with secrets that no key opens too', async () => {
    const alive = [...workers.values()].filter(({ child }) => child.exitCode === null && child.signalCode === null);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    intercept = () => held.then(() => false);
    const waiting = ask();
    await vi.waitFor(
      async () => expect(await rowsOf(database, `select from sync_run where status = 'RUNNING'`)).toHaveLength(1),
      {
        timeout: 60_000,
      },
    );
    const began = performance.now();
    expect(await Promise.all([...alive, gateway].map((each) => each.end('SIGTERM')))).toEqual(
      [...alive, gateway].map(() => 0),
    );
    // What it promises, and what a machine that is busy with other tests adds to that.
    expect(performance.now() - began).toBeLessThan(20_000);
    release();
    intercept = async () => false;
    // Of another source, by a key that is gone, as after a restore.
    await database.fork().execute(
      `insert into source_secret (source_id, name, sealed, updated_at)
        select id, 'token', ?, now() from source where key <> 'watched' limit 1`,
      [createSealer(new Uint8Array(SEALING_KEY_BYTES)).seal('quiet', 'another/token')],
    );
    const next = launch({
      ...environment,
      ROLE: 'worker',
      DATA_DIR: join(environment.SECRETS_KEY_FILE ?? '', '..', 'next'),
    });
    cleanUp.push(async () => next.child.kill('SIGKILL'));
    expect(await waiting).toMatchObject({ status: 'SUCCEEDED', unchanged: codes.length * PAGES });
    await vi.waitFor(() => expect(next.said()).toMatch(/^ready$/m), { timeout: 60_000 });
    expect(next.said()).toContain('no key here opens the secrets of source ');
    const health = /Health\s+(http\S+)/.exec(next.said())?.[1] ?? '';
    const answer = await fetch(health);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { ready: true, parts: expect.objectContaining({ database: 'ready', secrets: 'failed' }) },
    ]);
  });
});
