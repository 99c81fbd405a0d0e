import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import type { Connector } from '../../src/domain/connector.js';
import type { SyncMode } from '../../src/domain/syncRun.js';
import { replayRejected } from '../../src/pipeline/replay.js';
import { registerSource } from '../../src/pipeline/source.js';
import { syncSource } from '../../src/pipeline/sync.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { listRejects } from '../../src/store/listPages.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { LOOPBACK } from '../helpers/loopback.js';
import { NOW, rowsOf } from '../store/batch.js';
import { type PagedRow, type PagedSource, pagedConnector, startPagedSource } from './pagedSource.js';

let test: TestDatabase;
let catalogue: Catalogue;
let source: PagedSource;
let key: string;
let sources = 0;

beforeAll(async () => {
  test = await openTestDatabase();
  catalogue = await readCatalogue(test.database.fork());
});
afterAll(() => test.drop());
beforeEach(async () => {
  sources += 1;
  key = `ruled_${sources}`;
  source = await startPagedSource();
  await registerSource(test.database, pagedConnector(key).spec, 'ACTIVE', NOW);
});
afterEach(() => source.close());

function sync(connector: Connector, rows: readonly PagedRow[], mode: SyncMode = 'FULL_REFRESH', period?: string) {
  source.rows = rows;
  return syncSource({
    ...{ database: test.database, catalogue, connector, mode, now: () => NOW, addressGuard: LOOPBACK },
    ...(period === undefined ? {} : { period }),
    ...{ settings: { baseUrl: source.baseUrl, secrets: {} }, signal: new AbortController().signal },
  });
}

const make = (province: string, value: string | null, more: Partial<PagedRow> = {}): PagedRow => ({
  ...{ year: 2024, province, value },
  ...more,
});
const observations = async () =>
  (
    await rowsOf<{ code: string; value: string | null; tombstone: boolean; page_sequence: number | null }>(
      test.database,
      `select e.code, o.value::text, o.tombstone, o.page_sequence from observation o join source s on s.id = o.source_id
       join entity e on e.id = o.entity_id where s.key = ? order by o.id`,
      [key],
    )
  ).map(({ code, value, tombstone }) => `${code} ${tombstone ? 'gone' : value}`);
const rejectsOf = (runId: number) =>
  rowsOf<{ rule: string; row_number: number; raw: object }>(
    test.database,
    'select rule, row_number, raw from rejected_record where sync_run_id = ? order by id',
    [runId],
  );

