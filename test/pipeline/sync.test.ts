// Over 400 lines: the account, the cursor and the failures of a run are looked at in one database, through one source.
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { accountAddsUp, type SyncMode } from '../../src/domain/syncRun.js';
import { registerSource } from '../../src/pipeline/source.js';
import { failInterruptedRuns, syncSource } from '../../src/pipeline/sync.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { readSyncRuns } from '../../src/store/listSyncRuns.js';
import { readHead, readRevisions } from '../../src/store/revision.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { LOOPBACK } from '../helpers/loopback.js';
import { NOW, roundOf, rowsOf } from '../store/batch.js';
import { type SmallSource, startSmallSource, TOKEN } from './smallSource.js';

let test: TestDatabase;
let catalogue: Catalogue;
let source: SmallSource;
let sourceId: number;
let sources = 0;

beforeAll(async () => {
  test = await openTestDatabase();
  catalogue = await readCatalogue(test.database.fork());
});
afterAll(() => test.drop());
beforeEach(async () => {
  sources += 1;
  source = await startSmallSource(`small_${sources}`);
  sourceId = await registerSource(test.database, source.connector.spec, 'ACTIVE', NOW);
});
afterEach(() => source.close());

function sync(options: { mode?: SyncMode; signal?: AbortSignal } = {}) {
  return syncSource({
    ...{ database: test.database, catalogue, connector: source.connector, now: () => NOW },
    settings: { baseUrl: source.baseUrl, secrets: { token: TOKEN } },
    mode: options.mode ?? 'FULL_REFRESH',
    signal: options.signal ?? new AbortController().signal,
    addressGuard: LOOPBACK,
  });
}

/** The run as the database has it. */
async function stored(id: number) {
  const [run] = await readSyncRuns(test.database.fork(), [id]);
  if (run === undefined) throw new Error(`there is no run ${id}`);
  return run;
}

interface StoredObservation {
  numerator: string | null;
  tombstone: boolean;
  sync_run_id: string;
  page_sequence: number;
  row_number: number;
}
const observations = () =>
  rowsOf<StoredObservation>(
    test.database,
    `select numerator::text, tombstone, sync_run_id, page_sequence, row_number from observation where source_id = ? order by id`,
    [sourceId],
  );
const cursors = () =>
  rowsOf<{ cursor: unknown }>(test.database, 'select cursor from stream_cursor where source_id = ?', [sourceId]);
const quarantine = (runId: number) =>
  rowsOf<Record<string, unknown>>(
    test.database,
    `select page_sequence, stream, row_number, raw, rule, message from rejected_record where sync_run_id = ? order by id`,
    [runId],
  );
const expire = () =>
  test.database.fork().execute(`update sync_run set lease_expires_at = now() where status = 'RUNNING'`);
const NOTHING = { read: 0, written: 0, unchanged: 0, superseded: 0, tombstoned: 0, rejected: 0, skipped: 0 };

/** A gate for requests: they wait in it until it opens. */
function gate(): { pass: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const pass = new Promise<void>((resolve) => (open = resolve));
  return { pass, open };
}

