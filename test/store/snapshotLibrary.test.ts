import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import type { SnapshotColumns, SnapshotHead } from '../../src/domain/snapshot.js';
import { sha256Hex } from '../../src/proof/hash.js';
import { encodeDifference } from '../../src/snapshot/delta.js';
import { digestOf, encodeColumns } from '../../src/snapshot/encode.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { readSnapshotHeads } from '../../src/store/snapshot.js';
import { SnapshotLibrary } from '../../src/store/snapshotLibrary.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { roundOf } from './batch.js';
import { addSnapshot, columnsOf } from './columnFixture.js';

let test: TestDatabase;
let catalogue: Catalogue;
let library: SnapshotLibrary;
/** Ids of the snapshots that the library asked to be computed again. */
let recomputed: number[];
let recompute: (head: SnapshotHead) => Promise<SnapshotColumns>;

beforeAll(async () => {
  test = await openTestDatabase();
  catalogue = await readCatalogue(test.database.fork());
});
beforeEach(() => {
  recomputed = [];
  recompute = async () => columnsOf(0.5);
  library = new SnapshotLibrary(test.database, (head) => {
    recomputed.push(head.id);
    return recompute(head);
  });
});
afterAll(() => test.drop());

const EVER = Number.MAX_SAFE_INTEGER;
async function headOf(id: number): Promise<SnapshotHead> {
  await library.refresh();
  const head = library.byId(id);
  if (head === undefined) throw new Error(`the library has no snapshot ${id}`);
  return head;
}
/** Adds snapshots whose columns have been dropped. */
async function addDropped(count: number): Promise<SnapshotHead[]> {
  const heads: SnapshotHead[] = [];
  for (let at = 0; at < count; at += 1) {
    const { id } = await addSnapshot(test.database, roundOf(catalogue, 'MINISTRY-2023'));
    await test.database.fork().execute('update snapshot set columns_packed = null where id = ?', [id]);
    heads.push(await headOf(id));
  }
  return heads;
}

