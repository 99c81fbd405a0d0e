import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { applyDifference, encodeDifference } from '../../src/snapshot/delta.js';
import { digestOf, encodeColumns } from '../../src/snapshot/encode.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import {
  dropOldColumns,
  insertSnapshot,
  readColumns,
  readNewestHead,
  readSnapshotHeads,
} from '../../src/store/snapshot.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { NOW, roundOf, rowsOf } from './batch.js';
import { addSnapshot, columnsOf } from './columnFixture.js';

let test: TestDatabase;
let catalogue: Catalogue;
beforeAll(async () => {
  test = await openTestDatabase();
  catalogue = await readCatalogue(test.database.fork());
});
afterAll(() => test.drop());

describe('a stored snapshot', () => {
  it('comes back as it went in, and its head with everything that makes it reproducible', async () => {
    const roundId = roundOf(catalogue, 'PROVINCE-2021');
    const framework = catalogue.framework('PDTI-922');
    const [stored, columns] = [columnsOf(0.8219), encodeColumns(columnsOf(0.8219))];
    const parts = { frameworkId: framework?.id ?? 0, inputRevision: 12, inputHash: 'aa', resultHash: 'bb', columns };
    const { id, revision } = await addSnapshot(test.database, roundId, parts);
    const em = test.database.fork();
    expect(await readColumns(em, id)).toEqual({ id, columns: stored, digest: digestOf(columns) });
    const heads = await readSnapshotHeads(em, revision - 1);
    expect(heads.filter((head) => head.id === id)).toEqual([
      {
        ...{ id, roundId, revision, status: 'PROVISIONAL', inputRevision: 12, frameworkCode: 'PDTI-922' },
        ...{ policyCode: 'test', policyVersion: 3, engineVersion: 'e1', inputHash: 'aa', resultHash: 'bb' },
        ...{ computedAt: NOW.toISOString(), publishedAt: null },
      },
    ]);
    expect(await readNewestHead(em, roundId)).toEqual({
      ...{ id, inputHash: 'aa', resultHash: 'bb', inputRevision: 12, chain: { wholeId: id, steps: 0 } },
    });
  });

  it('has a time of publication when it is published, that of its computation', async () => {
    const { id, revision } = await addSnapshot(test.database, roundOf(catalogue, 'MINISTRY-2022'), {
      status: 'PUBLISHED',
    });
    const [head] = await readSnapshotHeads(test.database.fork(), revision - 1);
    expect(head).toMatchObject({ id, status: 'PUBLISHED', publishedAt: NOW.toISOString() });
  });

  it('is listed after older ones, and not at all to who knows it', async () => {
    const roundId = roundOf(catalogue, 'MINISTRY-2021');
    const first = await addSnapshot(test.database, roundId);
    const second = await addSnapshot(test.database, roundId);
    const list = async (after: number) =>
      (await readSnapshotHeads(test.database.fork(), after))
        .filter((head) => head.roundId === roundId)
        .map(({ id }) => id);
    expect(await list(0)).toEqual([first.id, second.id]);
    expect(await list(first.revision)).toEqual([second.id]);
    expect(await list(second.revision)).toEqual([]);
    const [next, ...others] = await readSnapshotHeads(test.database.fork(), first.revision - 1, 1);
    expect([next?.id, others]).toEqual([first.id, []]);
  });

  it('has no head before it has a revision', async () => {
    const before = (await readSnapshotHeads(test.database.fork(), 0)).length;
    await insertSnapshot(test.database.fork(), {
      ...{ roundId: roundOf(catalogue, 'MINISTRY-2023'), status: 'PROVISIONAL', inputRevision: 1, frameworkId: 1 },
      ...{ policyCode: 'test', policyVersion: 1, engineVersion: 'e1', inputHash: '', resultHash: '', problems: [] },
      ...{ columns: encodeColumns(columnsOf(1)), computedAt: NOW, changeId: 999_999 },
    });
    expect(await readSnapshotHeads(test.database.fork(), 0)).toHaveLength(before);
  });

  it('is absent where there is none', async () => {
    const em = test.database.fork();
    expect(await readNewestHead(em, -1)).toBeNull();
    expect(await readColumns(em, -1)).toBeNull();
  });

  it('is corrupt when its packed columns are damaged', async () => {
    const { id } = await addSnapshot(test.database, roundOf(catalogue, 'PROVINCE-2023'));
    await test.database.fork().execute(`update snapshot set columns_packed = 'damaged' where id = ?`, [id]);
    await expect(readColumns(test.database.fork(), id)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
  });
});

/** A snapshot with whole columns and three differences after it; the value of each is its place. */
async function addChain(roundId: number) {
  const whole = { columns: columnsOf(0), digest: digestOf(encodeColumns(columnsOf(0))) };
  const { id: wholeId } = await addSnapshot(test.database, roundId, { columns: encodeColumns(columnsOf(0)) });
  const chain = [{ ...whole, id: wholeId }];
  for (const steps of [1, 2, 3]) {
    const base = chain.at(-1) ?? whole;
    const columns = encodeDifference(base, columnsOf(steps));
    const { id } = await addSnapshot(test.database, roundId, { columns, chain: { wholeId, steps } });
    chain.push({ ...applyDifference(base, columns), id });
  }
  return chain;
}

describe('a snapshot that is stored as a difference', () => {
  it('is read from the whole one, or from any other that is in memory, with those of other rounds between them', async () => {
    const roundId = roundOf(catalogue, 'PROVINCE-2023');
    const chain = await addChain(roundId);
    await addSnapshot(test.database, roundOf(catalogue, 'PROVINCE-2021'));
    const next = await addChain(roundId);
    const em = test.database.fork();
    for (const [place, { id }] of chain.entries()) {
      expect((await readColumns(em, id))?.columns).toEqual(columnsOf(place));
      for (const held of [...chain, ...next]) expect(await readColumns(em, id, held)).toEqual(chain[place]);
    }
    const last = next[3];
    for (const held of chain) expect(await readColumns(em, last?.id ?? 0, held)).toEqual(last);
    expect((await readNewestHead(em, roundId))?.chain).toEqual({ wholeId: next[0]?.id, steps: 3 });
  });

  it('is corrupt when the snapshot before it is not the one that it was made from, and absent without it', async () => {
    const [, second, third, last] = await addChain(roundOf(catalogue, 'PROVINCE-2023'));
    if (second === undefined || third === undefined || last === undefined) throw new Error('too few');
    const em = test.database.fork();
    const other = { ...third, digest: second.digest };
    await expect(readColumns(em, last.id, other)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
    await em.execute('update snapshot set columns_packed = null where id = ?', [second.id]);
    expect(await readColumns(em, last.id)).toBeNull();
    expect(await readColumns(em, last.id, third)).toEqual(last);
  });
});

describe('dropping old columns', () => {
  it('leaves what a difference that is kept builds on', async () => {
    const roundId = roundOf(catalogue, 'MINISTRY-2023');
    const old = await addChain(roundId);
    const chain = await addChain(roundId);
    const em = test.database.fork();
    await dropOldColumns(em, roundId, 1);
    for (const { id, columns } of chain) expect((await readColumns(em, id))?.columns).toEqual(columns);
    for (const { id } of old) expect(await readColumns(em, id)).toBeNull();
    const [tomorrow] = await addChain(roundId);
    await em.execute("update snapshot set computed_at = computed_at + interval '1 day' where id >= ?", [tomorrow?.id]);
    // The last of its day is in the middle of its chain.
    await em.execute("update snapshot set computed_at = computed_at - interval '1 day' where id = ?", [chain[1]?.id]);
    await dropOldColumns(em, roundId, 1);
    expect((await readColumns(em, chain[1]?.id ?? 0))?.columns).toEqual(columnsOf(1));
    expect((await readColumns(em, chain[3]?.id ?? 0))?.columns).toEqual(columnsOf(3));
  });

  it('keeps the newest, the last of each day and all published ones, and every head', async () => {
    const roundId = roundOf(catalogue, 'PROVINCE-2026');
    const otherRound = roundOf(catalogue, 'PROVINCE-2022');
    const day = (date: number, hour: number) => ({ computedAt: new Date(Date.UTC(2026, 5, date, hour)) });
    const add = async (roundOfIt: number, parts: object) => (await addSnapshot(test.database, roundOfIt, parts)).id;
    const elsewhere = await add(otherRound, day(1, 6));
    const elsewhereLater = await add(otherRound, day(1, 7));
    const published = await add(roundId, { ...day(1, 5), status: 'PUBLISHED' });
    const morning = await add(roundId, day(1, 6));
    const noon = await add(roundId, day(1, 12));
    const next = [await add(roundId, day(2, 6)), await add(roundId, day(2, 7)), await add(roundId, day(2, 8))];
    await dropOldColumns(test.database.fork(), roundId, 2);
    const rows = await rowsOf<{ id: string }>(
      test.database,
      'select id from snapshot where columns_packed is not null and round_id in (?, ?) order by id',
      [roundId, otherRound],
    );
    expect(rows.map(({ id }) => Number(id))).toEqual([
      ...[elsewhere, elsewhereLater, published, noon],
      ...next.slice(1),
    ]);
    const heads = (await readSnapshotHeads(test.database.fork(), 0)).map(({ id }) => id);
    expect(heads).toEqual(expect.arrayContaining([morning, ...next]));
    expect(await readColumns(test.database.fork(), morning)).toBeNull();
    // A second time finds nothing more.
    await dropOldColumns(test.database.fork(), roundId, 2);
    expect(await readColumns(test.database.fork(), noon)).not.toBeNull();
  });
});
