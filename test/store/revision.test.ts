import { setTimeout as sleep } from 'node:timers/promises';
import { IsolationLevel } from '@mikro-orm/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../../src/store/orm.js';
import {
  findRevision,
  nextChangeId,
  readHead,
  readRevisions,
  revisionAt,
  takeRevision,
} from '../../src/store/revision.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { rowsOf } from './batch.js';

const PATIENCE = { timeout: 60_000, interval: 20 };
let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase('template');
});
afterAll(() => test.drop());

/** A reader that asks for what is newer than the newest that it has seen. */
class Reader {
  readonly seen: number[] = [];

  async poll(): Promise<void> {
    const revisions = await readRevisions(test.database.fork(), this.seen.at(-1) ?? 0, 500);
    this.seen.push(...revisions.map(({ id }) => id));
  }
}

/** Takes one revision in a transaction of its own. */
function write(): Promise<number> {
  return test.database.fork().transactional(async (em) => {
    return takeRevision(em, { changeId: await nextChangeId(em), kind: 'SOURCE', roundIds: [] });
  });
}

/** Starts a transaction that is finished by hand. */
async function begin() {
  const em = test.database.fork();
  await em.begin();
  const changeId = await nextChangeId(em);
  return {
    em,
    take: () => takeRevision(em, { changeId, kind: 'SOURCE', roundIds: [] }),
    commit: () => em.commit(),
    rollback: () => em.rollback(),
  };
}

