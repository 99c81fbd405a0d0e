import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { computeRound } from '../../src/pipeline/compute.js';
import { registerSource, SELF_REPORT } from '../../src/pipeline/source.js';
import { submit } from '../../src/pipeline/submit.js';
import { syncSource } from '../../src/pipeline/sync.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { LOOPBACK } from '../helpers/loopback.js';
import { NOW, rowsOf } from '../store/batch.js';
import { type SmallRow, startSmallSource, TOKEN } from './smallSource.js';

/** Tables of facts: what is in them stays as it is. */
const FACTS = ['observation', 'revision', 'page', 'rejected_record', 'submission', 'submission_item'];
let test: TestDatabase;
let catalogue: Catalogue;
beforeAll(async () => {
  test = await openTestDatabase();
  await registerSource(test.database, SELF_REPORT, 'ACTIVE', NOW);
  catalogue = await readCatalogue(test.database.fork());
  const em = test.database.fork();
  await em.execute(`create function refuse_change() returns trigger language plpgsql as $$
    begin raise exception '% of % is not allowed', tg_op, tg_table_name; end $$`);
  for (const table of FACTS) {
    await em.execute(`create trigger only_append before update or delete or truncate on ${table}
      for each statement execute function refuse_change()`);
  }
});
afterAll(() => test.drop());

describe('the facts', () => {
  it('are only ever appended to, from the first sync to a published round', async () => {
    const source = await startSmallSource('appending');
    await registerSource(test.database, source.connector.spec, 'ACTIVE', NOW);
    const sync = async (rows: SmallRow[]) => {
      source.rows = rows;
      const run = await syncSource({
        ...{ database: test.database, catalogue, connector: source.connector, mode: 'FULL_REFRESH', now: () => NOW },
        settings: { baseUrl: source.baseUrl, secrets: { token: TOKEN } },
        signal: new AbortController().signal,
        addressGuard: LOOPBACK,
      });
      expect([run.errorMessage, run.status]).toEqual([null, 'SUCCEEDED_WITH_REJECTS']);
      return run;
    };
    const compute = (publish = false) =>
      computeRound({ database: test.database, catalogue, roundCode: 'PROVINCE-2026', publish, now: () => NOW });
    const bad = { province: '00', part: '1', whole: '2' };
    await sync([{ province: '01', part: '1', whole: '10' }, { province: '48', part: '1', whole: '10' }, bad]);
    await compute();
    const run = await sync([{ province: '01', part: '2', whole: '10' }, { province: '48', deleted: true }, bad]);
    expect(run).toMatchObject({ superseded: 1, tombstoned: 1 });
    await source.close();
    const [code = ''] = (catalogue.framework('PDTI-922')?.measures ?? [])
      .filter(({ indicator }) => indicator?.rule.kind === 'YES_NO')
      .map((measure) => measure.code);
    for (const value of ['0', '1']) {
      const claimed = { value, numerator: null, denominator: null };
      const item = { claimed, accepted: claimed, state: 'ACCEPTED' as const, evidence: [], reviewNote: null };
      const report = { roundCode: 'PROVINCE-2026', entityKey: 'GSO-2025:01', reviewer: null, simulated: true };
      await submit(test.database, catalogue, [{ ...report, items: [{ ...item, indicatorCode: code }] }], NOW);
      await compute();
    }
    await compute(true);
    const [row] = await rowsOf<{ all: string; corrections: string }>(
      test.database,
      'select count(*) as all, count(supersedes_id) as corrections from observation',
    );
    expect(row).toEqual({ all: '6', corrections: '3' });
  });

  it.each(FACTS)('in %s could not be changed without this test seeing it', async (table) => {
    const change = test.database.fork().execute(`update ${table} set id = id`);
    await expect(change).rejects.toThrow(`UPDATE of ${table} is not allowed`);
    await expect(test.database.fork().execute(`delete from ${table}`)).rejects.toThrow('is not allowed');
  });
});
