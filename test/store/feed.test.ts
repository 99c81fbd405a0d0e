import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { followRevisions, type RevisionFeed } from '../../src/store/feed.js';
import { nextChangeId, readHead, readRevisions, takeRevision } from '../../src/store/revision.js';
import { at, openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { rowsOf } from './batch.js';

const PATIENCE = { timeout: 60_000, interval: 20 };
let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase('template');
});
afterAll(() => test.drop());

async function openFeed(): Promise<RevisionFeed> {
  const feed = await followRevisions(test.database, () => undefined);
  onTestFinished(() => feed.close());
  return feed;
}

function write(): Promise<number> {
  return test.database.fork().transactional(async (em) => {
    return takeRevision(em, { changeId: await nextChangeId(em), kind: 'SOURCE', roundIds: [] });
  });
}

/** Ends every connection to this test's database, as a restart of the server does. */
async function terminateAll(): Promise<number> {
  const client = new pg.Client({ connectionString: at(test.url, 'postgres') });
  await client.connect();
  try {
    const name = new URL(test.url).pathname.slice(1);
    const { rowCount } = await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1',
      [name],
    );
    return rowCount ?? 0;
  } finally {
    await client.end();
  }
}

function listeners(): Promise<unknown[]> {
  return rowsOf(
    test.database,
    `select pid from pg_stat_activity where datname = current_database() and application_name = 'dti-graph feed'`,
  );
}