describe('revisions', () => {
  it('reach a polling reader in their order, none late and none missing, whatever 50 writers do at once', async () => {
    const writers = await openDatabase({ url: test.url, poolSize: 25 });
    const reader = new Reader();
    const before = await readHead(test.database.fork());
    const committed: number[] = [];
    let writing = true;
    const reading = (async () => {
      while (writing) {
        await reader.poll();
        await sleep(1);
      }
      await reader.poll();
    })();
    const rolledBack = new Error('rolled back on purpose');
    await Promise.all(
      Array.from({ length: 50 }, async (_, writer) => {
        for (let turn = 0; turn < 4; turn += 1) {
          await sleep(Math.random() * 20);
          const work = writers.fork().transactional(async (em) => {
            const changeId = await nextChangeId(em);
            await em.execute('select pg_sleep(?)', [Math.random() * 0.02]);
            const id = await takeRevision(em, { changeId, kind: 'SOURCE', roundIds: [writer] });
            if (Math.random() < 0.3) throw rolledBack;
            return id;
          });
          await work.then(
            (id) => committed.push(id),
            (error: unknown) => {
              if (error !== rolledBack) throw error;
            },
          );
        }
      }),
    );
    writing = false;
    await reading;
    await writers.close();
    const mine = reader.seen.filter((id) => id > before);
    expect(mine).toEqual(committed.toSorted((a, b) => a - b));
    expect(committed.length).toBeGreaterThan(50);
    expect(await readHead(test.database.fork())).toBe(mine.at(-1));
  });

  it('never become visible late when transactions overtake each other, where numbers taken at the start do', async () => {
    await test.database.fork().execute('create sequence early_id; create table early (id bigint primary key)');
    const early: number[] = [];
    const pollEarly = async () => {
      const rows = await rowsOf<{ id: string }>(test.database, 'select id from early where id > ? order by id', [
        early.at(-1) ?? 0,
      ]);
      early.push(...rows.map(({ id }) => Number(id)));
    };
    const reader = new Reader();
    await reader.poll();
    const before = reader.seen.length;

    const slow = await begin();
    await slow.em.execute(`insert into early values (nextval('early_id'))`);
    const fast = await begin();
    await fast.em.execute(`insert into early values (nextval('early_id'))`);
    const fastRevision = await fast.take();
    await fast.commit();
    await reader.poll();
    await pollEarly();
    const slowRevision = await slow.take();
    await slow.commit();
    await reader.poll();
    await pollEarly();

    expect(reader.seen.slice(before)).toEqual([fastRevision, slowRevision]);
    expect(slowRevision).toBeGreaterThan(fastRevision);
    // The control: both are in the table, and the reader has missed the one that was committed last.
    expect(await rowsOf(test.database, 'select id from early order by id')).toHaveLength(2);
    expect(early).toEqual([2]);
  });

  it('make the second writer wait from its number to the first one’s commit', async () => {
    const reader = new Reader();
    const [first, second] = [await begin(), await begin()];
    const firstRevision = await first.take();
    const waiting = second.take();
    await vi.waitFor(async () => {
      const rows = await rowsOf(
        test.database,
        `select from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`,
      );
      expect(rows).toHaveLength(1);
    }, PATIENCE);
    await reader.poll();
    expect(reader.seen).not.toContain(firstRevision);
    await first.commit();
    expect(await waiting).toBeGreaterThan(firstRevision);
    await second.commit();
  });

  it('are not held up for long by a writer that stands still between its revision and its commit', async () => {
    const [stuck, next] = [await begin(), await begin()];
    const lost = await stuck.take();
    const taken = await next.take();
    await next.commit();
    expect(taken).toBeGreaterThan(lost);
    await expect(stuck.commit()).rejects.toThrow();
    expect((await readRevisions(test.database.fork(), lost - 1, 1)).map(({ id }) => id)).toEqual([taken]);
  });

  it('leave a hole and nothing else when their transaction rolls back', async () => {
    const reader = new Reader();
    const lost = await begin();
    const lostRevision = await lost.take();
    await lost.rollback();
    const next = await write();
    await reader.poll();
    expect(reader.seen).not.toContain(lostRevision);
    expect(reader.seen.at(-1)).toBe(next);
    expect(next).toBeGreaterThan(lostRevision);
  });

  it('are numbered by the clock, each after the one before even when the clock was put back', async () => {
    const microseconds = () => Date.now() * 1000;
    const before = microseconds();
    const taken = await write();
    expect(taken).toBeGreaterThanOrEqual(before);
    expect(taken).toBeLessThanOrEqual(microseconds() + 1000);
    const ahead = taken + 3_600_000_000;
    await test.database
      .fork()
      .execute(`insert into revision values (?, nextval('change_id'), 'SOURCE', '{}', null, null, now())`, [ahead]);
    expect([await write(), await write()]).toEqual([ahead + 1, ahead + 2]);
    await test.database.fork().execute('delete from revision where id >= ?', [ahead]);
  });

  it('are refused where a transaction would not see the newest one', async () => {
    const stale = test.database
      .fork()
      .transactional(
        async (em) => takeRevision(em, { changeId: await nextChangeId(em), kind: 'SOURCE', roundIds: [] }),
        { isolationLevel: IsolationLevel.REPEATABLE_READ },
      );
    await expect(stale).rejects.toThrow('read what is committed');
  });

  it('are read with all that they say, at most as many as asked for', async () => {
    const first = await test.database.fork().transactional(async (em) => {
      const change = { changeId: await nextChangeId(em), kind: 'SNAPSHOT' as const, roundIds: [3, 5], snapshotId: 77 };
      return takeRevision(em, change);
    });
    await write();
    const [revision, ...others] = await readRevisions(test.database.fork(), first - 1, 1);
    expect(others).toEqual([]);
    expect(revision).toEqual({
      ...{ id: first, kind: 'SNAPSHOT', roundIds: [3, 5], sourceId: null, snapshotId: 77 },
      ...{ changeId: expect.any(Number), committedAt: expect.any(Date) },
    });
  });

  it('are found by time: the newest at or before it', async () => {
    const first = await write();
    const second = await write();
    const em = test.database.fork();
    const [row] = await readRevisions(em, second - 1, 1);
    const at = row?.committedAt ?? new Date(0);
    // A Date has milliseconds, the database microseconds.
    expect(await revisionAt(em, new Date(at.getTime() + 1))).toBeGreaterThanOrEqual(second);
    expect(await revisionAt(em, new Date(at.getTime() - 60_000))).toBeLessThan(first);
    expect(await revisionAt(em, new Date(0))).toBe(0);
    expect(await findRevision(em, second)).toEqual({ id: second, committedAt: at });
    expect(await findRevision(em, 0)).toBeNull();
  });

  it('cannot be taken twice for one change', async () => {
    const em = test.database.fork();
    const twice = em.transactional(async (inner) => {
      const change = { changeId: await nextChangeId(inner), kind: 'SOURCE' as const, roundIds: [] };
      await takeRevision(inner, change);
      await takeRevision(inner, change);
    });
    await expect(twice).rejects.toThrow(/unique|duplicate/);
  });
});
