import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import type { Connector } from '../../src/domain/connector.js';
import { registerSource } from '../../src/pipeline/source.js';
import { syncSource } from '../../src/pipeline/sync.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { LOOPBACK } from '../helpers/loopback.js';
import { startFakeSource } from '../source/fakeSource.js';
import { makeConnector, makeManifest, queryOf, sendJson } from '../source/manifest/manifestFixture.js';
import { NOW, rowsOf } from '../store/batch.js';

const PERSON = '001099012345';
const MAPPING = {
  framework: 'PDTI-922',
  entity: { by: 'code', codeSystem: 'GSO-2025', field: 'province' },
  period: { field: 'year', format: 'year' },
  figures: [{ indicator: 'GOV_ACTIVITY.12', value: { field: 'value' } }],
};

let test: TestDatabase;
let catalogue: Catalogue;
beforeAll(async () => {
  test = await openTestDatabase();
  catalogue = await readCatalogue(test.database.fork());
});
afterAll(() => test.drop());

async function sync(connector: Connector, baseUrl: string) {
  await registerSource(test.database, connector.spec, 'ACTIVE', NOW);
  return syncSource({
    ...{ database: test.database, catalogue, connector, mode: 'FULL_REFRESH', now: () => NOW, addressGuard: LOOPBACK },
    settings: { baseUrl, secrets: {} },
    signal: new AbortController().signal,
  });
}

it('a run with a personal number fails on the record, and no table has the number, or anything of the run', async () => {
  const { baseUrl } = await startFakeSource(({ url }, response) => {
    const isFirst = queryOf(url).get('page') === '1';
    const rows = [{ province: isFirst ? '01' : '48', year: 2026, value: 7, ...(isFirst ? {} : { officer: PERSON }) }];
    sendJson(response, { items: [...rows, { province: '00', year: 2026, value: 1 }], pages: 2 });
  });
  const manifest = makeManifest(
    {
      request: { path: '/rows', query: { page: '{{ page }}' } },
      pagination: { type: 'page', stop: { rule: 'lastPage', path: 'pages' } },
      mapping: MAPPING,
    },
    { key: 'private' },
  );
  const run = await sync(makeConnector(manifest), baseUrl);
  expect(run).toMatchObject({ status: 'FAILED', errorCode: 'SYNC_PRIVACY', failureType: 'config_error', written: 0 });
  expect(run.errorMessage).toContain('Stream rows, page 1: row 0, field officer');
  for (const table of ['page', 'rejected_record', 'staged_record', 'observation']) {
    expect(await rowsOf(test.database, `select 1 from ${table} where sync_run_id = ?`, [run.id]), table).toEqual([]);
  }
  const [stored] = await rowsOf<object>(test.database, 'select * from sync_run where id = ?', [run.id]);
  expect(JSON.stringify(stored)).not.toContain(PERSON);
});

it('a small count is served as missing, and counted with its run', async () => {
  const counts = new Map([
    ['01', 12],
    ['48', 3],
    ['79', 4],
  ]);
  const { baseUrl } = await startFakeSource((_request, response) =>
    sendJson(response, { items: [...counts].map(([province, value]) => ({ province, year: 2026, value })) }),
  );
  const manifest = makeManifest({ mapping: { ...MAPPING, suppress: { below: 5 } } }, { key: 'small_counts' });
  const stored = () =>
    rowsOf<object>(
      test.database,
      `select o.value::text, o.obs_status from observation o join source s on s.id = o.source_id
       where s.key = 'small_counts' order by o.id`,
    );
  const run = await sync(makeConnector(manifest), baseUrl);
  expect(run).toMatchObject({
    ...{ status: 'SUCCEEDED', read: 3, written: 3, skipped: 0 },
    skippedRules: { suppressed_small_count: 2 },
  });
  const missing = { value: null, obs_status: 'O' };
  expect(await stored()).toEqual([{ value: '12', obs_status: 'A' }, missing, missing]);
  // What was told before is not told any more once it is small.
  counts.set('01', 2);
  expect(await sync(makeConnector(manifest), baseUrl)).toMatchObject({ superseded: 1, unchanged: 2 });
  expect((await stored()).at(-1)).toEqual(missing);
});
