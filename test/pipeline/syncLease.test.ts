import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { DATA_FOLDER } from '../../src/config.js';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { loadReference } from '../../src/pipeline/loadReference.js';
import { registerSource } from '../../src/pipeline/source.js';
import { failInterruptedRuns, syncSource } from '../../src/pipeline/sync.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { startEmbedded } from '../../src/store/embedded.js';
import { readSyncRuns } from '../../src/store/listSyncRuns.js';
import { type Database, openDatabase } from '../../src/store/orm.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { LOOPBACK } from '../helpers/loopback.js';
import { TEST_YEAR } from '../helpers/postgres.js';
import { NOW, rowsOf } from '../store/batch.js';
import { type SmallSource, startSmallSource, TOKEN } from './smallSource.js';

const HOUR_MS = 3_600_000;
const ENDED = { status: 'FAILED', errorCode: 'SYNC_CANCELLED', failureType: 'transient_error', read: 0, written: 0 };
let test: TestDatabase;
let catalogue: Catalogue;
let source: SmallSource;
let sources = 0;

beforeAll(async () => {
  test = await openTestDatabase();
  catalogue = await readCatalogue(test.database.fork());
});
afterAll(() => test.drop());
beforeEach(async () => {
  sources += 1;
  source = await startSmallSource(`leased_${sources}`);
  source.rows = [{ province: '01', part: '1', whole: '10' }];
  await registerSource(test.database, source.connector.spec, 'ACTIVE', NOW);
  onTestFinished(() => source.close());
});

function sync(options: { leaseMs?: number; patienceMs?: number; database?: Database } = {}) {
  return syncSource({
    database: test.database,
    catalogue,
    connector: source.connector,
    settings: { baseUrl: source.baseUrl, secrets: { token: TOKEN } },
    mode: 'FULL_REFRESH',
    signal: new AbortController().signal,
    addressGuard: LOOPBACK,
    now: () => NOW,
    ...options,
  });
}

/** Begins a run that waits for the answer to its first request. */
async function beginSlowly(options: { leaseMs?: number; patienceMs?: number; database?: Database } = {}) {
  let open: () => void = () => undefined;
  const pass = new Promise<void>((resolve) => (open = resolve));
  source.intercept = (_, number) => number === 1 && pass.then(() => false);
  const running = sync(options);
  // Whoever awaits it later must not be too late for its failure.
  running.catch(() => undefined);
  await vi.waitFor(() => expect(source.asked).toHaveLength(1), { timeout: 60_000 });
  onTestFinished(open);
  return { running, answer: open };
}

const expire = () =>
  test.database.fork().execute(`update sync_run set lease_expires_at = now() where status = 'RUNNING'`);