describe('a rule of a stream', () => {
  it('fails a run with too many rejects, serves nothing of it, and keeps the rejects for people', async () => {
    const connector = pagedConnector(key, { rules: { maxRejectShare: 0.4 } });
    const run = await sync(connector, [make('01', '1'), make('00', '2')]);
    expect(run).toMatchObject({ status: 'FAILED', errorCode: 'SYNC_RULE', failureType: 'config_error' });
    expect(run.errorMessage).toContain('1 of 2');
    expect([await observations(), await rejectsOf(run.id)]).toMatchObject([[], [{ rule: 'entity' }]]);
    const good = await sync(connector, [make('01', '1'), make('48', '1'), make('00', '2')]);
    expect(good).toMatchObject({ status: 'SUCCEEDED_WITH_REJECTS', written: 2, rejected: 1 });
  });

  it('says that nothing is no success where there was something, unless it is told otherwise', async () => {
    expect(await sync(pagedConnector(key), [])).toMatchObject({ status: 'SUCCEEDED' });
    await sync(pagedConnector(key), [make('01', '1'), make('48', '1')]);
    const empty = await sync(pagedConnector(key), []);
    expect(empty).toMatchObject({ status: 'FAILED', errorCode: 'SYNC_RULE' });
    const half = pagedConnector(key, { rules: { minRowsShare: 0.6 } });
    expect(await sync(half, [make('01', '1')])).toMatchObject({ status: 'FAILED', errorCode: 'SYNC_RULE' });
    // What changed since a cursor may be little.
    expect(await sync(half, [make('01', '1')], 'INCREMENTAL')).toMatchObject({ status: 'SUCCEEDED' });
    expect(await sync(pagedConnector(key, { rules: { minRowsShare: 0 } }), [])).toMatchObject({ status: 'SUCCEEDED' });
    expect(await observations()).toEqual(['01 1', '48 1']);
  });

  it('withdraws what a full snapshot has no more, but not when a record was rejected or the run is incremental', async () => {
    const connector = pagedConnector(key, { rules: { fullSnapshot: true } });
    await sync(connector, [make('01', '1'), make('48', '1'), make('79', '1')]);
    const rejected = await sync(connector, [make('01', '1'), make('00', '1')]);
    expect(rejected).toMatchObject({ status: 'SUCCEEDED_WITH_REJECTS', tombstoned: 0, unchanged: 1 });
    expect(Object.entries(rejected.stopReasons).find(([name]) => name.includes('difference'))?.[1]).toContain(
      'rejected',
    );
    const incremental = await sync(connector, [make('01', '1')], 'INCREMENTAL');
    expect(incremental).toMatchObject({ status: 'SUCCEEDED', tombstoned: 0 });
    const less = await sync(connector, [make('01', '1'), make('92', '2')]);
    expect(less).toMatchObject({ read: 4, written: 1, unchanged: 1, tombstoned: 2, withdrawnByDifference: 2 });
    expect((await observations()).slice(-3).toSorted()).toEqual(['48 gone', '79 gone', '92 2']);
    expect(await sync(connector, [make('01', '1'), make('92', '2')])).toMatchObject({ read: 2, unchanged: 2 });
  });

  it.each([
    ['identical', ['01 1', '48 1'], ['unique'], { duplicate_identical: 1 }],
    ['reject_both', ['48 1'], ['unique', 'unique'], { duplicate_identical: 1 }],
  ])('decides between figures of one identity, over pages: %s', async (unique, kept, rules, skipped) => {
    const connector = pagedConnector(key, { rules: { unique } });
    const run = await sync(connector, [
      ...[make('01', '1'), make('48', '1'), make('01', '2', { extra: 'a' })],
      make('01', '1.0', { extra: 'b' }),
    ]);
    expect(run).toMatchObject({ read: 4, skippedRules: skipped, rejected: rules.length });
    expect((await observations()).toSorted()).toEqual(kept);
    const rejects = await rejectsOf(run.id);
    expect(rejects.map(({ rule }) => rule)).toEqual(rules);
    expect(rejects.at(-1)?.raw).toMatchObject({ value: '2', extra: 'a' });
  });

  it('leaves a contradiction open until a run reads the stream as a whole', async () => {
    const connector = pagedConnector(key);
    const closedBy = async (runId: number) =>
      (await listRejects(test.database.fork(), runId, null, 10)).map(({ replayedRunId }) => replayedRunId);
    const contradiction = [make('01', '1'), make('01', '2'), make('48', '1')];
    const first = await sync(connector, contradiction);
    await sync(connector, [make('48', '2')], 'INCREMENTAL');
    expect(await closedBy(first.id)).toEqual([null]);
    const second = await sync(connector, contradiction);
    expect([await closedBy(first.id), await closedBy(second.id)]).toEqual([[second.id], [null]]);
    const third = await sync(connector, [make('01', '2'), make('48', '1')]);
    expect(third).toMatchObject({ status: 'SUCCEEDED', superseded: 1 });
    expect([await closedBy(first.id), await closedBy(second.id)]).toEqual([[second.id], [third.id]]);
  });

  it('keeps the highest revision, whatever the order', async () => {
    const base = pagedConnector(key, { rules: { unique: 'highest_revision' } });
    const [stream] = base.streams;
    if (stream === undefined) throw new Error('no stream');
    const connector: Connector = {
      ...base,
      streams: [
        {
          ...stream,
          async *read(...args) {
            for await (const page of stream.read(...args)) {
              const rows = page.rows.map(({ raw, records }) => {
                const revision = (raw as PagedRow).version ?? null;
                return { raw, records: records.map((each) => (each.kind === 'record' ? { ...each, revision } : each)) };
              });
              yield { ...page, rows };
            }
          },
        },
      ],
    };
    const run = await sync(connector, [
      ...[make('01', '9', { version: 9 }), make('01', '10', { version: 10 }), make('01', '2', { version: 2 })],
      ...[make('48', '1', { version: 1 }), make('48', '2', { version: 1 }), make('48', '0', { version: 0 })],
      ...[make('79', '3'), make('79', '4', { version: 1 })],
    ]);
    expect((await observations()).toSorted()).toEqual(['01 10', '79 4']);
    expect(run).toMatchObject({ read: 8, written: 2, rejected: 3, skipped: 3, skippedRules: { older_revision: 3 } });
  });
});

