import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { PlatformError } from '../../src/domain/errors.js';
import { changeSource } from '../../src/pipeline/changeSource.js';
import { type Jobs, openJobs, prepareJobs, type SyncJob } from '../../src/pipeline/jobs.js';
import { createQueuedRunSource } from '../../src/pipeline/queuedRunSource.js';
import type { OpenSources } from '../../src/pipeline/runJob.js';
import type { RunRequest } from '../../src/pipeline/runSource.js';
import { registerSource } from '../../src/pipeline/source.js';
import { startWork } from '../../src/pipeline/work.js';
import { createAddressGuard } from '../../src/source/address.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { followRevisions, type RevisionFeed } from '../../src/store/feed.js';
import { listSyncRuns } from '../../src/store/listSyncRuns.js';
import { hasRunSince } from '../../src/store/syncJob.js';
import { followSyncRuns, type SyncRunFeed } from '../../src/store/syncRunFeed.js';
import { SourceTable } from '../../src/store/tables/source.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { NOW, rowsOf } from '../store/batch.js';
import { type SmallSource, startSmallSource, TOKEN } from './smallSource.js';

let test: TestDatabase;
let catalogue: Catalogue;
let feed: RevisionFeed;
let runs: SyncRunFeed;
/** Queues only, as a gateway does. */
let gateway: Jobs;
let source: SmallSource;
let key = '';
let sources = 0;
/** What the workers opened sources with, beside those of the current test. */
const known = new Map<string, SmallSource>();
const PATIENCE = { timeout: 60_000, interval: 20 };
const schedules = new Map<string, string>();
let said: string[] = [];
const log = (message: string) => void said.push(message);

beforeAll(async () => {
  test = await openTestDatabase();
  await prepareJobs(test.url);
  catalogue = await readCatalogue(test.database.fork());
  feed = await followRevisions(test.database, log);
  runs = followSyncRuns(test.database, log);
  gateway = await openJobs({ url: test.url, works: false, log });
});
afterAll(async () => {
  await gateway.close();
  await runs.close();
  await feed.close();
  await test.drop();
});
beforeEach(async () => {
  said = [];
  source = await makeSource();
  key = source.connector.spec.key;
});

async function makeSource(): Promise<SmallSource> {
  sources += 1;
  const made = await startSmallSource(`worked_${sources}`);
  made.rows = [{ province: '01', part: '1', whole: '10' }];
  known.set(made.connector.spec.key, made);
  await registerSource(test.database, made.connector.spec, 'ACTIVE', NOW);
  onTestFinished(() => made.close());
  return made;
}

const library: OpenSources = {
  async open(sourceKey) {
    const row = await test.database.fork().findOne(SourceTable, { key: sourceKey });
    const opened = known.get(sourceKey);
    if (row === null || opened === undefined) throw new PlatformError('NOT_FOUND', `There is no source ${sourceKey}.`);
    return {
      ...{ sourceId: row.id, connector: opened.connector, status: row.status as 'ACTIVE' },
      settings: { baseUrl: opened.baseUrl, secrets: { token: TOKEN } },
      schedule: schedules.get(sourceKey) ?? null,
    };
  },
  async activeKeys() {
    const active = await test.database.fork().find(SourceTable, { status: 'ACTIVE' });
    return active.map((row) => row.key).filter((each) => known.has(each));
  },
};

/** A worker, as a process of its own would be: it shares nothing with others but the database. */
async function startWorker(concurrency = 3) {
  const ending = new AbortController();
  const jobs = await openJobs({ url: test.url, works: true, log });
  const shared = { database: test.database, catalogue: () => catalogue, library, jobs, feed, log };
  const addressGuard = createAddressGuard({ allowedHosts: ['127.0.0.1'] });
  const work = await startWork({ ...shared, addressGuard, signal: ending.signal, concurrency });
  let ended: Promise<void> | null = null;
  const end = () => {
    ended ??= (async () => {
      ending.abort();
      await work.close();
      await jobs.close();
    })();
    return ended;
  };
  onTestFinished(end);
  return { end };
}

function ask(request: Partial<RunRequest> = {}, signal = new AbortController().signal) {
  const queue = createQueuedRunSource({ database: test.database, jobs: gateway, feed: runs, signal });
  const standard = { sourceKey: key, mode: 'INCREMENTAL', period: null, wait: true, requestedBy: 'test' } as const;
  return queue.run({ ...standard, ...request });
}

const runsOf = async (sourceKey = key) => {
  const all = await listSyncRuns(test.database.fork(), { filter: null, until: null }, null, 100);
  const row = await test.database.fork().findOneOrFail(SourceTable, { key: sourceKey });
  return all.filter(({ sourceId }) => sourceId === row.id).reverse();
};

/** Holds answers back until the returned function is called. */
function holdBack(of: SmallSource = source): () => void {
  let open: () => void = () => undefined;
  const pass = new Promise<void>((resolve) => (open = resolve));
  of.intercept = () => pass.then(() => false);
  onTestFinished(open);
  return open;
}

