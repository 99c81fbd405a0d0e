import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type EmbeddedPostgres, freePort, startEmbedded } from '../../src/store/embedded.js';
import { ensureDatabase } from '../../src/store/ensureDatabase.js';
import { followRevisions, type RevisionFeed } from '../../src/store/feed.js';
import { type Database, openDatabase } from '../../src/store/orm.js';
import type { Reader } from '../../src/store/reading.js';
import { nextChangeId, readHead, readRevisions, takeRevision } from '../../src/store/revision.js';
import { ask, type Standby, startStandby } from '../helpers/standby.js';

const PATIENCE = { timeout: 60_000, interval: 20 };
let folder: string;
let server: EmbeddedPostgres;
let port: number;
let standby: Standby;
let primary: Database;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dti-replicas-'));
  port = await freePort();
  server = await startPrimary();
  primary = await openDatabase({ url: await ensureDatabase(urlOf('postgres'), urlOf('dti')) });
  const settings = ['max_standby_streaming_delay=100ms'];
  standby = await startStandby({ url: urlOf }, join(folder, 'primary'), join(folder, 'standby'), settings);
});
/** It comes back where it was. */
const startPrimary = () => startEmbedded({ dataDir: join(folder, 'primary'), settings: ['fsync=off', `port=${port}`] });
function urlOf(database: string): string {
  const address = new URL(server.url(database));
  address.port = String(port);
  return address.href;
}
afterAll(async () => {
  await primary.close();
  await standby.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What a gateway opens. */
async function openGateway(options: { fallback?: boolean; maxLagMs?: number } = {}) {
  const logged: string[] = [];
  const { fallback = true, maxLagMs = 60_000 } = options;
  const replicas = { urls: [standby.url('dti')], fallback, maxLagMs, log: (line: string) => void logged.push(line) };
  const database = await openDatabase({ url: urlOf('dti'), replicas });
  let feed: RevisionFeed | null = null;
  onTestFinished(async () => {
    await feed?.close();
    await database.close();
  });
  feed = await followRevisions(database, () => undefined);
  const told: number[] = [];
  feed.onRevision(({ id }) => void told.push(id));
  return { database, feed, told, logged };
}

function write(database = primary): Promise<number> {
  return database.fork().transactional(async (em) => {
    return takeRevision(em, { changeId: await nextChangeId(em), kind: 'SOURCE', roundIds: [] });
  });
}

async function isReplica(em: Reader): Promise<boolean> {
  const { rows } = await sql<{ is: boolean }>`select pg_is_in_recovery() as is`.execute(em.getKysely());
  return rows[0]?.is === true;
}

describe('a gateway with a streaming replica', () => {
  it('reads from the replica and writes to the primary; the replica takes no write', async () => {
    const { database, logged } = await openGateway();
    expect(database.reading.from).toBe('replica');
    expect(await isReplica(database.reading)).toBe(true);
    expect(await database.reading.read(isReplica)).toBe(true);
    expect(await isReplica(database.fork())).toBe(false);
    expect(logged).toEqual(['reads come from replica 1 now']);
    const writing = sql`delete from revision`.execute(database.reading.getKysely());
    await expect(writing).rejects.toThrow(/read-only/);
    expect(database.reading.from).toBe('replica');
  });

  it('shows a revision only when it can be read there, and misses none when the replica goes on', async () => {
    const { database, feed, told } = await openGateway();
    const first = await write();
    await vi.waitFor(() => expect(feed.head).toBe(first), PATIENCE);
    await standby.pause();
    onTestFinished(() => standby.resume().catch(() => undefined));
    const written = [await write(), await write(), await write()];
    const waiting = feed.reach(written[2] ?? 0, new AbortController().signal);
    await sleep(700);
    expect([feed.head, await readHead(database.reading), await readHead(database.fork())]).toEqual([
      ...[first, first],
      written[2],
    ]);
    expect(await feed.reach(written[0] ?? 0, AbortSignal.timeout(100))).toBe(false);
    expect(await feed.reach((written[2] ?? 0) + 1, new AbortController().signal)).toBe(false);
    await standby.resume();
    expect(await waiting).toBe(true);
    expect(told).toEqual([first, ...written]);
  });

  it('reads from the primary when the replica lags too long, and from the replica again when it has caught up', async () => {
    const { database, feed, told } = await openGateway({ maxLagMs: 500 });
    await standby.pause();
    onTestFinished(() => standby.resume().catch(() => undefined));
    const first = await write();
    await vi.waitFor(() => expect(feed.head).toBe(first), PATIENCE);
    expect(database.reading.from).toBe('primary');
    // What the replica has is older than what was shown, so it waits, however long it takes.
    await sleep(1500);
    expect(database.reading.from).toBe('primary');
    await standby.resume();
    await vi.waitFor(() => expect(database.reading.from).toBe('replica'), PATIENCE);
    const second = await write();
    await vi.waitFor(() => expect(feed.head).toBe(second), PATIENCE);
    expect(told).toEqual([first, second]);
  });

  it('shows what was committed as soon as the replica has it, without waiting for its own clock', async () => {
    const gateway = await openGateway();
    const direct = await followRevisions(primary, () => undefined);
    onTestFinished(() => direct.close());
    const waits = { replica: [] as number[], primary: [] as number[] };
    const { signal } = new AbortController();
    for (let turn = 0; turn < 100; turn += 1) {
      const id = await write();
      const committedAt = performance.now();
      const note = (name: keyof typeof waits) => () => void waits[name].push(performance.now() - committedAt);
      await Promise.all([
        gateway.feed.changed(id - 1, signal).then(note('replica')),
        direct.changed(id - 1, signal).then(note('primary')),
      ]);
    }
    const at = (times: number[], share: number) =>
      Math.round(times.toSorted((a, b) => a - b)[times.length * share] ?? 0);
    for (const [name, times] of Object.entries(waits)) {
      console.info(`from commit to head, ${name}: p50 ${at(times, 0.5)} ms, p95 ${at(times, 0.95)} ms`);
    }
    // By the feed's own clock, three seconds a turn, the time for a test would not do.
    expect([waits.replica.length, waits.primary.length]).toEqual([100, 100]);
  });

  it('loses no statement and no revision when the replica is stopped and started', async () => {
    const { database, feed, told, logged } = await openGateway();
    const strict = await openGateway({ fallback: false });
    const start = feed.head;
    const written: number[] = [];
    let reads = 0;
    let isOver = false;
    const reading = (async () => {
      while (!isOver) {
        const head = feed.head;
        // Whichever server answers has all that was shown.
        expect(await readHead(database.reading)).toBeGreaterThanOrEqual(head);
        reads += 1;
        await sleep(5);
      }
    })();
    const writing = (async () => {
      while (!isOver) {
        written.push(await write());
        await sleep(20);
      }
    })();
    await sleep(200);
    await standby.stop();
    await vi.waitFor(() => expect(database.reading.from).toBe('primary'), PATIENCE);
    await expect(readHead(strict.database.reading)).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    expect(strict.database.reading.from).toBe('none');
    await sleep(200);
    await standby.start();
    for (const { reading } of [database, strict.database]) {
      await vi.waitFor(() => expect(reading.from).toBe('replica'), PATIENCE);
    }
    await sleep(200);
    isOver = true;
    await Promise.all([reading, writing]);
    await vi.waitFor(() => expect(feed.head).toBe(written.at(-1)), PATIENCE);
    await vi.waitFor(() => expect(strict.feed.head).toBe(written.at(-1)), PATIENCE);
    const table = (await readRevisions(primary.fork(), start, 10_000)).map(({ id }) => id);
    expect([told, strict.told]).toEqual([table, table]);
    expect(reads).toBeGreaterThan(5);
    expect(logged.join()).toContain('reads come from the primary now');
  });

  it('goes on reading while the primary is away, and misses nothing afterwards', async () => {
    const { database, feed, told } = await openGateway();
    const first = await write();
    await vi.waitFor(() => expect(feed.head).toBe(first), PATIENCE);
    await server.stop();
    expect(await readHead(database.reading)).toBe(first);
    await expect(readHead(database.fork())).rejects.toThrow();
    // Nobody knows whether there is such a revision, so it is waited for.
    const waiting = feed.reach(first + 1, AbortSignal.timeout(PATIENCE.timeout));
    await sleep(200);
    server = await startPrimary();
    const second = await vi.waitFor(() => write(), PATIENCE);
    expect(await waiting).toBe(true);
    await vi.waitFor(() => expect(feed.head).toBe(second), PATIENCE);
    expect(database.reading.from).toBe('replica');
    expect(told).toEqual((await readRevisions(primary.fork(), first - 1, 100)).map(({ id }) => id));
  });

  it('gives a statement to the primary that the replica gave up in favour of replaying', async () => {
    const { database } = await openGateway();
    const statement = sql<{
      is: boolean;
    }>`select pg_is_in_recovery() as is, count(*) as all, pg_sleep(case when pg_is_in_recovery() then 100 else 0 end) from revision`;
    const reading = statement.execute(database.reading.getKysely());
    const asleep = `select pid from pg_stat_activity where wait_event = 'PgSleep'`;
    await vi.waitFor(async () => expect(await ask(standby.url('dti'), asleep)).toHaveLength(1), PATIENCE);
    // The replica cannot replay this while somebody reads the table.
    await ask(urlOf('dti'), 'begin; lock table revision in access exclusive mode; commit');
    const { rows } = await reading;
    expect(rows.map(({ is }) => is)).toEqual([false]);
    expect(database.reading.from).toBe('replica');
  });
});

describe('a database that has lost what was shown', () => {
  it('is noticed: the head stays, and the process is told', async () => {
    const id = await write();
    const lost: string[] = [];
    const feed = await followRevisions(
      primary,
      () => undefined,
      ({ code }) => void lost.push(code),
    );
    onTestFinished(() => feed.close());
    expect(feed.head).toBe(id);
    // Another history in which the same number was taken by another change, as after the promotion of a replica that lacked commits.
    await ask(
      urlOf('dti'),
      `update revision set change_id = nextval('change_id') where id = ${id}; select pg_notify('dti_revision', '${id}')`,
    );
    await write();
    await vi.waitFor(() => expect(lost).toEqual(['DATABASE_HISTORY_LOST']), PATIENCE);
    expect(feed.head).toBe(id);
  });

  it('gives no number again, so that who has a lost revision is known from who has one that is there', async () => {
    const kept = await write();
    await vi.waitFor(
      async () =>
        expect((await ask<{ id: string }>(standby.url('dti'), 'select max(id) as id from revision'))[0]?.id).toBe(
          String(kept),
        ),
      PATIENCE,
    );
    await standby.stop();
    // Shown to clients of the primary, which then is gone.
    const lost = [await write(), await write(), await write()];
    await server.stop();
    await standby.start();
    await standby.promote();
    const successor = await openDatabase({ url: standby.url('dti') });
    onTestFinished(async () => {
      await successor.close();
      server = await startPrimary();
    });
    const feed = await followRevisions(successor, () => undefined);
    onTestFinished(() => feed.close());
    expect(feed.head).toBe(kept);
    const written = [await write(successor), await write(successor), await write(successor), await write(successor)];
    expect(Math.min(...written)).toBeGreaterThan(Math.max(...lost));
    await feed.reach(written[3] ?? 0, new AbortController().signal);
    const known = await Promise.all([kept, ...lost, ...written].map((revision) => feed.knows(revision)));
    expect(known).toEqual([true, false, false, false, true, true, true, true]);
  });
});
