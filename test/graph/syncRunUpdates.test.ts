import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHostGovernor } from '../../src/pipeline/hostGovernor.js';
import { keepProgress } from '../../src/pipeline/progress.js';
import { writeProgress } from '../../src/store/progress.js';
import { rowsOf } from '../store/batch.js';
import { type Answer, type GraphFixture, openGraph, type Result } from './graphFixture.js';

let graph: GraphFixture;
const started: AsyncIterator<Result>[] = [];
beforeAll(async () => {
  graph = await openGraph();
});
afterAll(async () => {
  for (const events of started) await events.return?.();
  await graph.close();
});
beforeEach(() => graph.database.fork().execute(`update sync_run set status = 'CANCELLED' where status = 'RUNNING'`));

const FIELDS = 'id status finishedAt source { key } worker progress { pages records share stream }';
const BY_SOURCE = `subscription ($source: String) { syncRunUpdates(source: $source) { ${FIELDS} } }`;
const BY_ID = `subscription ($id: ID) { syncRunUpdates(id: $id) { ${FIELDS} } }`;

async function watch(document: string, variables: Record<string, unknown>) {
  const events = await graph.watch(document, variables);
  if ('errors' in events) return { error: events.errors[0]?.extensions?.code, next: async () => null };
  started.push(events);
  const next = async (): Promise<Answer> => {
    const { value, done } = await events.next();
    if (done) return null;
    expect(value.errors).toEqual([]);
    return value.data.syncRunUpdates;
  };
  return { error: null, next };
}

/** Begins a run as a worker on another machine does. */
async function begin(source: string): Promise<number> {
  const [run] = await rowsOf<{ id: string }>(
    graph.database,
    `insert into sync_run (source_id, source_version, mode, status, started_at, worker)
     select id, 1, 'INCREMENTAL', 'RUNNING', now(), 'elsewhere 7' from source where key = ? returning id`,
    [source],
  );
  return Number(run?.id);
}

const end = (id: number) =>
  graph.database
    .fork()
    .execute(
      `update sync_run set status = 'SUCCEEDED', finished_at = now(), pages = 4, read = 40, written = 40 where id = ?`,
      [id],
    );

const key = async (at: number) => {
  const rows = await rowsOf<{ key: string }>(graph.database, 'select key from source order by key');
  return rows[at]?.key ?? '';
};

describe('syncRunUpdates', () => {
  it('tells of the state first, then of progress, then of the end, and completes with the run that is named', async () => {
    const source = await key(0);
    const id = await begin(source);
    const { next } = await watch(BY_ID, { id: `SyncRun:${id}` });
    const none = { pages: 0, records: 0, share: null, stream: null };
    expect(await next()).toEqual({
      ...{ id: `SyncRun:${id}`, status: 'RUNNING', finishedAt: null, source: { key: source } },
      ...{ worker: 'elsewhere 7', progress: none },
    });
    const progress = { pages: 2, records: 20, share: 0.5, stream: 'figures' };
    await writeProgress(graph.database.fork(), id, progress);
    expect(await next()).toMatchObject({ status: 'RUNNING', progress });
    await end(id);
    const whole = { pages: 4, records: 40, share: 1, stream: null };
    expect(await next()).toMatchObject({ status: 'SUCCEEDED', progress: whole });
    expect(await next()).toBeNull();
  });

  it('of a run that has ended is its account', async () => {
    const id = await begin(await key(0));
    await end(id);
    const { next } = await watch(BY_ID, { id: `SyncRun:${id}` });
    expect(await next()).toMatchObject({ status: 'SUCCEEDED' });
    expect(await next()).toBeNull();
  });

  it('of a source tells of its runs only, beginning with the newest when none is under way', async () => {
    const [source, other] = [await key(0), await key(1)];
    const last = await begin(source);
    await end(last);
    const { next } = await watch(BY_SOURCE, { source });
    expect(await next()).toMatchObject({ id: `SyncRun:${last}`, status: 'SUCCEEDED' });
    const elsewhere = await begin(other);
    const id = await begin(source);
    expect(await next()).toMatchObject({ id: `SyncRun:${id}`, status: 'RUNNING' });
    await end(elsewhere);
    await end(id);
    expect(await next()).toMatchObject({ id: `SyncRun:${id}`, status: 'SUCCEEDED' });
  });

  it('of all sources misses no run, also one that was over before anybody looked', async () => {
    const { next } = await watch(BY_SOURCE, {});
    await next();
    const [one, other] = [await begin(await key(0)), await begin(await key(1))];
    await end(other);
    const seen = new Map<string, string>();
    while (seen.size < 2) {
      const { id, status } = await next();
      seen.set(id, status);
    }
    expect(seen.get(`SyncRun:${one}`)).toBe('RUNNING');
    if (seen.get(`SyncRun:${other}`) !== 'SUCCEEDED') {
      expect(await next()).toMatchObject({ id: `SyncRun:${other}`, status: 'SUCCEEDED' });
    }
  });

  it('says what is wrong with its arguments before the first event', async () => {
    for (const [document, variables] of [
      [BY_SOURCE, { source: 'nobody' }],
      [BY_ID, { id: 'SyncRun:999999' }],
      [BY_ID, { id: 'Source:x' }],
    ] as const) {
      expect((await watch(document, variables)).error).toBe('NOT_FOUND');
    }
  });
});

describe('keepProgress', () => {
  it('writes the newest progress now and then, not each', async () => {
    const id = await begin(await key(0));
    const { next } = await watch(BY_ID, { id: `SyncRun:${id}` });
    await next();
    const keeper = keepProgress(graph.database, id);
    const note = (pages: number) =>
      keeper.note({ stream: 's', pages, rows: pages, records: pages * 10, rejected: 0, share: pages });
    for (let page = 1; page <= 50; page += 1) note(page);
    expect(await next()).toMatchObject({ progress: { pages: 50, records: 500, share: 1 } });
    keeper.stop();
  });
});

describe('hosts', () => {
  it('are listed with their circuits and limits', async () => {
    const rule = { failures: 2, firstOpenMs: 60_000, longestOpenMs: 60_000 };
    const governor = createHostGovernor({ database: graph.database, log: () => undefined, times: { circuit: rule } });
    const { signal } = new AbortController();
    const pass = await governor.enter('limited:443', { requestsPerSecond: 5, maxConcurrent: 2 }, signal);
    for (let failure = 0; failure < 2; failure += 1)
      await (await governor.enter('away:80', null, signal)).leave('failed');
    const { hosts } = await graph.read(
      '{ hosts { host circuit failures openUntil requestsPerSecond maxConcurrent running } }',
    );
    expect(hosts).toEqual([
      {
        ...{ host: 'away:80', circuit: 'OPEN', failures: 2, openUntil: expect.any(String), running: 0 },
        ...{ requestsPerSecond: null, maxConcurrent: null },
      },
      {
        ...{ host: 'limited:443', circuit: 'CLOSED', failures: 0, openUntil: null, running: 1 },
        ...{ requestsPerSecond: 5, maxConcurrent: 2 },
      },
    ]);
    await pass.leave('ok');
  });
});
