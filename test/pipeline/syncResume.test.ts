import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import type { Connector } from '../../src/domain/connector.js';
import type { SyncMode } from '../../src/domain/syncRun.js';
import { registerSource } from '../../src/pipeline/source.js';
import { failInterruptedRuns, syncSource } from '../../src/pipeline/sync.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { LOOPBACK } from '../helpers/loopback.js';
import { NOW, rowsOf } from '../store/batch.js';
import { PAGINGS, type PagedRow, type PagedSource, pagedConnector, startPagedSource, YEARS } from './pagedSource.js';

let test: TestDatabase;
let catalogue: Catalogue;
let source: PagedSource;
let sources = 0;

beforeAll(async () => {
  test = await openTestDatabase();
  catalogue = await readCatalogue(test.database.fork());
});
afterAll(() => test.drop());
beforeEach(async () => {
  source = await startPagedSource();
});
afterEach(() => source.close());

function nextKey(): string {
  sources += 1;
  return `resumed_${sources}`;
}

function sync(connector: Connector, mode: SyncMode = 'FULL_REFRESH', signal = new AbortController().signal) {
  return syncSource({
    ...{ database: test.database, catalogue, connector, mode, signal, now: () => NOW, addressGuard: LOOPBACK },
    settings: { baseUrl: source.baseUrl, secrets: {} },
  });
}

/**
 * Starts a run whose process "dies" while it waits for the answer to a request; somebody else may go on with it at once.
 * @returns false when it ended before
 */
async function syncUntil(connector: Connector, request: number): Promise<boolean> {
  const death = new AbortController();
  const before = source.asked.length;
  let reached: () => void = () => undefined;
  const hangs = new Promise<void>((resolve) => (reached = resolve));
  source.intercept = (_, number) => {
    if (number - before < request) return false;
    reached();
    return true;
  };
  const run = sync(connector, 'FULL_REFRESH', death.signal).catch(() => undefined);
  const isKilled = await Promise.race([hangs.then(() => true), run.then(() => false)]);
  // A dead process neither renews nor ends its run.
  await test.database
    .fork()
    .execute(`update sync_run set owner = 'dead 1 x', lease_expires_at = now() where status = 'RUNNING'`);
  source.intercept = () => false;
  death.abort();
  await run;
  return isKilled;
}

const observations = (key: string) =>
  rowsOf<object>(
    test.database,
    `select o.entity_id, o.period, o.value::text, o.tombstone, o.supersedes_id is not null as corrects, o.page_sequence, o.row_number, o.row_hash,
       o.stream from observation o join source s on s.id = o.source_id where s.key = ? order by o.entity_id, o.period, o.id`,
    [key],
  );
const lastRun = (key: string) =>
  rowsOf<Record<string, unknown>>(
    test.database,
    `select r.read, r.written, r.unchanged, r.superseded, r.tombstoned, r.rejected, r.skipped, r.pages, r.stop_reasons, r.skipped_rules,
       r.status, r.streams, r.checkpoint, (select count(*) from page p where p.sync_run_id = r.id)::int as kept,
       (select jsonb_agg(jsonb_build_array(j.page_sequence, j.row_number, j.raw, j.rule) order by j.page_sequence, j.row_number)
        from rejected_record j where j.sync_run_id = r.id) as rejects,
       (select count(*) from staged_record g where g.sync_run_id = r.id)::int as staged
     from sync_run r join source s on s.id = r.source_id where s.key = ? order by r.id desc limit 1`,
    [key],
  );

const row = fc.record({
  year: fc.constantFrom(...YEARS),
  province: fc.constantFrom('01', '48', '79', '92', '00'),
  value: fc.constantFrom('1', '2', '2.0', 'many', null),
  deleted: fc.boolean(),
});

