import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { encodeColumns } from '../../src/snapshot/encode.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import {
  dropOldColumns,
  insertSnapshot,
  readNewestHead,
  readSnapshotColumns,
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
  it('comes back as it went in, byte for byte, and its head with everything that makes it reproducible', async () => {
    const roundId = roundOf(catalogue, 'PROVINCE-2021');
    const framework = catalogue.framework('PDTI-922');
    const columns = encodeColumns(columnsOf(0.8219));
    const parts = { frameworkId: framework?.id ?? 0, inputRevision: 12, inputHash: 'aa', resultHash: 'bb', columns };
    const { id, revision } = await addSnapshot(test.database, roundId, parts);
    const em = test.database.fork();
    expect(Buffer.from((await readSnapshotColumns(em, id)) ?? [])).toEqual(Buffer.from(columns));
    const heads = await readSnapshotHeads(em, revision - 1);
    expect(heads.filter((head) => head.id === id)).toEqual([
      {
        ...{ id, roundId, revision, status: 'PROVISIONAL', inputRevision: 12, frameworkCode: 'PDTI-922' },
        ...{ policyCode: 'test', policyVersion: 3, engineVersion: 'e1', inputHash: 'aa', resultHash: 'bb' },
        ...{ computedAt: NOW.toISOString(), publishedAt: null },
      },
    ]);
    expect(await readNewestHead(em, roundId)).toEqual({ inputHash: 'aa', resultHash: 'bb', inputRevision: 12 });
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
    expect(await readSnapshotColumns(em, -1)).toBeNull();
  });

  it('is corrupt when its packed columns are damaged', async () => {
    const { id } = await addSnapshot(test.database, roundOf(catalogue, 'PROVINCE-2023'));
    await test.database.fork().execute(`update snapshot set columns_gzip = 'damaged' where id = ?`, [id]);
    await expect(readSnapshotColumns(test.database.fork(), id)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
  });
});

describe('dropping old columns', () => {
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
      'select id from snapshot where columns_gzip is not null and round_id in (?, ?) order by id',
      [roundId, otherRound],
    );
    expect(rows.map(({ id }) => Number(id))).toEqual([
      ...[elsewhere, elsewhereLater, published, noon],
      ...next.slice(1),
    ]);
    const heads = (await readSnapshotHeads(test.database.fork(), 0)).map(({ id }) => id);
    expect(heads).toEqual(expect.arrayContaining([morning, ...next]));
    expect(await readSnapshotColumns(test.database.fork(), morning)).toBeNull();
    // A second time finds nothing more.
    await dropOldColumns(test.database.fork(), roundId, 2);
    expect(await readSnapshotColumns(test.database.fork(), noon)).not.toBeNull();
  });
});