describe('the snapshot library', () => {
  it('finds the newest snapshot of a round that is not after a revision', async () => {
    const roundId = roundOf(catalogue, 'PROVINCE-2021');
    const first = await addSnapshot(test.database, roundId);
    await addSnapshot(test.database, roundOf(catalogue, 'PROVINCE-2022'));
    const second = await addSnapshot(test.database, roundId);
    await library.refresh();
    const find = (revision: number) => library.find(roundId, { revision, provisional: true })?.id;
    expect(find(first.revision - 1)).toBeUndefined();
    expect(find(first.revision)).toBe(first.id);
    expect(find(second.revision - 1)).toBe(first.id);
    expect(find(second.revision)).toBe(second.id);
    expect(find(EVER)).toBe(second.id);
    expect(library.list(roundId, { revision: EVER, provisional: true }).map(({ id }) => id)).toEqual([
      second.id,
      first.id,
    ]);
  });

  it('shows published snapshots only to who may not see provisional ones', async () => {
    const roundId = roundOf(catalogue, 'MINISTRY-2021');
    const before = await addSnapshot(test.database, roundId);
    const published = await addSnapshot(test.database, roundId, { status: 'PUBLISHED' });
    await library.refresh();
    const scope = (revision: number) => ({ revision, provisional: false });
    expect(library.find(roundId, scope(before.revision))).toBeUndefined();
    expect(library.find(roundId, scope(EVER))?.id).toBe(published.id);
    expect(library.list(roundId, scope(EVER)).map(({ id }) => id)).toEqual([published.id]);
    expect(library.findPublished(roundId, published.revision)?.id).toBe(published.id);
    expect(library.findPublished(roundId, published.revision - 1)).toBeUndefined();
    expect(library.find(roundId, { revision: before.revision, provisional: true })?.id).toBe(before.id);
  });

  it('lists what came after a revision, oldest first, for who follows a round', async () => {
    const roundId = roundOf(catalogue, 'MINISTRY-2022');
    const added: { id: number; revision: number }[] = [];
    for (const status of ['PROVISIONAL', 'PROVISIONAL', 'PUBLISHED', 'PROVISIONAL'] as const) {
      added.push(await addSnapshot(test.database, roundId, { status }));
    }
    await library.refresh();
    const [first, second, published, last] = added.map(({ revision }) => revision);
    if (first === undefined || second === undefined || published === undefined || last === undefined) throw new Error();
    const since = (after: number, revision: number, provisional = true) =>
      library.since(roundId, after, { revision, provisional }).map((head) => head.revision);
    expect(since(0, EVER)).toEqual([first, second, published, last]);
    expect(since(first, EVER)).toEqual([second, published, last]);
    expect(since(first, published)).toEqual([second, published]);
    expect(since(first - 1, first)).toEqual([first]);
    expect(since(last, EVER)).toEqual([]);
    expect(since(last, first)).toEqual([]);
    expect(since(0, EVER, false)).toEqual([published]);
    expect(since(published, EVER, false)).toEqual([]);
    expect(library.since(-1, 0, { revision: EVER, provisional: true })).toEqual([]);
  });

  it('gives heads back as the database has them, among hundreds of others', async () => {
    const roundId = roundOf(catalogue, 'PROVINCE-2026');
    for (let at = 0; at < 100; at += 1) {
      await addSnapshot(test.database, roundId, {
        inputRevision: at,
        inputHash: sha256Hex(`in ${at}`),
        resultHash: at % 10 === 0 ? 'odd' : sha256Hex(`out ${at}`),
        engineVersion: `e${at % 3}`,
        status: at === 50 ? 'PUBLISHED' : 'PROVISIONAL',
        computedAt: new Date(1e12 + at),
      });
    }
    await library.refresh();
    const stored = (await readSnapshotHeads(test.database.fork(), 0)).filter((head) => head.roundId === roundId);
    expect(stored).toHaveLength(100);
    expect(library.since(roundId, 0, { revision: EVER, provisional: true })).toEqual(stored);
    for (const head of stored) {
      expect(library.byId(head.id)).toEqual(head);
      expect(library.find(roundId, { revision: head.revision, provisional: true })).toEqual(head);
    }
    expect(library.findPublished(roundId, EVER)).toEqual(stored[50]);
  });

  it('learns of thousands at once', async () => {
    const roundId = roundOf(catalogue, 'MINISTRY-2023');
    const before = await addSnapshot(test.database, roundId);
    const em = test.database.fork();
    await em.execute(
      `with made as (
         insert into snapshot (round_id, status, input_revision, framework_id, policy_code, policy_version, engine_version,
           input_hash, result_hash, problems, computed_at, change_id)
         select round_id, status, n, framework_id, policy_code, policy_version, engine_version, input_hash, result_hash, '[]',
           computed_at, nextval('change_id') from snapshot, generate_series(1, 12000) n where id = ? order by n
         returning id, change_id)
       insert into revision (id, change_id, kind, round_ids, snapshot_id, committed_at)
       select (select max(id) from revision) + row_number() over (order by id), change_id, 'SNAPSHOT', '{}', id, now() from made order by id`,
      [before.id],
    );
    await library.refresh();
    const heads = library.since(roundId, before.revision, { revision: EVER, provisional: true });
    expect(heads.map(({ inputRevision }) => inputRevision)).toEqual(Array.from({ length: 12_000 }, (_, at) => at + 1));
    await library.refresh();
    expect(library.since(roundId, before.revision, { revision: EVER, provisional: true })).toHaveLength(12_000);
  });

  it('learns of new snapshots by a refresh and not before, each once', async () => {
    const roundId = roundOf(catalogue, 'PROVINCE-2023');
    await library.refresh();
    const { id } = await addSnapshot(test.database, roundId);
    expect(library.byId(id)).toBeUndefined();
    await Promise.all([library.refresh(), library.refresh(), library.refresh()]);
    expect(library.list(roundId, { revision: EVER, provisional: true }).filter((head) => head.id === id)).toHaveLength(
      1,
    );
  });

  it('loads the stored columns, and once for all who ask at the same time', async () => {
    const columns = encodeColumns(columnsOf(0.25));
    const { id } = await addSnapshot(test.database, roundOf(catalogue, 'PROVINCE-2022'), { columns });
    const head = await headOf(id);
    expect(library.loaded(head)).toBeNull();
    const [one, two] = await Promise.all([library.load(head), library.load(head)]);
    expect(library.loaded(head)?.columns).toBe(one.columns);
    expect(one.columns).toEqual(columnsOf(0.25));
    expect(one.columns).toBe(two.columns);
    expect((await library.load(head)).columns).toBe(one.columns);
    expect(recomputed).toEqual([]);
  });

  it('has dropped columns computed again, once while they are in memory', async () => {
    const [head] = await addDropped(1);
    if (head === undefined) throw new Error('no snapshot');
    expect((await library.load(head)).columns).toEqual(columnsOf(0.5));
    await library.load(head);
    expect(recomputed).toEqual([head.id]);
  });

  it.each([
    ['are no archive', Buffer.from('damaged')],
    ['are cut', gzipSync(encodeColumns(columnsOf(1))).subarray(0, -12)],
    ['have another digit', gzipSync(encodeColumns(columnsOf(1)).with(60, 77))],
    [
      'have no entities',
      gzipSync(encodeColumns({ ...columnsOf(1, 0), entityIds: new Int32Array(0), groupOf: new Int32Array(0) })),
    ],
  ])('says that a snapshot is corrupt whose columns %s, and reads them again when they are mended', async (_, bytes) => {
    const { id } = await addSnapshot(test.database, roundOf(catalogue, 'PROVINCE-2022'));
    const head = await headOf(id);
    const store = (packed: Buffer) =>
      test.database.fork().execute('update snapshot set columns_packed = ? where id = ?', [packed, id]);
    await store(bytes);
    await expect(library.load(head)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
    await store(gzipSync(encodeColumns(columnsOf(1))));
    expect((await library.load(head)).columns).toEqual(columnsOf(1));
  });

  it('tries again to compute dropped columns when it failed', async () => {
    const [head] = await addDropped(1);
    if (head === undefined) throw new Error('no snapshot');
    recompute = () => Promise.reject(new Error('for once'));
    await expect(library.load(head)).rejects.toThrow('for once');
    recompute = async () => columnsOf(0.75);
    expect((await library.load(head)).columns).toEqual(columnsOf(0.75));
  });

  it('takes columns that were stored in this process without reading them, and only for their own snapshot', async () => {
    const roundId = roundOf(catalogue, 'PROVINCE-2021');
    const [{ id }, { id: other }] = [
      await addSnapshot(test.database, roundId),
      await addSnapshot(test.database, roundId),
    ];
    const columns = columnsOf(0.125);
    library.offer(roundId, { id, columns, digest: digestOf(encodeColumns(columns)) });
    const head = await headOf(id);
    await library.follow(head);
    expect((await library.load(head)).columns).toBe(columns);
    expect((await library.load(await headOf(other))).columns).toEqual(columnsOf(1));
  });

  it('follows a round that somebody reads by differences, which share what does not differ', async () => {
    const roundId = roundOf(catalogue, 'MINISTRY-2021');
    const first = { columns: columnsOf(1), digest: digestOf(encodeColumns(columnsOf(1))) };
    const { id: wholeId } = await addSnapshot(test.database, roundId);
    const { columns } = await library.load(await headOf(wholeId));
    const next = { ...columnsOf(1), rank: Int32Array.of(1, 1) };
    const { id } = await addSnapshot(test.database, roundId, {
      ...{ columns: encodeDifference(first, next), chain: { wholeId, steps: 1 } },
    });
    const head = await headOf(id);
    await library.follow(head);
    // Only what is in memory already is left to read.
    await test.database.fork().execute('update snapshot set columns_packed = null where id = ?', [id]);
    const loaded = await library.load(head);
    expect(loaded.columns).toEqual(next);
    expect(loaded.columns.value).toBe(columns.value);
    expect(recomputed).toEqual([]);
  });

  it('does not follow what nobody reads, and says nothing of what it cannot read', async () => {
    const roundId = roundOf(catalogue, 'PROVINCE-2022');
    const { id } = await addSnapshot(test.database, roundId);
    await library.follow(await headOf(id));
    await test.database.fork().execute(`update snapshot set columns_packed = null where id = ?`, [id]);
    await library.load(await headOf(id));
    expect(recomputed).toEqual([id]);
    recompute = () => Promise.reject(new Error('for once'));
    library.offer(roundId, { id: id + 1, columns: columnsOf(1, 0), digest: new Uint8Array(32) });
    const { id: next } = await addSnapshot(test.database, roundId);
    await library.follow(await headOf(next));
  });

  it('keeps what was used last and lets the rest go when its memory is full', async () => {
    const [a, b, c, d] = await addDropped(4);
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('too few');
    // About 20 MB each: three fit.
    recompute = async () => columnsOf(1, 380_000);
    for (const head of [a, b, c]) await library.load(head);
    // Whoever takes one at once uses it, too.
    expect(library.loaded(a)).not.toBeNull();
    await library.load(d);
    expect(recomputed).toEqual([a, b, c, d].map(({ id }) => id));
    recomputed = [];
    for (const head of [d, c, a]) await library.load(head);
    expect(recomputed).toEqual([]);
    await library.load(b);
    expect(recomputed).toEqual([b.id]);
  });

  it('loads the newest of each round ahead, and the published one beside it, while they fit and there is time', async () => {
    const [one, other] = ['PROVINCE-2023', 'MINISTRY-2022'].map((code) => roundOf(catalogue, code));
    if (one === undefined || other === undefined) throw new Error('the rounds are not there');
    const added: number[] = [];
    for (const status of ['PUBLISHED', 'PROVISIONAL', 'PROVISIONAL'] as const) {
      added.push((await addSnapshot(test.database, one, { status })).id);
    }
    added.push((await addSnapshot(test.database, other)).id);
    await library.refresh();
    const held = (of: SnapshotLibrary) => added.map((id) => of.holds(of.byId(id) as SnapshotHead));
    const { signal } = new AbortController();
    expect(await library.loadNewest([one, other], AbortSignal.abort())).toBe(0);
    expect(held(library)).toEqual([false, false, false, false]);
    const count = await library.loadNewest([one, other], signal);
    expect(library.memory.snapshots).toBe(count);
    expect(held(library)).toEqual([true, false, true, true]);
    expect(await library.loadNewest([one, other], signal)).toBe(0);

    const small = new SnapshotLibrary(test.database, recompute, () => 1);
    await small.refresh();
    expect(await small.loadNewest([one, other], signal)).toBe(1);
    expect(held(small)).toEqual([false, false, true, false]);
    // What somebody uses is not given up for what nobody has asked for.
    expect(await small.loadNewest([other, one], signal)).toBe(0);
    expect(held(small)).toEqual([false, false, true, false]);
  });

  it('counts what is on offer, once, and lets it go with the rest when it was taken', async () => {
    const [a, b] = await addDropped(2);
    const roundId = roundOf(catalogue, 'PROVINCE-2021');
    const { id } = await addSnapshot(test.database, roundId);
    if (a === undefined || b === undefined) throw new Error('too few');
    recompute = async () => columnsOf(1, 380_000);
    await library.load(a);
    const { bytes } = library.memory;
    // Those whose transaction was rolled back are never asked for.
    for (const lost of [id + 1_000_000, id + 2_000_000, id]) {
      library.offer(roundId, { id: lost, columns: columnsOf(0.5, 380_000), digest: new Uint8Array(32) });
      expect(library.memory).toEqual({ snapshots: 1, bytes: 2 * bytes });
    }
    const head = await headOf(id);
    const { columns } = await library.load(head);
    expect([columns.value[0], library.memory]).toEqual([0.5, { snapshots: 2, bytes: 2 * bytes }]);
    for (const other of await addDropped(3)) await library.load(other);
    expect(library.loaded(head)).toBeNull();
    expect(library.memory).toEqual({ snapshots: 3, bytes: 3 * bytes });
  });

  it('keeps a snapshot that took long to come, and counts it once', async () => {
    const [slow, ...others] = await addDropped(5);
    if (slow === undefined) throw new Error('too few');
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    recompute = async (head) => {
      if (head.id === slow.id) await gate;
      return columnsOf(1, 380_000);
    };
    const loading = library.load(slow);
    for (const head of others) await library.load(head);
    release();
    await loading;
    recomputed = [];
    await library.load(slow);
    for (const head of others.slice(-2)) await library.load(head);
    expect(recomputed).toEqual([]);
  });
});
