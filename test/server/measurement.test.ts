import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { measureServing, watchPlatform } from '../../src/measurement.js';
import { openJobs, prepareJobs } from '../../src/pipeline/jobs.js';
import type { Serving } from '../../src/platform.js';
import { Metrics } from '../../src/server/metrics.js';
import type { Workload } from '../../src/store/workload.js';
import { readMetrics } from './readMetrics.js';
import { openTestServing, startTestServer, type TestServing } from './testServer.js';

let serving: TestServing;
beforeAll(async () => {
  serving = await openTestServing();
  await prepareJobs(serving.database.url);
});
afterAll(() => serving.close());

const QUIET: Workload = {
  head: 0,
  unseen: 0,
  jobs: { waiting: 0, deferred: 0, active: 0 },
  oldestWaitingSeconds: 0,
  ended: [],
};

function watch(options: Partial<Parameters<typeof watchPlatform>[0]> = {}) {
  const metrics = new Metrics();
  const { database } = serving.database;
  const watched = watchPlatform({ database, metrics, head: () => serving.feed.head, lookMs: 20, ...options });
  onTestFinished(() => watched.close());
  return { metrics, watched };
}

describe('watchPlatform', () => {
  it('finds jobs, runs that end, the pool and the newest revision in the database itself', async () => {
    const { metrics, watched } = watch();
    const { url } = await startTestServer({ metrics });
    const value = async (name: string, labels?: Record<string, string>) => (await readMetrics(url)).value(name, labels);
    await expect.poll(() => value('dti_queue_jobs', { state: 'waiting' })).toBe(0);
    const em = serving.database.database.fork();
    const jobs = await openJobs({ url: serving.database.url, works: false, log: () => undefined });
    onTestFinished(() => jobs.close());
    const wish = { sourceKey: 'a', mode: 'INCREMENTAL', period: null, requestedBy: null, attempt: 1 } as const;
    await jobs.enqueue({ ...wish, reason: 'person' });
    await jobs.enqueue({ ...wish, reason: 'retry' }, 600);
    await expect.poll(() => value('dti_queue_jobs', { state: 'waiting' })).toBe(1);
    await expect.poll(() => value('dti_queue_jobs', { state: 'deferred' })).toBe(1);
    await expect.poll(() => value('dti_queue_oldest_job_seconds')).toBeGreaterThan(0);
    await em.execute(`insert into source (key, name_vi, name_en, owner, kind, status, simulated, version, citation, licence, created_at)
      values ('x', 'x', 'x', 'x', 'SURVEY', 'ACTIVE', true, 1, 'x', 'x', now())`);
    await em.execute(`insert into sync_run (source_id, source_version, mode, status, started_at, finished_at, read, written, rejected)
      select id, 1, 'INCREMENTAL', 'SUCCEEDED_WITH_REJECTS', now(), now(), 7, 5, 2 from source where key = 'x'`);
    await expect.poll(() => value('dti_sync_runs_total', { status: 'SUCCEEDED_WITH_REJECTS' })).toBe(1);
    expect(await value('dti_sync_records_total', { result: 'read' })).toBe(7);
    expect(await value('dti_sync_records_total', { result: 'rejected' })).toBe(2);
    expect(await value('dti_database_up')).toBe(1);
    expect(await value('dti_database_pool_connections', { state: 'wanted' })).toBe(0);
    expect(watched.parts).toEqual({ database: 'ready', feed: 'ready', queue: 'ready' });
  });

  it('says that the database or the feed has failed when it stays so, and that it is well again', async () => {
    let state: 'well' | 'away' | 'behind' = 'well';
    const { metrics, watched } = watch({
      head: () => 3,
      read: async () => {
        if (state === 'away') throw new Error('the server is restarting');
        return { ...QUIET, head: state === 'behind' ? 5 : 3, unseen: state === 'behind' ? 1 : 0 };
      },
    });
    expect(watched.parts).toEqual({ database: 'ready', feed: 'ready', queue: 'ready' });
    state = 'away';
    await expect.poll(() => watched.parts).toEqual({ database: 'failed', feed: 'ready', queue: 'failed' });
    state = 'behind';
    await expect.poll(() => watched.parts).toEqual({ database: 'ready', feed: 'failed', queue: 'ready' });
    // Revisions are counted: their numbers are times.
    expect(await metrics.text()).toContain('dti_revisions_behind 1\n');
    state = 'well';
    await expect.poll(() => watched.parts).toEqual({ database: 'ready', feed: 'ready', queue: 'ready' });
  });

  it('does not take a feed for failed that is always a little behind but comes on', async () => {
    let head = 0;
    let looks = 0;
    const { watched } = watch({
      head: () => head,
      read: async () => {
        looks += 1;
        head += 1;
        return { ...QUIET, head: head + 3 };
      },
    });
    await expect.poll(() => looks).toBeGreaterThan(5);
    expect(watched.parts.feed).toBe('ready');
  });
});

it('measureServing tells what is in memory, and nothing before the platform is open', async () => {
  let opened: Serving | null = null;
  const metrics = new Metrics();
  measureServing(metrics, () => opened);
  const { url } = await startTestServer({ metrics });
  expect((await readMetrics(url)).value('dti_revision_head')).toBeUndefined();
  opened = serving;
  const { value } = await readMetrics(url);
  expect(value('dti_revision_head')).toBe(serving.feed.head);
  expect(value('dti_snapshot_memory_bytes')).toBe(0);
});
