import { afterAll, beforeAll, expect, it } from 'vitest';
import { findRivals, type Rival } from '../../src/store/judge.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';

const RUN = 7;
let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase('template');
});
afterAll(() => test.drop());

/** Rows that carry two figures each; the raw row stands with the first of them. */
async function stage(rows: readonly { readonly entity: number; readonly value: number; readonly row: number }[]) {
  for (const { entity, value, row } of rows) {
    for (const [ordinal, raw] of [[0, `{"row":${row}}`] as const, [1, null] as const]) {
      await test.database.fork().execute(
        `insert into staged_record (sync_run_id, stream, page_sequence, row_number, ordinal, entity_id, indicator_id, year, period, value,
           obs_status, tombstone, row_hash, raw) values (?, 'rows', 0, ?, ?, ?, ?, 2024, '2024', ?, 'A', false, '', ?)`,
        [RUN, row, ordinal, entity, 10 + ordinal, ordinal === 0 ? 1 : value, raw],
      );
    }
  }
}

it('different figures of an identity come together with their rows, however few are read at once', async () => {
  await stage([
    ...[1, 2, 3].flatMap((entity) => [
      { entity, value: 1, row: entity * 10 },
      { entity, value: 2, row: entity * 10 + 1 },
    ]),
    { entity: 4, value: 1, row: 40 },
  ]);
  await test.database
    .fork()
    .execute(`update staged_record set verdict = 'repeated' where ordinal = 0 and row_number % 10 = 1`);
  const read = async (atOnce?: number) => {
    const groups: (readonly Rival[])[] = [];
    for await (const group of findRivals(test.database.fork(), RUN, atOnce)) groups.push(group);
    return groups;
  };
  const all = await read();
  const shown = all.map((group) => group.map(({ entityId, figure, raw }) => [entityId, figure, raw]));
  expect(shown).toEqual(
    [1, 2, 3].map((entity) => [
      [entity, '1 (A)', `{"row":${entity * 10}}`],
      [entity, '2 (A)', `{"row":${entity * 10 + 1}}`],
    ]),
  );
  for (const atOnce of [1, 3]) expect(await read(atOnce)).toEqual(all);
});