describe('a sync run', () => {
  it('is its process’s own for as long as it reads, however long that takes', async () => {
    const { running, answer } = await beginSlowly({ leaseMs: 3000 });
    const other = await openDatabase({ url: test.url });
    onTestFinished(() => other.close());
    const [lease] = await rowsOf<{ ends: string }>(
      test.database,
      `select lease_expires_at::text as ends from sync_run where status = 'RUNNING'`,
    );
    const hasPassed = `select clock_timestamp() > ?::timestamptz + interval '100 ms' as yes`;
    await expect.poll(() => rowsOf(test.database, hasPassed, [lease?.ends])).toEqual([{ yes: true }]);
    expect(await failInterruptedRuns(other, NOW)).toBe(0);
    await expect(sync({ database: other })).rejects.toMatchObject({ code: 'SYNC_BUSY' });
    answer();
    expect(await running).toMatchObject({ status: 'SUCCEEDED', written: 1 });
  });

  it('that lost its lease commits nothing, and the run that took over is left alone', async () => {
    const { running, answer } = await beginSlowly();
    await expire();
    source.rows = [{ province: '01', part: '2', whole: '10' }];
    const second = await sync();
    expect(second).toMatchObject({ status: 'SUCCEEDED', written: 1 });
    answer();
    const first = await running;
    expect(first).toMatchObject(ENDED);
    expect(first.errorMessage).toContain('process went away');
    const rows = await rowsOf<{ numerator: string; sync_run_id: string }>(
      test.database,
      'select numerator::text, sync_run_id from observation where source_id = ?',
      [second.sourceId],
    );
    expect(rows).toEqual([{ numerator: '2', sync_run_id: String(second.id) }]);
    expect(await rowsOf(test.database, 'select from page where sync_run_id = ?', [first.id])).toEqual([]);
  });

  it('stops reading when it learns that it was ended', async () => {
    const { running } = await beginSlowly({ leaseMs: 2000 });
    // More than once, since the run may renew its lease in between.
    const end = async () => {
      await expire();
      return failInterruptedRuns(test.database, NOW);
    };
    await expect.poll(end).toBe(1);
    expect(await running).toMatchObject(ENDED);
  });

  it('whose lease was late is good again when nobody has ended it', async () => {
    const { running, answer } = await beginSlowly({ leaseMs: HOUR_MS });
    await expire();
    answer();
    expect(await running).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('stands in nobody’s way when its process is gone from this machine, and does while that lives', async () => {
    const { id, sourceId } = await sync();
    const child = spawn('sleep', ['60']);
    onTestFinished(() => void child.kill('SIGKILL'));
    const [left] = await rowsOf<{ id: string; owner: string }>(
      test.database,
      `insert into sync_run (source_id, source_version, mode, status, started_at, owner, lease_expires_at)
       select source_id, 1, mode, 'RUNNING', now(), replace(owner, ?, ?), now() + interval '1 hour' from sync_run where id = ?
       returning id, owner`,
      [` ${process.pid} `, ` ${child.pid} `, id],
    );
    expect(left?.owner).toContain(` ${child.pid} `);
    await expect(sync()).rejects.toMatchObject({ code: 'SYNC_BUSY' });
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    expect(await sync()).toMatchObject({ status: 'SUCCEEDED', sourceId });
    const [ended] = await readSyncRuns(test.database.fork(), [Number(left?.id)]);
    expect(ended).toMatchObject({ ...ENDED, finishedAt: NOW });
  });
});

describe('when PostgreSQL restarts in the middle of a run', () => {
  it('the run waits for it and ends well, as one run without a gap', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'dti-restart-'));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const start = () => startEmbedded({ dataDir, settings: ['fsync=off'] });
    let server = await start();
    // A restarted server has another port here, and the same address in operation: this is what stands between.
    const forwarder = createServer((client) => {
      const upstream = connect(server.port, '127.0.0.1');
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        one.on('error', () => other.destroy()).on('close', () => other.destroy());
        one.pipe(other);
      }
    });
    await once(forwarder.listen(0, '127.0.0.1'), 'listening');
    const url = new URL(server.url('postgres'));
    url.port = String((forwarder.address() as AddressInfo).port);
    const database = await openDatabase({ url: url.href });
    onTestFinished(async () => {
      await database.close();
      forwarder.close();
      await server.stop();
    });
    await loadReference(database, { folder: DATA_FOLDER, currentYear: TEST_YEAR, now: NOW });
    await registerSource(database, source.connector.spec, 'ACTIVE', NOW);
    const { running, answer } = await beginSlowly({ database, leaseMs: 120_000, patienceMs: 60_000 });
    await server.stop();
    answer();
    await sleep(1000);
    server = await start();
    expect(await running).toMatchObject({ status: 'SUCCEEDED', read: 1, written: 1 });
    expect(await rowsOf(database, 'select status from sync_run')).toEqual([{ status: 'SUCCEEDED' }]);
    expect(await rowsOf(database, 'select numerator::text from observation')).toEqual([{ numerator: '1' }]);
    expect(await rowsOf(database, 'select from page')).toHaveLength(1);
  });
});

describe('when PostgreSQL stops in the middle of a run, for longer than the run waits', () => {
  it('the next run succeeds after the lease', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'dti-lease-'));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const start = () => startEmbedded({ dataDir, settings: ['fsync=off'] });
    const before = await start();
    const database = await openDatabase({ url: before.url('postgres') });
    await loadReference(database, { folder: DATA_FOLDER, currentYear: TEST_YEAR, now: NOW });
    await registerSource(database, source.connector.spec, 'ACTIVE', NOW);
    const { running, answer } = await beginSlowly({ database, leaseMs: 3000, patienceMs: 500 });
    await before.stop();
    answer();
    await expect(running).rejects.toThrow();
    await database.close();

    const after = await start();
    const again = await openDatabase({ url: after.url('postgres') });
    onTestFinished(async () => {
      await again.close();
      await after.stop();
    });
    const run = await vi.waitFor(() => sync({ database: again }), { timeout: 60_000, interval: 200 });
    expect(run).toMatchObject({ status: 'SUCCEEDED', written: 1 });
    const runs = await rowsOf(again, 'select status, error_code from sync_run order by id');
    expect(runs).toEqual([
      { status: 'FAILED', error_code: 'SYNC_CANCELLED' },
      { status: 'SUCCEEDED', error_code: null },
    ]);
  });
});
