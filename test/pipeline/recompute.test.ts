import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Catalogue } from '../../src/domain/catalogue.js';
import { computeRound } from '../../src/pipeline/compute.js';
import { type Duty, holdDuty } from '../../src/pipeline/duty.js';
import { keepComputed } from '../../src/pipeline/recompute.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { followRevisions, type RevisionFeed } from '../../src/store/feed.js';
import { ADVISORY_LOCKS } from '../../src/store/lock.js';
import { type Revision, readHead } from '../../src/store/revision.js';
import { readNewestHead } from '../../src/store/snapshot.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { addSource, entityOf, indicatorOf, NOW, record, roundOf, rowsOf, writeBatch } from '../store/batch.js';

const PATIENCE = { timeout: 60_000, interval: 10 };
const ROUND = 'PROVINCE-2026';
let test: TestDatabase;
let catalogue: Catalogue;
let sourceId: number;
let figures = 0;
beforeAll(async () => {
  test = await openTestDatabase();
  sourceId = await addSource(test.database, 'figures');
});
beforeEach(async () => {
  catalogue = await readCatalogue(test.database.fork());
});
afterAll(() => test.drop());

/** Keeps rounds computed for one test; `asked` holds a round's code for each computation that was begun. */
async function keep(current: () => Catalogue = () => catalogue, duty?: Duty) {
  const asked: string[] = [];
  const logged: string[] = [];
  const feed = await followRevisions(test.database, () => undefined);
  const watched = (from: Catalogue): Catalogue => {
    const watching = new Catalogue(from.content);
    watching.round = (id) => {
      const round = Catalogue.prototype.round.call(from, id);
      if (round !== undefined) asked.push(round.code);
      return round;
    };
    return watching;
  };
  const recomputation = keepComputed({
    ...{ database: test.database, feed, now: () => NOW, ...(duty === undefined ? {} : { duty }) },
    catalogue: () => watched(current()),
    log: (message) => void logged.push(message),
  });
  onTestFinished(async () => {
    await feed.close();
    await recomputation.close();
  });
  return { asked, logged, feed, recomputation };
}

/** Writes a figure that nobody has written before into the rounds of its year. */
async function change(roundCode = ROUND, entityKey = 'GSO-2025:48'): Promise<number> {
  figures += 1;
  const year = catalogue.roundByCode(roundCode)?.year ?? 0;
  const one = record({
    ...{ entityId: entityOf(catalogue, entityKey), indicatorId: indicatorOf(catalogue, 'GOV_ACTIVITY.12') },
    ...{ year, period: String(year), numerator: String(figures), denominator: '100000' },
  });
  return (await writeBatch(test.database, sourceId, [one], [roundOf(catalogue, roundCode)])).revision;
}

/** Waits until the newest snapshot of a round is what a computation of now would give. */
async function untilComputed(roundCode: string, revision: number): Promise<void> {
  await vi.waitFor(async () => {
    const head = await readNewestHead(test.database.fork(), roundOf(catalogue, roundCode));
    expect(head?.inputRevision).toBeGreaterThanOrEqual(revision);
  }, PATIENCE);
  const { snapshotId } = await computeRound({ database: test.database, catalogue, roundCode, now: () => NOW });
  expect(snapshotId).toBeNull();
}

/** Holds computations of a round at their end, as a slow disk would. */
async function holdComputation(roundCode: string): Promise<() => Promise<void>> {
  const slow = new pg.Client({ connectionString: test.url });
  await slow.connect();
  let held = true;
  const release = async () => {
    if (held) await slow.end();
    held = false;
  };
  onTestFinished(release);
  await slow.query('select pg_advisory_lock($1, $2)', [ADVISORY_LOCKS.ROUND, roundOf(catalogue, roundCode)]);
  return release;
}

const HELD = `from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`;
/** Waits until a computation is held. */
const untilHeld = () =>
  vi.waitFor(async () => expect(await rowsOf(test.database, `select ${HELD}`)).toHaveLength(1), PATIENCE);

const countSnapshots = async (roundCode: string) =>
  Number(
    (
      await rowsOf<{ count: string }>(test.database, 'select count(*) as count from snapshot where round_id = ?', [
        roundOf(catalogue, roundCode),
      ])
    )[0]?.count,
  );