describe('a sync run', () => {
  it('accounts for every record that it read: written, unchanged, superseded, withdrawn, rejected or skipped', async () => {
    source.rows = [
      { province: '01', part: '1', whole: '10' },
      { province: '48', part: '2', whole: '10' },
      { province: '79', part: '3', whole: '10' },
    ];
    const first = await sync();
    expect(await stored(first.id)).toMatchObject({ ...NOTHING, status: 'SUCCEEDED', read: 3, written: 3, pages: 2 });
    source.rows = [
      { province: '01', part: '1', whole: '10' },
      { province: '48', part: '5', whole: '10' },
      { province: '79', deleted: true },
      { province: '92', part: '4', whole: '10' },
      { province: '00', part: '4', whole: '10' },
      { province: '92', part: '4', whole: '10', note: 'again' },
      { province: 'all', total: true, part: '12', whole: '40' },
    ];
    const second = await sync();
    const counts = { read: 7, written: 1, unchanged: 1, superseded: 1, tombstoned: 1, rejected: 1, skipped: 2 };
    expect(second).toMatchObject(counts);
    expect(accountAddsUp(counts)).toBe(true);
    expect(await stored(second.id)).toMatchObject({
      ...counts,
      ...{
        sourceId,
        mode: 'FULL_REFRESH',
        status: 'SUCCEEDED_WITH_REJECTS',
        startedAt: NOW,
        finishedAt: NOW,
        pages: 4,
      },
      ...{ stopReasons: { figures: 'no next' }, skippedRules: { total_line: 1, duplicate_identical: 1 } },
      ...{ errorCode: null, errorMessage: null, failureType: null },
    });
    expect((await observations()).map(({ numerator, tombstone }) => (tombstone ? 'gone' : numerator))).toHaveLength(6);
  });

  it('takes one revision that names the open round it touches, and none when nothing changed', async () => {
    source.rows = [{ province: '48', part: '2', whole: '10' }];
    const before = await readHead(test.database.fork());
    await sync();
    const revisions = await readRevisions(test.database.fork(), before, 10);
    expect(revisions).toMatchObject([
      { kind: 'OBSERVATIONS', sourceId, roundIds: [roundOf(catalogue, 'PROVINCE-2026')] },
    ]);
    await sync();
    expect(await readHead(test.database.fork())).toBe(revisions[0]?.id);
  });

  it('writes nothing the second time when the source says the same', async () => {
    source.rows = [
      { province: '01', part: '1', whole: '10' },
      { province: '48', part: '2', whole: '10' },
      { province: '79', deleted: true },
    ];
    await sync();
    const before = await observations();
    const again = await sync();
    expect(again).toMatchObject({ ...NOTHING, status: 'SUCCEEDED', read: 3, unchanged: 3 });
    expect(await observations()).toEqual(before);
  });

  it('leads from each observation to its run, page and row, and keeps the page with its hash', async () => {
    source.rows = [
      { province: '01', part: '1', whole: '10' },
      { province: '48', part: '2', whole: '10' },
      { province: '79', part: '3', whole: '10', note: 'Đà Nẵng' },
    ];
    const { id } = await sync();
    const [, , third] = await observations();
    expect(third).toMatchObject({ sync_run_id: String(id), page_sequence: 1, row_number: 0 });
    const pages = await rowsOf<{ body_sha256: string; body_gzip: Buffer; request: string; http_status: number }>(
      test.database,
      'select request, http_status, body_sha256, body_gzip from page where sync_run_id = ? order by sequence',
      [id],
    );
    expect(pages.map(({ request, http_status }) => [request, http_status])).toEqual([
      ['GET /figures?', 200],
      ['GET /figures?after=2', 200],
    ]);
    const bodies = pages.map(({ body_gzip }) => gunzipSync(body_gzip).toString());
    expect(bodies.map((body) => JSON.parse(body).rows)).toEqual([source.rows.slice(0, 2), source.rows.slice(2)]);
    expect(pages.map(({ body_sha256 }) => body_sha256)).toEqual(
      bodies.map((body) => createHash('sha256').update(body).digest('hex')),
    );
  });

  it('puts what it refuses into quarantine, with the raw row, the rule and the reason', async () => {
    source.rows = [
      { province: '01', part: '1', whole: '10' },
      { province: '48', part: '11', whole: '10' },
      { province: '99', part: '1', whole: '10' },
      { province: '48', part: '1', whole: '10', indicator: 'NO_SUCH.1' },
      { province: '48', part: 'many', whole: '10' },
    ];
    const { id } = await sync();
    const rejects = await quarantine(id);
    expect(rejects.map((each) => [each.page_sequence, each.row_number, each.rule])).toEqual([
      [0, 1, 'range'],
      [1, 0, 'entity'],
      [1, 1, 'indicator'],
      [2, 0, 'number'],
    ]);
    expect(rejects.map(({ raw }) => raw)).toEqual(source.rows.slice(1));
    expect(rejects[1]).toMatchObject({ stream: 'figures', message: expect.stringContaining('"99"') });
    expect(await observations()).toHaveLength(1);
  });

  it('is not stopped by a poisoned row with text that a database cannot hold', async () => {
    source.rows = [
      { province: '01', part: '1', whole: '10' },
      { province: 'a\u0000b', note: 'c\u0000d \\u0000 \ud800 😀', part: '1', whole: '10' },
    ];
    const run = await sync();
    expect(run).toMatchObject({ status: 'SUCCEEDED_WITH_REJECTS', written: 1, rejected: 1 });
    const [reject] = await quarantine(run.id);
    expect(reject?.rule).toBe('entity');
    expect(reject?.raw).toMatchObject({ province: 'a\ufffdb', note: 'c\ufffdd \\u0000 \ufffd 😀' });
  });
});