describe('the fields of a stream', () => {
  it('may have names that no database takes', async () => {
    const run = await sync(pagedConnector(key), [make('01', '1', { 'o\0dd': 'x\0', extra: '\ud800' } as object)]);
    expect(run).toMatchObject({ status: 'SUCCEEDED', written: 1 });
    expect(run.streams?.rows?.fields).toContain('o\ufffddd');
  });

  it('are compared with those of the last good run', async () => {
    const connector = pagedConnector(key);
    const first = await sync(connector, [make('01', '1', { extra: 'x' }), make('48', '1')]);
    expect(first.schemaChanges ?? []).toEqual([]);
    const second = await sync(connector, [make('01', '1'), make('48', '1', { version: 3 })]);
    expect(second.schemaChanges).toEqual(['rows: field "extra" disappeared', 'rows: field "version" appeared']);
    expect((await sync(connector, [make('01', '1'), make('48', '1', { version: 3 })])).schemaChanges).toEqual([]);
  });
});

describe('rows in quarantine', () => {
  const replay = (connector: Connector, runId?: number) =>
    replayRejected(
      { database: test.database, catalogue, connector, now: () => NOW },
      { sourceKey: key, ...(runId === undefined ? {} : { runId }) },
    );
  /** A connector that reads "n/a:5" as 5, as if its manifest had been mended. */
  const mended = (): Connector => {
    const base = pagedConnector(key, { version: 2 });
    const [stream] = base.streams;
    if (stream === undefined) throw new Error('no stream');
    const mapRaw = (raw: unknown, context: unknown) => {
      const row = raw as PagedRow;
      return stream.mapRaw?.({ ...row, value: row.value?.replace('n/a:', '') ?? null }, context) ?? [];
    };
    return { ...base, streams: [{ ...stream, mapRaw }] };
  };

  it('are mapped again by the connector of now, in a run of its own, and only once', async () => {
    const run = await sync(pagedConnector(key), [
      make('01', '1'),
      make('48', 'n/a:5'),
      make('79', 'bad'),
      make('00', '1'),
    ]);
    expect(run).toMatchObject({ written: 1, rejected: 3 });
    const again = await replay(mended());
    expect(again).toMatchObject({ mode: 'REPLAY', status: 'SUCCEEDED_WITH_REJECTS', sourceVersion: 2, pages: 2 });
    expect(again).toMatchObject({ read: 3, written: 1, rejected: 2 });
    expect(await observations()).toEqual(['01 1', '48 5']);
    const [traced] = await rowsOf(
      test.database,
      `select p.request, o.row_number from observation o join page p on p.sync_run_id = o.sync_run_id and p.sequence = o.page_sequence
       where o.sync_run_id = ?`,
      [again?.id],
    );
    expect(traced).toMatchObject({ request: expect.stringContaining('page=1'), row_number: 1 });
    expect((await rejectsOf(again?.id ?? 0)).map(({ rule }) => rule).toSorted()).toEqual(['entity', 'number']);
    expect(await replay(mended(), run.id)).toBeNull();
    expect(await replay(mended())).toMatchObject({ read: 2, written: 0, rejected: 2 });
  });

  it('never replace what a later run has said', async () => {
    const connector = pagedConnector(key);
    const refused = await sync(connector, [make('01', '1'), make('48', 'n/a:5')]);
    await sync(connector, [make('48', '6', { version: 1 })], 'INCREMENTAL');
    expect(await replay(mended(), refused.id)).toMatchObject({ read: 1, written: 0, skippedRules: { newer_known: 1 } });
    expect(await observations()).toEqual(['01 1', '48 6']);
  });

  it('are kept when a run of another period has passed over them', async () => {
    const rows = [make('48', 'n/a:5'), { ...make('01', '2'), year: 2025 }];
    await sync(pagedConnector(key), rows);
    // What the mended connector makes of the row is of 2024, and no business of a run of 2025.
    const readWell = (row: PagedRow) => ({ ...row, value: row.value?.replace('n/a:', '') ?? null });
    expect(await sync(pagedConnector(key, { version: 2 }), rows.map(readWell), 'FULL_REFRESH', '2025')).toMatchObject({
      skippedRules: { outside_period: 1 },
    });
    expect(await replay(mended())).toMatchObject({ read: 1, written: 1, skipped: 0 });
    expect(await observations()).toEqual(['01 2', '48 5']);
  });

  it('say that there is nothing to do, or that it cannot be done', async () => {
    await sync(pagedConnector(key), [make('01', '1')]);
    expect(await replay(mended())).toBeNull();
    const { mapRaw: _, ...stream } = mended().streams[0] ?? { mapRaw: null, name: '' };
    const mute = { ...mended(), streams: [stream] } as unknown as Connector;
    await expect(replay(mute)).rejects.toMatchObject({ code: 'SYNC_CONFIG' });
  });
});
