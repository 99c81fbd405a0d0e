import { setTimeout as sleep } from 'node:timers/promises';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HostGovernor, HostLimits } from '../../src/domain/connector.js';
import { createHostGovernor, type GovernorTimes } from '../../src/pipeline/hostGovernor.js';
import { readHosts } from '../../src/store/hostState.js';
import type { Database } from '../../src/store/orm.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { rowsOf } from '../store/batch.js';

const FOREVER = new AbortController().signal;
const RULE = { failures: 3, firstOpenMs: 60_000, longestOpenMs: 600_000 };
let test: TestDatabase;
let host = '';
let hosts = 0;

beforeAll(async () => {
  test = await openTestDatabase('template');
});
afterAll(() => test.drop());
beforeEach(() => {
  hosts += 1;
  host = `host-${hosts}:443`;
});

/** A worker's governor; two of them share nothing but the database. */
function govern(times: Partial<GovernorTimes> = {}): HostGovernor {
  const log = (message: string) => {
    throw new Error(message);
  };
  return createHostGovernor({ database: test.database, log, times: { believeMs: 0, slotPollMs: 5, ...times } });
}

async function request(governor: HostGovernor, outcome: 'ok' | 'failed', limits: HostLimits | null = null) {
  await (await governor.enter(host, limits, FOREVER)).leave(outcome);
}

const state = async () => (await readHosts(test.database.fork())).find((each) => each.host === host);
/** Lets the time pass for which a circuit is open. */
const coolDown = () =>
  test.database.fork().execute('update host_state set open_until = clock_timestamp() where host = ?', [host]);

describe('a circuit', () => {
  it('opens for all workers after failures in a row, and only in a row', async () => {
    const [one, other] = [govern({ circuit: RULE }), govern({ circuit: RULE })];
    await request(one, 'failed');
    await request(other, 'failed');
    await request(one, 'ok');
    await request(one, 'failed');
    await request(other, 'failed');
    expect(await state()).toMatchObject({ failures: 2, openUntil: null });
    await request(one, 'failed');
    for (const governor of [one, other]) {
      await expect(governor.enter(host, null, FOREVER)).rejects.toMatchObject({
        code: 'SYNC_TRANSIENT',
        failureType: 'transient_error',
        message: expect.stringContaining(`The host ${host} failed too often`),
      });
    }
    expect((await state())?.openUntil?.getTime()).toBeGreaterThan(Date.now() + 50_000);
  });

  it('lets one request try when it has been open long enough, and closes when that succeeds', async () => {
    const [one, other] = [govern({ circuit: RULE }), govern({ circuit: RULE })];
    for (let failure = 0; failure < 3; failure += 1) await request(one, 'failed');
    await coolDown();
    const trial = await other.enter(host, null, FOREVER);
    await expect(one.enter(host, null, FOREVER)).rejects.toThrow('another request tries it now');
    await trial.leave('ok');
    await request(one, 'ok');
    expect(await state()).toMatchObject({ failures: 0, openUntil: null });
  });

  it('opens for twice as long when the trial fails', async () => {
    const governor = govern({ circuit: RULE });
    for (let failure = 0; failure < 3; failure += 1) await request(governor, 'failed');
    await coolDown();
    await request(governor, 'failed');
    expect((await state())?.openUntil?.getTime()).toBeGreaterThan(Date.now() + 110_000);
    await expect(governor.enter(host, null, FOREVER)).rejects.toMatchObject({ code: 'SYNC_TRANSIENT' });
  });

  it('is tried by somebody else when nothing is heard of the first trial', async () => {
    const [one, other] = [govern({ circuit: RULE, slotLeaseMs: 1 }), govern({ circuit: RULE })];
    for (let failure = 0; failure < 3; failure += 1) await request(one, 'failed');
    await coolDown();
    await one.enter(host, null, FOREVER);
    await sleep(5);
    await request(other, 'ok');
    expect(await state()).toMatchObject({ openUntil: null });
  });

  it('of another host stays closed', async () => {
    const governor = govern({ circuit: RULE });
    for (let failure = 0; failure < 3; failure += 1) await request(governor, 'failed');
    await (await governor.enter('elsewhere:443', null, FOREVER)).leave('ok');
  });
});