describe('the cursor of a stream', () => {
  it('moves only with a good run, and the next incremental run reads from there', async () => {
    source.rows = [
      { province: '01', part: '1', whole: '10' },
      { province: '48', part: '2', whole: '10' },
      { province: '79', part: '3', whole: '10' },
    ];
    await sync({ mode: 'INCREMENTAL' });
    expect(await cursors()).toEqual([{ cursor: { position: 3 } }]);
    source.rows = [
      ...source.rows,
      { province: '92', part: '4', whole: '10' },
      { province: '31', part: '5', whole: '10' },
      { province: '01', part: '6', whole: '10' },
    ];
    source.asked.length = 0;
    source.intercept = (response, number) => number === 2 && Boolean(response.writeHead(400).end());
    expect((await sync({ mode: 'INCREMENTAL' })).status).toBe('FAILED');
    expect(source.asked).toEqual(['/figures?since=3', '/figures?after=5']);
    expect(await cursors()).toEqual([{ cursor: { position: 3 } }]);
    expect(await observations()).toHaveLength(3);
    source.intercept = () => false;
    source.asked.length = 0;
    expect(await sync({ mode: 'INCREMENTAL' })).toMatchObject({ ...NOTHING, read: 3, written: 2, superseded: 1 });
    expect(source.asked[0]).toBe('/figures?since=3');
    expect(await cursors()).toEqual([{ cursor: { position: 6 } }]);
    expect(await sync({ mode: 'INCREMENTAL' })).toMatchObject({ ...NOTHING, status: 'SUCCEEDED' });
  });

  it('is ignored by a full refresh', async () => {
    source.rows = [{ province: '01', part: '1', whole: '10' }];
    await sync({ mode: 'INCREMENTAL' });
    source.asked.length = 0;
    expect(await sync({ mode: 'FULL_REFRESH' })).toMatchObject({ read: 1, unchanged: 1 });
    expect(source.asked).toEqual(['/figures']);
  });
});

describe('a run that fails', () => {
  const ROWS = [
    { province: '01', part: '1', whole: '10' },
    { province: '48', part: '2', whole: '10' },
    { province: '00', part: '3', whole: '10' },
    { province: '79', part: '4', whole: '10' },
    { province: '92', part: '5', whole: '10' },
  ];

  it.each([
    ['refuses what it is asked', 400, 'SYNC_PROTOCOL', 'system_error', 3],
    ['breaks down for good', 503, 'SYNC_TRANSIENT', 'transient_error', 7],
  ])('leaves nothing but its reason when the source %s in the middle', async (_, status, code, failureType, requests) => {
    source.rows = ROWS;
    const before = await readHead(test.database.fork());
    source.intercept = (response, number) => {
      if (number < 3) return false;
      response.writeHead(status).end(`You sent ${TOKEN} and that is wrong`);
      return true;
    };
    const run = await sync({ mode: 'INCREMENTAL' });
    const kept = await stored(run.id);
    expect(kept).toMatchObject({ ...NOTHING, status: 'FAILED', errorCode: code, failureType, finishedAt: NOW });
    expect(kept.errorMessage).toContain('[secret]');
    expect(JSON.stringify(kept)).not.toContain(TOKEN);
    expect(source.asked).toHaveLength(requests);
    expect([await observations(), await cursors(), await quarantine(run.id)]).toEqual([[], [], []]);
    expect(await rowsOf(test.database, 'select from page where sync_run_id = ?', [run.id])).toEqual([]);
    expect(await readHead(test.database.fork())).toBe(before);
    source.intercept = () => false;
    expect(await sync({ mode: 'INCREMENTAL' })).toMatchObject({ status: 'SUCCEEDED_WITH_REJECTS', written: 4 });
  });

  it('says of a bug in the connector that it is one, without the secret that the bug spills', async () => {
    source.intercept = (response) => Boolean(response.writeHead(200).end(`<html>${TOKEN}</html>`));
    const run = await sync();
    expect(run).toMatchObject({ status: 'FAILED', errorCode: 'INTERNAL_SERVER_ERROR', failureType: 'system_error' });
    expect(run.errorMessage).not.toContain(TOKEN);
    expect(run.errorMessage).toMatch(/JSON/);
  });

  it('fails for a missing secret before any request', async () => {
    const run = await syncSource({
      ...{ database: test.database, catalogue, connector: source.connector, now: () => NOW, mode: 'FULL_REFRESH' },
      settings: { baseUrl: source.baseUrl, secrets: {} },
      signal: new AbortController().signal,
      addressGuard: LOOPBACK,
    });
    expect(run).toMatchObject({ status: 'FAILED', errorCode: 'SYNC_CONFIG', failureType: 'config_error' });
    expect(run.errorMessage).toContain('token');
    expect(source.asked).toEqual([]);
  });

  it('does not stop another source', async () => {
    const other = await startSmallSource(`small_${sources}_other`);
    await registerSource(test.database, other.connector.spec, 'ACTIVE', NOW);
    source.intercept = (response) => Boolean(response.writeHead(400).end());
    other.rows = ROWS;
    const [failed, good] = await Promise.all([
      sync(),
      syncSource({
        ...{ database: test.database, catalogue, connector: other.connector, now: () => NOW, mode: 'FULL_REFRESH' },
        settings: { baseUrl: other.baseUrl, secrets: { token: TOKEN } },
        signal: new AbortController().signal,
        addressGuard: LOOPBACK,
      }),
    ]);
    await other.close();
    expect([failed.status, good.status]).toEqual(['FAILED', 'SUCCEEDED_WITH_REJECTS']);
  });

  it('is refused for a source that is not registered', async () => {
    const stranger = await startSmallSource('stranger');
    const run = syncSource({
      ...{ database: test.database, catalogue, connector: stranger.connector, now: () => NOW, mode: 'FULL_REFRESH' },
      settings: { baseUrl: stranger.baseUrl, secrets: { token: TOKEN } },
      signal: new AbortController().signal,
      addressGuard: LOOPBACK,
    });
    await expect(run).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await stranger.close();
  });
});