describe('recomputation', () => {
  it('computes an open round when its observations change', async () => {
    const { asked } = await keep();
    await untilComputed(ROUND, await change());
    expect(asked).toEqual([ROUND]);
  });

  it('needs two computations for a burst of 30 writes, the last of which has seen them all', async () => {
    const { asked, feed } = await keep();
    const before = await countSnapshots(ROUND);
    const release = await holdComputation(ROUND);
    await change();
    await untilHeld();
    await Promise.all(Array.from({ length: 28 }, () => change()));
    const last = await change();
    await vi.waitFor(() => expect(feed.head).toBe(last), PATIENCE);
    await release();
    await untilComputed(ROUND, last);
    expect(asked).toEqual([ROUND, ROUND]);
    expect(await countSnapshots(ROUND)).toBe(before + 2);
  });

  it('has always computed the last state, whatever the pace of the writes', async () => {
    const { asked } = await keep();
    let last = 0;
    for (let at = 0; at < 30; at += 1) {
      last = await change();
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 25));
    }
    await untilComputed(ROUND, last);
    expect(asked.length).toBeLessThanOrEqual(31);
  });

  it('does not let the failure of one round stop the others, and computes it when its next change comes', async () => {
    const broken = new Catalogue({
      ...catalogue.content,
      rounds: catalogue.content.rounds.map((round) =>
        round.code === 'PROVINCE-2022' ? { ...round, frameworkCode: 'NO-SUCH' } : round,
      ),
    });
    let current = broken;
    const { logged } = await keep(() => current);
    await change('PROVINCE-2022', 'GSO-2004:01');
    const other = await change('PROVINCE-2023', 'GSO-2004:01');
    await untilComputed('PROVINCE-2023', other);
    await vi.waitFor(() => expect(logged).toHaveLength(1), PATIENCE);
    expect(logged[0]).toMatch(/^PROVINCE-2022 .*NO-SUCH/);
    expect(await countSnapshots('PROVINCE-2022')).toBe(0);
    current = catalogue;
    await untilComputed('PROVINCE-2022', await change('PROVINCE-2022', 'GSO-2004:01'));
  });

  it('tries again by itself when the connection was lost in the middle', async () => {
    const { logged } = await keep();
    const release = await holdComputation(ROUND);
    const last = await change();
    await untilHeld();
    await rowsOf(test.database, `select pg_terminate_backend(pid) ${HELD}`);
    await vi.waitFor(() => expect(logged).toHaveLength(1), PATIENCE);
    await release();
    await untilComputed(ROUND, last);
    expect(logged[0]).toContain(ROUND);
  });

  it.each([0, 1, 2, 3])('does not lose a change that comes %i ticks after a computation ended', async (ticks) => {
    // Ends every computation at once, so that the moment can be met exactly.
    const broken = new Catalogue({
      ...catalogue.content,
      rounds: catalogue.content.rounds.map((round) => ({ ...round, frameworkCode: 'NO-SUCH' })),
    });
    const handlers: Parameters<RevisionFeed['onRevision']>[0][] = [];
    const logged: string[] = [];
    const revision: Revision = {
      ...{ id: 1, kind: 'OBSERVATIONS', roundIds: [roundOf(catalogue, ROUND)], sourceId: null, snapshotId: null },
      committedAt: NOW,
    };
    const arrive = () => {
      for (const handle of handlers) void handle(revision);
    };
    const recomputation = keepComputed({
      ...{ database: test.database, now: () => NOW, catalogue: () => broken },
      feed: {
        head: 0,
        onRevision: (handle) => void handlers.push(handle),
        changed: () => Promise.resolve(),
        reach: () => Promise.resolve(true),
        knows: () => Promise.resolve(true),
        close: () => Promise.resolve(),
      },
      log(message) {
        logged.push(message);
        if (logged.length > 1) return;
        let after = Promise.resolve();
        for (let tick = 0; tick < ticks; tick += 1) after = after.then(() => undefined);
        void after.then(arrive);
      },
    });
    arrive();
    await vi.waitFor(() => expect(logged).toHaveLength(2), PATIENCE);
    await recomputation.close();
  });

  it('leaves published rounds alone', async () => {
    await change('PROVINCE-2021', 'GSO-2004:01');
    await computeRound({
      ...{ database: test.database, catalogue, roundCode: 'PROVINCE-2021', publish: true, now: () => NOW },
    });
    catalogue = await readCatalogue(test.database.fork());
    const { asked, logged, feed } = await keep();
    const late = await change('PROVINCE-2021', 'GSO-2004:01');
    await vi.waitFor(() => expect(feed.head).toBe(late), PATIENCE);
    await vi.waitFor(() => expect(asked).toEqual(['PROVINCE-2021']), PATIENCE);
    await untilComputed(ROUND, await change());
    expect(logged).toEqual([]);
    expect(await countSnapshots('PROVINCE-2021')).toBe(1);
  });

  it('is not set off by its own snapshots', async () => {
    const { asked, feed } = await keep();
    await untilComputed(ROUND, await change());
    const head = await readHead(test.database.fork());
    await vi.waitFor(() => expect(feed.head).toBe(head), PATIENCE);
    expect(asked).toEqual([ROUND]);
  });

  it('begins nothing after it was closed', async () => {
    const { asked, feed, recomputation } = await keep();
    await recomputation.close();
    const last = await change();
    await vi.waitFor(() => expect(feed.head).toBe(last), PATIENCE);
    expect(asked).toEqual([]);
  });
});

describe('of several processes', () => {
  const NONE = { written: 0, unchanged: 0, failed: 0 };

  it('one computes, and when it has gone the next, which lacks nothing', async () => {
    const log = (message: string) => expect(message).toBe('');
    const duties = Array.from({ length: 2 }, () =>
      holdDuty({ database: test.database, name: 'COMPUTATION', leaseMs: 1000, log }),
    );
    onTestFinished(async () => void (await Promise.all(duties.map((duty) => duty.close()))));
    await vi.waitFor(() => expect(duties.some(({ isHeld }) => isHeld)).toBe(true), PATIENCE);
    const [first, second] = duties.sort((a, b) => Number(b.isHeld) - Number(a.isHeld));
    const [one, other] = [await keep(undefined, first), await keep(undefined, second)];
    for (let turn = 0; turn < 3; turn += 1) await untilComputed(ROUND, await change());
    const last = await readHead(test.database.fork());
    await vi.waitFor(() => expect(other.feed.head).toBe(last), PATIENCE);
    expect(one.recomputation.counts).toMatchObject({ failed: 0 });
    expect(one.recomputation.counts.written).toBeGreaterThanOrEqual(3);
    expect([second?.isHeld, other.recomputation.counts]).toEqual([false, NONE]);

    // It computes nothing more, but has left its duty to nobody yet: as one that was killed.
    await one.recomputation.close();
    const left = await change();
    await vi.waitFor(() => expect(other.feed.head).toBeGreaterThanOrEqual(left), PATIENCE);
    expect(other.recomputation.counts).toEqual(NONE);
    await first?.close();
    await untilComputed(ROUND, left);
    expect([first?.isHeld, second?.isHeld]).toEqual([false, true]);
    expect(other.recomputation.counts).toMatchObject({ written: 1, failed: 0 });
  });
});