describe('a rate', () => {
  it('is shared by two workers, so that their requests together are sent evenly', async () => {
    const [one, other] = [govern(), govern()];
    const began = performance.now();
    const limits = { requestsPerSecond: 50 };
    const work = async (governor: HostGovernor) => {
      for (let sent = 0; sent < 15; sent += 1) await request(governor, 'ok', limits);
    };
    await Promise.all([work(one), work(other)]);
    // Each may leave turns unused that it took ahead; the last ones of both are not waited out.
    expect(performance.now() - began).toBeGreaterThan(((30 - 5) * 1000) / 50 - 50);
    expect(await state()).toMatchObject({ requestsPerSecond: 50 });
  });

  it('is not made up for after a pause', async () => {
    const governor = govern();
    const limits = { requestsPerSecond: 20 };
    await request(governor, 'ok', limits);
    await sleep(300);
    const began = performance.now();
    for (let sent = 0; sent < 5; sent += 1) await request(governor, 'ok', limits);
    expect(performance.now() - began).toBeGreaterThan(3 * 50);
  });

  it('ends its wait when the run ends', async () => {
    const governor = govern();
    const limits = { requestsPerSecond: 0.01 };
    await request(governor, 'ok', limits);
    await expect(governor.enter(host, limits, AbortSignal.timeout(20))).rejects.toThrow('timeout');
  });
});

describe('a bound on concurrency', () => {
  it('is shared by two workers', async () => {
    const governors = [govern(), govern()];
    let running = 0;
    let most = 0;
    const full = Promise.withResolvers<void>();
    const work = async (_: unknown, index: number) => {
      const pass = await (governors[index % 2] as HostGovernor).enter(host, { maxConcurrent: 3 }, FOREVER);
      running += 1;
      most = Math.max(most, running);
      if (running === 3) full.resolve();
      // Nobody leaves before all places are taken, however slowly they come.
      await full.promise;
      await sleep(5);
      running -= 1;
      await pass.leave('ok');
    };
    await Promise.all(Array.from({ length: 24 }, work));
    expect(most).toBe(3);
    expect(await state()).toMatchObject({ running: 0, maxConcurrent: 3 });
  });

  it('gives the places of a dead worker to others when their lease has passed, and of a living one to nobody', async () => {
    const [dead, living] = [govern({ slotLeaseMs: 2000 }), govern()];
    const pass = await dead.enter(host, { maxConcurrent: 1 }, FOREVER);
    const [slot] = await rowsOf<{ holder: string; ends: string }>(
      test.database,
      'select holder, expires_at::text as ends from host_slot where host = ?',
      [host],
    );
    // It lives: its lease is renewed, and what it was at first has passed.
    const hasPassed = `select clock_timestamp() > ?::timestamptz + interval '100 ms' as yes`;
    await expect.poll(() => rowsOf(test.database, hasPassed, [slot?.ends])).toEqual([{ yes: true }]);
    await expect(living.enter(host, { maxConcurrent: 1 }, AbortSignal.timeout(20))).rejects.toThrow('timeout');
    const entering = living.enter(host, { maxConcurrent: 1 }, FOREVER);
    // More than once, since the first one goes on renewing until it has learnt that it is dead.
    const expire = 'update host_slot set expires_at = clock_timestamp() where holder = ?::uuid';
    for (let isIn = false; !isIn; ) {
      await test.database.fork().execute(expire, [slot?.holder]);
      isIn = await Promise.race([entering.then(() => true), sleep(20, false)]);
    }
    const next = await entering;
    // What the first one gives back is not its own any more.
    await pass.leave('ok');
    await expect(dead.enter(host, { maxConcurrent: 1 }, AbortSignal.timeout(20))).rejects.toThrow('timeout');
    await next.leave('ok');
  });
});

describe('limits', () => {
  it('wait for a database that is away, so that the run does not fail for it', async () => {
    let asked = 0;
    const away = () => {
      throw Object.assign(new Error('the server is restarting'), { code: 'ECONNREFUSED' });
    };
    const database: Database = {
      ...test.database,
      fork() {
        asked += 1;
        return asked % 2 === 0 ? test.database.fork() : ({ getKysely: away } as unknown as SqlEntityManager);
      },
    };
    const governor = createHostGovernor({ database, log: () => undefined });
    const pass = await governor.enter(host, { maxConcurrent: 1, requestsPerSecond: 100 }, FOREVER);
    expect(asked).toBeGreaterThan(4);
    await pass.leave('ok');
  });
});