describe('two runs of one source', () => {
  it('never go at once: the second is refused, and may start when the first has ended', async () => {
    source.rows = [{ province: '01', part: '1', whole: '10' }];
    const { pass, open } = gate();
    source.intercept = () => pass.then(() => false);
    const both = [sync(), sync()].map((run) =>
      run.then(
        ({ status }) => status,
        (error) => error.code,
      ),
    );
    expect(await Promise.race(both)).toBe('SYNC_BUSY');
    await expect.poll(() => source.asked).toHaveLength(1);
    await expect(sync()).rejects.toMatchObject({ code: 'SYNC_BUSY', message: expect.stringContaining('small_') });
    open();
    expect((await Promise.all(both)).toSorted()).toEqual(['SUCCEEDED', 'SYNC_BUSY']);
    expect(source.asked).toHaveLength(1);
    expect((await sync()).status).toBe('SUCCEEDED');
  });
});

describe('a run that is cancelled or interrupted', () => {
  it('ends CANCELLED when its signal aborts, and leaves nothing', async () => {
    source.rows = [{ province: '01', part: '1', whole: '10' }];
    const { pass, open } = gate();
    source.intercept = () => pass.then(() => false);
    const abort = new AbortController();
    const running = sync({ mode: 'INCREMENTAL', signal: abort.signal });
    await expect.poll(() => source.asked).toHaveLength(1);
    abort.abort();
    const run = await running;
    open();
    expect(await stored(run.id)).toMatchObject({
      ...NOTHING,
      ...{ status: 'CANCELLED', errorCode: 'SYNC_CANCELLED', failureType: 'transient_error', finishedAt: NOW },
    });
    expect([await observations(), await cursors()]).toEqual([[], []]);
  });

  it('is ended by the next start when its process was killed and its lease has passed, and then no longer in the way', async () => {
    const [left] = await rowsOf<{ id: string }>(
      test.database,
      `insert into sync_run (source_id, source_version, mode, status, started_at, owner, lease_expires_at)
       values (?, 1, 'FULL_REFRESH', 'RUNNING', now(), 'elsewhere 1 x', now() + interval '1 hour') returning id`,
      [sourceId],
    );
    await expect(sync()).rejects.toMatchObject({ code: 'SYNC_BUSY' });
    expect(await failInterruptedRuns(test.database, NOW)).toBe(0);
    await expire();
    expect(await failInterruptedRuns(test.database, NOW)).toBe(1);
    expect(await stored(Number(left?.id))).toMatchObject({
      ...{ status: 'FAILED', errorCode: 'SYNC_CANCELLED', failureType: 'transient_error', finishedAt: NOW },
    });
    expect(await failInterruptedRuns(test.database, NOW)).toBe(0);
    expect((await sync()).status).toBe('SUCCEEDED');
  });

  it('commits nothing when somebody else has ended it in the meantime, and says what the other said', async () => {
    source.rows = [{ province: '01', part: '1', whole: '10' }];
    const { pass, open } = gate();
    source.intercept = () => pass.then(() => false);
    const running = sync({ mode: 'INCREMENTAL' });
    await expect.poll(() => source.asked).toHaveLength(1);
    const ended = new Date(NOW.getTime() - 1000);
    await expire();
    expect(await failInterruptedRuns(test.database, ended)).toBe(1);
    open();
    const run = await running;
    expect(await stored(run.id)).toMatchObject({
      ...NOTHING,
      status: 'FAILED',
      errorCode: 'SYNC_CANCELLED',
      finishedAt: ended,
    });
    expect([await observations(), await cursors()]).toEqual([[], []]);
  });
});