describe('a run that was killed', () => {
  it('ends like one that was not, after any page, with any pages, and asks for no more than one page twice', async () => {
    const world = fc.record({
      first: fc.array(row, { maxLength: 8 }),
      second: fc.array(row, { minLength: 1, maxLength: 14 }),
      pageSize: fc.integer({ min: 1, max: 4 }),
      paging: fc.constantFrom(...PAGINGS),
      kills: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(world, async ({ first, second, pageSize, paging, kills }) => {
        const [calm, killed] = [nextKey(), nextKey()].map((key) =>
          pagedConnector(key, { paging, size: pageSize, rules: { minRowsShare: 0 } }),
        ) as [Connector, Connector];
        source.pageSize = pageSize;
        // No page twice with the same rows: rows differ.
        const serve = (rows: readonly PagedRow[]) => {
          source.rows = rows.map((each, at) => ({ ...each, version: at, extra: `${at}` }));
        };
        for (const connector of [calm, killed]) {
          await registerSource(test.database, connector.spec, 'ACTIVE', NOW);
          serve(first);
          await sync(connector);
        }
        serve(second);
        await sync(calm);
        source.asked.length = 0;
        let isUnderWay = true;
        for (const request of kills) isUnderWay &&= await syncUntil(killed, request);
        if (isUnderWay) await sync(killed);
        const { key } = killed.spec;
        const [[expected], [actual]] = [await lastRun(calm.spec.key), await lastRun(key)];
        expect(actual).toEqual(expected);
        expect(actual).toMatchObject({ checkpoint: null, staged: 0 });
        expect(await observations(key)).toEqual(await observations(calm.spec.key));
        const repeats = source.asked.length - new Set(source.asked).size;
        expect(repeats).toBeLessThanOrEqual(kills.length);
      }),
      { numRuns: 12 },
    );
  });

  it('or told to end leaves its run to whoever is free, at once and after the last page that was kept', async () => {
    const connector = pagedConnector(nextKey());
    await registerSource(test.database, connector.spec, 'ACTIVE', NOW);
    source.rows = ['01', '48', '79', '92', '31'].map((province) => ({ year: 2024, province, value: '1' }));
    const end = new AbortController();
    source.intercept = (_, number) => {
      if (number === 3) end.abort();
      return number === 3;
    };
    const left = await sync(connector, 'FULL_REFRESH', end.signal);
    source.intercept = () => false;
    expect(left).toMatchObject({ status: 'RUNNING', finishedAt: null });
    const gone = await sync(connector);
    expect(gone).toMatchObject({ id: left.id, status: 'SUCCEEDED', read: 5, written: 5 });
    expect(source.asked.length - new Set(source.asked).size).toBe(1);
  });

  it('is the same run, of another owner, and stands in nobody’s way while nobody goes on with it', async () => {
    const connector = pagedConnector(nextKey());
    const { key } = connector.spec;
    await registerSource(test.database, connector.spec, 'ACTIVE', NOW);
    source.rows = ['01', '48', '79', '92', '31'].map((province) => ({ year: 2024, province, value: '1' }));
    await syncUntil(connector, 3);
    const [left] = await rowsOf<{ id: string }>(test.database, `select id from sync_run where status = 'RUNNING'`);
    expect(await observations(key)).toEqual([]);
    expect(await failInterruptedRuns(test.database, NOW)).toBe(0);
    const run = await sync(connector, 'INCREMENTAL');
    expect(run).toMatchObject({ id: Number(left?.id), status: 'SUCCEEDED', mode: 'FULL_REFRESH', written: 5 });
  });

  it('is ended when that is asked for, and leaves nothing', async () => {
    const connector = pagedConnector(nextKey());
    await registerSource(test.database, connector.spec, 'ACTIVE', NOW);
    source.rows = ['01', '48', '79'].map((province) => ({ year: 2024, province, value: '1' }));
    await syncUntil(connector, 2);
    expect(await failInterruptedRuns(test.database, NOW, { resumable: true })).toBe(1);
    expect(await lastRun(connector.spec.key)).toMatchObject([{ status: 'FAILED', kept: 0, staged: 0, read: 0 }]);
  });

  it('is not gone on with by another version of the connector', async () => {
    const key = nextKey();
    const connector = pagedConnector(key);
    await registerSource(test.database, connector.spec, 'ACTIVE', NOW);
    source.rows = ['01', '48', '79'].map((province) => ({ year: 2024, province, value: '1' }));
    await syncUntil(connector, 2);
    expect(await sync(pagedConnector(key, { version: 2 }))).toMatchObject({ status: 'SUCCEEDED', written: 3 });
    const runs = await rowsOf<{ status: string }>(
      test.database,
      `select r.status from sync_run r join source s on s.id = r.source_id where s.key = ? order by r.id`,
      [key],
    );
    expect(runs.map(({ status }) => status)).toEqual(['FAILED', 'SUCCEEDED']);
  });

  it('begins again when the server crashed in between and lost its stage, or the source does not know its position', async () => {
    for (const loss of ['stage', 'position']) {
      const connector = pagedConnector(nextKey(), { paging: 'cursor' });
      await registerSource(test.database, connector.spec, 'ACTIVE', NOW);
      source.rows = ['01', '48', '79', '92', '31'].map((province) => ({ year: 2024, province, value: '1' }));
      await syncUntil(connector, 3);
      if (loss === 'stage') await test.database.fork().execute('delete from staged_record');
      else {
        const before = source.asked.length;
        source.intercept = (response, number) =>
          number === before + 1 && Boolean(response.writeHead(410).end('token expired'));
      }
      expect(await sync(connector)).toMatchObject({ status: 'SUCCEEDED', read: 5, written: 5, pages: 5 });
      expect(await lastRun(connector.spec.key)).toMatchObject([{ kept: 5, staged: 0 }]);
    }
  });

  it('is given up when it kills whoever goes on with it', async () => {
    const connector = pagedConnector(nextKey());
    await registerSource(test.database, connector.spec, 'ACTIVE', NOW);
    source.rows = ['01', '48', '79'].map((province) => ({ year: 2024, province, value: '1' }));
    await syncUntil(connector, 2);
    for (let kill = 0; kill < 5; kill += 1) await syncUntil(connector, 1);
    const run = await sync(connector);
    const [{ count } = { count: 0 }] = await rowsOf<{ count: number }>(
      test.database,
      'select count(*)::int as count from sync_run where source_id = ?',
      [run.sourceId],
    );
    expect([run.status, count]).toEqual(['SUCCEEDED', 2]);
  });
});

describe('a run whose connections to the database are cut', () => {
  it('tries again and ends well', async () => {
    const connector = pagedConnector(nextKey());
    await registerSource(test.database, connector.spec, 'ACTIVE', NOW);
    source.rows = ['01', '48', '79', '92', '31'].map((province) => ({ year: 2024, province, value: '1' }));
    const cut = () =>
      test.database
        .fork()
        .execute(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
        )
        .catch(() => undefined);
    source.intercept = async () => {
      await cut();
      return false;
    };
    expect(await sync(connector)).toMatchObject({ status: 'SUCCEEDED', read: 5, written: 5, pages: 5 });
    expect(await lastRun(connector.spec.key)).toMatchObject([{ kept: 5, staged: 0 }]);
  });
});
