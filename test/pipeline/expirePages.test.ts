import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { expirePages } from '../../src/pipeline/expirePages.js';
import { registerSource } from '../../src/pipeline/source.js';
import { syncSource } from '../../src/pipeline/sync.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { countRejects, listPages, listRejects } from '../../src/store/listPages.js';
import { readPageBodyHeads, SHOWN_BODY_CHARS } from '../../src/store/pageBody.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { LOOPBACK } from '../helpers/loopback.js';
import { NOW } from '../store/batch.js';
import { type PagedRow, pagedConnector, startPagedSource } from './pagedSource.js';

let test: TestDatabase;
let catalogue: Catalogue;
beforeAll(async () => {
  test = await openTestDatabase();
  catalogue = await readCatalogue(test.database.fork());
});
afterAll(() => test.drop());

it('gives up old pages that no observation in force and no open reject comes from', async () => {
  const source = await startPagedSource();
  onTestFinished(() => source.close());
  const connector = pagedConnector('expiring');
  await registerSource(test.database, connector.spec, 'ACTIVE', NOW);
  const sync = async (rows: readonly PagedRow[]) => {
    source.rows = rows;
    return syncSource({
      ...{
        database: test.database,
        catalogue,
        connector,
        mode: 'FULL_REFRESH',
        now: () => NOW,
        addressGuard: LOOPBACK,
      },
      ...{ settings: { baseUrl: source.baseUrl, secrets: {} }, signal: new AbortController().signal },
    });
  };
  const row = (year: number, province: string, value: string): PagedRow => ({ year, province, value });
  const first = await sync([row(2024, '01', '1'), row(2025, '01', '1'), row(2026, '00', '1')]);
  await sync([row(2024, '01', '2'), row(2025, '01', '1'), row(2026, '48', '1')]);
  const numbers = async () =>
    (await listPages(test.database.fork(), first.id, null, 10)).map(({ sequence, rows }) => [sequence, rows]);
  expect(await numbers()).toEqual([0, 1, 2].map((number) => [number, 1]));
  const heads = () =>
    readPageBodyHeads(
      test.database.fork(),
      [1, 9, 0].map((sequence) => ({ runId: first.id, sequence })),
    );
  const shown = { text: expect.stringContaining('"year":2025'), isCut: false };
  expect(await heads()).toEqual([shown, null, { text: expect.stringContaining('"year":2024'), isCut: false }]);
  expect(await expirePages(test.database, NOW)).toBe(0);
  const later = new Date(NOW.getTime() + 91 * 86_400_000);
  // The first page's figure was corrected, and the second run's unchanged page is the origin of nothing.
  expect(await expirePages(test.database, later)).toBe(2);
  expect(await heads()).toEqual([shown, null, null]);
  expect(await numbers()).toEqual([1, 2].map((number) => [number, 1]));
  expect(await listRejects(test.database.fork(), first.id, null, 5)).toMatchObject([
    { rule: 'entity', stream: 'rows', page: 2, row: 0, raw: { province: '00' }, replayedRunId: null },
  ]);
  expect(await countRejects(test.database.fork(), first.id)).toBe(1);
});

it.each([
  ['as long as may be', 'ế'.repeat(SHOWN_BODY_CHARS), SHOWN_BODY_CHARS, false],
  ['one character longer', 'ế'.repeat(SHOWN_BODY_CHARS + 1), SHOWN_BODY_CHARS, true],
  ['cut within a character', `a${'🀄'.repeat(SHOWN_BODY_CHARS)}`, SHOWN_BODY_CHARS - 1, true],
  ['that gzip cannot make smaller', randomBytes(3_000_000).toString('latin1'), SHOWN_BODY_CHARS, true],
  ['empty', '', 0, false],
])('shows the beginning of a body: %s', async (_, body, length, isCut) => {
  const em = test.database.fork();
  await em.begin();
  const [page] = await em.execute<{ id: string; runId: string; sequence: number }[]>(
    'select id, sync_run_id as "runId", sequence from page limit 1',
  );
  if (page === undefined) throw new Error('there is no page');
  await em.execute('update page set body_gzip = ? where id = ?', [gzipSync(body), page.id]);
  const [head] = await readPageBodyHeads(em, [{ runId: Number(page.runId), sequence: page.sequence }]);
  expect(head?.isCut).toBe(isCut);
  expect(head?.text === body.slice(0, length)).toBe(true);
  await em.rollback();
});