describe('the revision feed', () => {
  it('delivers every revision once and in order, also when all connections are cut', async () => {
    const feed = await openFeed();
    const start = feed.head;
    const handled: number[] = [];
    feed.onRevision(({ id }) => void handled.push(id));
    let cut = 0;
    for (let turn = 0; turn < 3; turn += 1) {
      // A writer whose connection is cut does not know whether it had committed; the table does.
      await Promise.allSettled(Array.from({ length: 15 }, write));
      const writing = Promise.allSettled(Array.from({ length: 15 }, write));
      cut += await terminateAll();
      await writing;
    }
    await vi.waitFor(async () => expect(await write()).toBeGreaterThan(start), PATIENCE);
    const last = await readHead(test.database.fork());
    await vi.waitFor(() => expect(feed.head).toBe(last), PATIENCE);
    const table = await readRevisions(test.database.fork(), start, 1000);
    expect(handled).toEqual(table.map(({ id }) => id));
    // How many of the writers were cut themselves is chance.
    expect(table.length).toBeGreaterThan(15);
    expect(cut).toBeGreaterThan(3);
  });

  it('is woken by NOTIFY again after its connection was cut', async () => {
    const feed = await openFeed();
    await vi.waitFor(async () => expect(await listeners()).toHaveLength(1), PATIENCE);
    const [before] = await listeners();
    await terminateAll();
    await vi.waitFor(async () => {
      const [after, ...others] = await listeners();
      expect(others).toEqual([]);
      expect(after).toBeDefined();
      expect(after).not.toEqual(before);
    }, PATIENCE);
    const id = await write();
    await vi.waitFor(() => expect(feed.head).toBe(id), PATIENCE);
  });

  it('finds by itself what no NOTIFY told of', async () => {
    const feed = await openFeed();
    await vi.waitFor(async () => expect(await listeners()).toHaveLength(1), PATIENCE);
    // The feed reads once more when it has begun to listen; after that only its own clock can wake it.
    await sleep(100);
    const told: string[] = [];
    const witness = new pg.Client({ connectionString: test.url });
    await witness.connect();
    onTestFinished(() => witness.end());
    witness.on('notification', ({ payload = '' }) => told.push(payload));
    await witness.query('listen dti_revision');
    const [row] = await rowsOf<{ id: string }>(
      test.database,
      `insert into revision values ((select max(id) + 1 from revision), nextval('change_id'), 'SOURCE', '{}', null, null, now()) returning id`,
    );
    await vi.waitFor(() => expect(feed.head).toBe(Number(row?.id)), PATIENCE);
    expect(told).toEqual([]);
  });

  it('moves its head only after all handlers are done, one revision after the other', async () => {
    const feed = await openFeed();
    const ids: number[] = [];
    const place = (id: number) => (ids.includes(id) ? ids.indexOf(id) : ids.push(id) - 1);
    const events: string[] = [];
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    feed.onRevision(async ({ id }) => {
      events.push(`slow ${place(id)} at ${feed.head < id}`);
      if (place(id) === 0) await gate;
    });
    feed.onRevision(({ id }) => void events.push(`quick ${place(id)} at ${feed.head < id}`));
    const [first, second] = [await write(), await write()];
    await vi.waitFor(() => expect(events).toEqual(['slow 0 at true']), PATIENCE);
    await sleep(50);
    expect(events).toHaveLength(1);
    expect(feed.head).toBeLessThan(first);
    release();
    await vi.waitFor(() => expect(feed.head).toBe(second), PATIENCE);
    expect(events).toEqual(['slow 0 at true', 'quick 0 at true', 'slow 1 at true', 'quick 1 at true']);
  });

  it('tries a handler that failed again, without repeating the revision to the others or letting one pass by', async () => {
    const feed = await openFeed();
    const before = feed.head;
    const ids: number[] = [];
    const place = (id: number) => (ids.includes(id) ? ids.indexOf(id) : ids.push(id) - 1);
    const events: string[] = [];
    let failures = 1;
    feed.onRevision(({ id }) => void events.push(`steady ${place(id)}`));
    feed.onRevision(({ id }) => {
      if (place(id) === 1 && failures-- > 0) throw new Error('for once');
      events.push(`shaky ${place(id)}`);
    });
    const seen = feed.changed(before, new AbortController().signal).then(() => feed.head > before);
    await write();
    const second = await write();
    await vi.waitFor(() => expect(feed.head).toBe(second), PATIENCE);
    expect(events).toEqual(['steady 0', 'shaky 0', 'steady 1', 'shaky 1']);
    expect(await seen).toBe(true);
  });

  it('tells who waits when a newer revision is there, and at once when it is there already', async () => {
    const feed = await openFeed();
    const { signal } = new AbortController();
    let told = false;
    const waiting = feed.changed(feed.head, signal).then(() => {
      told = true;
    });
    await sleep(20);
    expect(told).toBe(false);
    const id = await write();
    await waiting;
    expect(feed.head).toBe(id);
    await feed.changed(id - 1, signal);
  });

  it('lets go of who waits when the signal aborts, before or during the wait', async () => {
    const feed = await openFeed();
    const head = feed.head;
    const during = new AbortController();
    const waiting = feed.changed(head, during.signal);
    during.abort();
    await waiting;
    await feed.changed(head, AbortSignal.abort());
    expect(feed.head).toBe(head);
  });

  it('knows the revisions of this history and no other number', async () => {
    const feed = await openFeed();
    const [old, lost] = await test.database.fork().transactional(async (em) => {
      const taken = await takeRevision(em, { changeId: await nextChangeId(em), kind: 'SOURCE', roundIds: [] });
      return [taken, taken + 1];
    });
    const newest = await write();
    expect(await feed.reach(newest, new AbortController().signal)).toBe(true);
    const asked = [0, old, newest, lost, 1, newest + 1];
    const expected = [true, true, true, false, false, false];
    expect(await Promise.all(asked.map((revision) => feed.knows(revision)))).toEqual(expected);
    // Before this process began, and without a database to ask: better the whole state than a guess.
    const late = await openFeed();
    await terminateAll();
    expect(await late.knows(lost)).toBe(false);
    await vi.waitFor(async () => expect(await late.knows(old)).toBe(true), PATIENCE);
  });

  it('ends on close also while it is still connecting', async () => {
    for (const waitMs of [0, 1, 5, 20]) {
      const feed = await followRevisions(test.database, () => undefined);
      await sleep(waitMs);
      await feed.close();
    }
    await vi.waitFor(async () => expect(await listeners()).toEqual([]), PATIENCE);
  });

  it('ends on close: it lets go of who waits, closes its connection and handles nothing more', async () => {
    const feed = await followRevisions(test.database, () => undefined);
    const handled: number[] = [];
    feed.onRevision(({ id }) => void handled.push(id));
    await vi.waitFor(async () => expect(await listeners()).toHaveLength(1), PATIENCE);
    const { head } = feed;
    const waiting = feed.changed(head, new AbortController().signal);
    await feed.close();
    await waiting;
    await feed.changed(head, new AbortController().signal);
    await vi.waitFor(async () => expect(await listeners()).toEqual([]), PATIENCE);
    await write();
    await sleep(50);
    expect([handled, feed.head]).toEqual([[], head]);
  });
});