describe('a run that somebody asks for', () => {
  it('is told as it stands when the process that asks is to end', async () => {
    const open = holdBack();
    await startWorker();
    const ending = new AbortController();
    const asked = ask({}, ending.signal);
    await expect.poll(() => runsOf()).toMatchObject([{ status: 'RUNNING' }]);
    ending.abort();
    expect(await asked).toMatchObject({ status: 'RUNNING' });
    open();
    expect(await ask()).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('is queued by one process, made by another, and waited for', async () => {
    await startWorker();
    const run = await ask();
    expect(run).toMatchObject({ status: 'SUCCEEDED', mode: 'INCREMENTAL', written: 1 });
    expect(run?.worker).toContain(String(process.pid));
    expect(await ask({ mode: 'FULL_REFRESH' })).toMatchObject({ mode: 'FULL_REFRESH', unchanged: 1 });
  });

  it('keeps the figures of a period only, when one is named, and no cursor', async () => {
    await startWorker();
    source.rows = [
      { province: '01', part: '1', whole: '10', period: '2025-12' },
      { province: '01', part: '2', whole: '10', period: '2026-01' },
    ];
    const run = await ask({ mode: 'FULL_REFRESH', period: '2025' });
    expect(run).toMatchObject({ read: 2, written: 1, skipped: 1, skippedRules: { outside_period: 1 }, period: '2025' });
    expect(await ask()).toMatchObject({ read: 2, written: 1, unchanged: 1, period: null });
  });

  it('is told of as queued when nobody works, and is made when somebody does', async () => {
    expect(await ask({ wait: false })).toBeNull();
    const waiting = ask();
    await startWorker();
    expect(await waiting).toMatchObject({ status: 'SUCCEEDED' });
    // The two were equal and waited both, so they are one.
    expect(await runsOf()).toHaveLength(1);
  });

  it('is returned as soon as it has begun, without waiting', async () => {
    await startWorker();
    const open = holdBack();
    expect(await ask({ wait: false })).toMatchObject({ status: 'RUNNING', finishedAt: null });
    open();
    await vi.waitFor(async () => expect((await runsOf())[0]).toMatchObject({ status: 'SUCCEEDED' }), PATIENCE);
  });

  it('is not looked at whenever another run comes further', async () => {
    const own = followSyncRuns(test.database, log);
    onTestFinished(() => own.close());
    const { signal } = new AbortController();
    // Whoever begins to listen may have missed everything.
    await own.changed(0, signal, 1_000_001);
    const seen = own.version;
    const told: number[] = [];
    const other = own.changed(seen, signal, 1_000_002).then(() => void told.push(1_000_002));
    await sql`select pg_notify('dti_sync', '1000001')`.execute(test.database.fork().getKysely());
    await own.changed(seen, signal, 1_000_001).then(() => void told.push(1_000_001));
    expect(told).toEqual([1_000_001]);
    await sql`select pg_notify('dti_sync', '1000002')`.execute(test.database.fork().getKysely());
    await other;
    expect(told).toEqual([1_000_001, 1_000_002]);
  });

  it('comes after the one that is under way, on however many workers', async () => {
    await Promise.all([startWorker(), startWorker()]);
    const open = holdBack();
    await ask({ wait: false });
    source.rows = [...source.rows, { province: '04', part: '1', whole: '10' }];
    const second = ask({ mode: 'FULL_REFRESH' });
    await sleep(300);
    expect(await runsOf()).toHaveLength(1);
    open();
    expect(await second).toMatchObject({ status: 'SUCCEEDED', read: 2 });
    const [first] = await runsOf();
    expect(first?.status).toBe('SUCCEEDED');
    expect(((await second)?.startedAt ?? 0) >= (first?.finishedAt ?? 1)).toBe(true);
  });

  it('is refused with the reason when the source cannot be opened', async () => {
    await startWorker();
    await expect(ask({ sourceKey: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a run that fails', () => {
  const waiting = () =>
    rowsOf<{ data: SyncJob; seconds: number }>(
      test.database,
      `select data, extract(epoch from start_after - created_on)::int as seconds from pgboss.job
       where state = 'created' and data->>'sourceKey' = ?`,
      [key],
    );

  it('is tried again later when the reason may pass, a bounded number of times', async () => {
    await startWorker();
    source.intercept = (response) => {
      response.writeHead(503).end();
      return true;
    };
    expect(await ask()).toMatchObject({ status: 'FAILED', errorCode: 'SYNC_TRANSIENT' });
    expect(await waiting()).toMatchObject([{ data: { reason: 'retry', attempt: 2 }, seconds: 30 }]);
    // Another wish than the one that waits.
    await gateway.enqueue({ ...job(), mode: 'FULL_REFRESH', reason: 'retry', attempt: 4 });
    await vi.waitFor(async () => expect(await runsOf()).toMatchObject([{}, { status: 'FAILED' }]), PATIENCE);
    await sleep(100);
    expect(await waiting()).toHaveLength(1);
  });

  it('is not tried again when a person must act', async () => {
    await startWorker();
    source.intercept = (response) => {
      response.writeHead(403).end();
      return true;
    };
    expect(await ask()).toMatchObject({ status: 'FAILED' });
    await sleep(50);
    expect(await waiting()).toEqual([]);
  });

  it('needs no second trial when the source was read well meanwhile', async () => {
    await gateway.enqueue({ ...job(), reason: 'retry', attempt: 2 }, 2);
    await startWorker();
    await ask();
    await vi.waitFor(async () => expect(await waiting()).toEqual([]), PATIENCE);
    await sleep(100);
    expect(await runsOf()).toHaveLength(1);
  });

  it('has its second trial when what was read meanwhile is less than it wants, or nothing', async () => {
    const { id } = await test.database.fork().findOneOrFail(SourceTable, { key });
    await gateway.enqueue({ ...job(), period: '2024', reason: 'retry', attempt: 2 });
    await gateway.enqueue({ ...job(), mode: 'FULL_REFRESH', reason: 'retry', attempt: 2 });
    await test.database.fork().execute(
      `insert into sync_run (source_id, source_version, mode, status, started_at, finished_at)
       values (?, 1, 'INCREMENTAL', 'SUCCEEDED', now() + interval '1 second', now() + interval '1 second')`,
      [id],
    );
    await startWorker(1);
    const read = () => rowsOf(test.database, 'select from sync_run where source_id = ? and job_id is not null', [id]);
    await vi.waitFor(async () => expect(await read()).toHaveLength(2), PATIENCE);
    await test.database.fork().execute(`update sync_run set mode = 'REPLAY' where source_id = ?`, [id]);
    expect(await hasRunSince(test.database.fork(), id, 'INCREMENTAL', new Date(0))).toBe(false);
  });
});

const job = (): SyncJob => ({
  ...{ sourceKey: key, mode: 'INCREMENTAL', period: null, reason: 'schedule', requestedBy: null, attempt: 1 },
});

describe('workers', () => {
  it('go on with other sources while some hang', async () => {
    await startWorker(3);
    for (const each of [source, await makeSource()]) {
      holdBack(each);
      await ask({ sourceKey: each.connector.spec.key, wait: false });
    }
    const other = await makeSource();
    expect(await ask({ sourceKey: other.connector.spec.key })).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('give their jobs back when they end, and another makes the run', async () => {
    const one = await startWorker();
    const open = holdBack();
    const waiting = ask();
    await vi.waitFor(async () => expect(await runsOf()).toHaveLength(1), PATIENCE);
    await one.end();
    // Ended by itself, and not left behind when the wait for it was over.
    expect(await runsOf()).toMatchObject([{ status: 'CANCELLED' }]);
    open();
    await startWorker();
    expect(await waiting).toMatchObject({ status: 'SUCCEEDED', written: 1 });
  });

  it('take over the run of one that was lost', async () => {
    await startWorker();
    // The first request is never answered.
    const open = holdBack();
    const held = source.intercept;
    source.intercept = (response, number) => number === 1 && held(response, number);
    const waiting = ask();
    await vi.waitFor(() => expect(source.asked).toHaveLength(1), PATIENCE);
    // As if its process were on another machine that has gone: nobody renews, and its job stays active.
    await test.database
      .fork()
      .execute(
        `update sync_run set owner = 'elsewhere 1 x', lease_expires_at = now() - interval '1 s' where status = 'RUNNING'`,
      );
    expect(await waiting).toMatchObject({ status: 'SUCCEEDED', written: 1 });
    open();
    expect((await runsOf()).at(0)).toMatchObject({ status: 'FAILED', errorCode: 'SYNC_CANCELLED' });
  });
});

describe('a schedule', () => {
  const rows = () =>
    rowsOf<{ key: string; cron: string; timezone: string }>(
      test.database,
      'select key, cron, timezone from pgboss.schedule where key = ?',
      [key],
    );

  it('is that of the source, in Vietnam’s time, and ends when the source is paused', async () => {
    schedules.set(key, '5 4 * * *');
    await startWorker();
    const expected = [{ key, cron: '5 4 * * *', timezone: 'Asia/Ho_Chi_Minh' }];
    await vi.waitFor(async () => expect(await rows()).toEqual(expected), PATIENCE);
    await changeSource(test.database, null, key, async (_, row) => {
      row.status = 'PAUSED';
      return { action: 'pauseSource', details: {} };
    });
    await vi.waitFor(async () => expect(await rows()).toEqual([]), PATIENCE);
    await gateway.enqueue(job());
    await sleep(500);
    expect(await runsOf()).toEqual([]);
  });

  it('that was missed while nobody worked runs once', async () => {
    await gateway.setSchedules([{ sourceKey: key, cron: '0 * * * *' }]);
    schedules.set(key, '0 * * * *');
    await test.database.fork().execute(`update pgboss.schedule set created_on = now() - interval '2 days'`);
    await test.database.fork().execute(`update pgboss.version set cron_on = now() - interval '5 hours'`);
    await startWorker();
    await vi.waitFor(async () => expect(await runsOf()).toMatchObject([{ status: 'SUCCEEDED' }]), PATIENCE);
    const all = await rowsOf(test.database, `select from pgboss.job where name = 'sync' and data->>'sourceKey' = ?`, [
      key,
    ]);
    expect(all).toHaveLength(1);
  });
});
