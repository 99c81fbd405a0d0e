import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import type { SnapshotColumns } from '../../src/domain/snapshot.js';
import { computeRound, recomputeSnapshot } from '../../src/pipeline/compute.js';
import { RoundMemory } from '../../src/pipeline/roundMemory.js';
import { entityPosition, measurePosition, readCell } from '../../src/snapshot/columns.js';
import { resultHash } from '../../src/snapshot/resultHash.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { ADVISORY_LOCKS, holdRoundStatus } from '../../src/store/lock.js';
import { writeObservations } from '../../src/store/observation.js';
import { nextChangeId, readHead, readRevisions, takeRevision } from '../../src/store/revision.js';
import { type HeldColumns, readColumns, readSnapshotHeads } from '../../src/store/snapshot.js';
import { SnapshotLibrary } from '../../src/store/snapshotLibrary.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { addSource, entityOf, indicatorOf, NOW, record, roundOf, rowsOf, writeBatch } from '../store/batch.js';
import { connect, untilBlocked } from '../store/blocked.js';

const ROUND = 'PROVINCE-2026';
let test: TestDatabase;
let catalogue: Catalogue;
let sourceId: number;
let figures = 0;
beforeAll(async () => {
  test = await openTestDatabase();
  sourceId = await addSource(test.database, 'figures');
});
// A test that publishes leaves the round as the others need it.
beforeEach(async () => {
  await test.database.fork().execute(`update round set status = 'OPEN'`);
  await test.database.fork().execute('truncate snapshot');
  catalogue = await readCatalogue(test.database.fork());
});
afterAll(() => test.drop());

const compute = (parts: { publish?: boolean; roundCode?: string } = {}) =>
  computeRound({ database: test.database, catalogue, roundCode: ROUND, now: () => NOW, ...parts });
function nextFigure(): string {
  figures += 1;
  return String(figures);
}

/** Writes a figure that nobody has written before. */
async function change(entityKey = 'GSO-2025:48', numerator = nextFigure()): Promise<number> {
  const parts = { numerator, denominator: '100000' };
  const one = record({
    ...{ entityId: entityOf(catalogue, entityKey), indicatorId: indicatorOf(catalogue, 'GOV_ACTIVITY.12') },
    ...parts,
  });
  return (await writeBatch(test.database, sourceId, [one])).revision;
}
const snapshots = () =>
  rowsOf<{ id: string; status: string; input_hash: string; result_hash: string }>(
    test.database,
    'select id, status, input_hash, result_hash from snapshot where round_id = ? order by id',
    [roundOf(catalogue, ROUND)],
  );
const roundStatus = async () =>
  (await rowsOf<{ status: string }>(test.database, 'select status from round where code = ?', [ROUND]))[0]?.status;

describe('the computation of a round', () => {
  it('freezes all entities and measures with the revision that it read, in a transaction with one revision', async () => {
    const inputRevision = await change();
    const { snapshotId, revision, inputHash, resultHash } = await compute();
    if (snapshotId === null || revision === null) throw new Error('no snapshot');
    expect(await readRevisions(test.database.fork(), inputRevision, 10)).toMatchObject([
      { id: revision, kind: 'SNAPSHOT', roundIds: [roundOf(catalogue, ROUND)], snapshotId },
    ]);
    const [head] = await readSnapshotHeads(test.database.fork(), revision - 1);
    expect(head).toMatchObject({
      ...{ id: snapshotId, revision, inputRevision, inputHash, resultHash, status: 'PROVISIONAL' },
      ...{ frameworkCode: 'PDTI-922', policyCode: catalogue.policy.code, policyVersion: catalogue.policy.version },
    });
    const columns = (await readColumns(test.database.fork(), snapshotId))?.columns;
    if (columns === undefined) throw new Error('no columns');
    expect([columns.entityIds.length, columns.measureIds.length]).toEqual([34, 98 + 9 + 3 + 1]);
    const measureAt = measurePosition(columns, indicatorOf(catalogue, 'GOV_ACTIVITY.12')) ?? -1;
    const known = readCell(columns, measureAt, entityPosition(columns, entityOf(catalogue, 'GSO-2025:48')) ?? -1);
    const unknown = readCell(columns, measureAt, entityPosition(columns, entityOf(catalogue, 'GSO-2025:92')) ?? -1);
    expect(known).toMatchObject({ value: expect.any(Number), automaticShare: 1, observationId: expect.any(Number) });
    expect(unknown).toMatchObject({ value: null, observationId: null });
  });

  it('writes nothing when nothing has changed, and gives the same hashes', async () => {
    await change();
    const first = await compute();
    const before = await readHead(test.database.fork());
    const again = await compute();
    expect(again).toMatchObject({ snapshotId: null, revision: null });
    expect([again.inputHash, again.resultHash]).toEqual([first.inputHash, first.resultHash]);
    expect(await readHead(test.database.fork())).toBe(before);
  });

  it('writes nothing for an observation of another year or body', async () => {
    await change();
    await compute();
    await writeBatch(test.database, sourceId, [
      record({
        ...{ entityId: entityOf(catalogue, 'GSO-2025:48'), indicatorId: indicatorOf(catalogue, 'GOV_ACTIVITY.12') },
        ...{ year: 2025, period: '2025', numerator: '1', denominator: String(100 + figures) },
      }),
    ]);
    await change('GSO-2004:01');
    expect((await compute()).snapshotId).toBeNull();
  });

  it('writes a content once when it is asked for many times at the same moment', async () => {
    await change();
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => compute()));
    expect(outcomes.filter(({ snapshotId }) => snapshotId !== null)).toHaveLength(1);
    expect(await snapshots()).toHaveLength(1);
  });

  it('never lets an older state follow a newer one, however computations and writes overtake each other', async () => {
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        await change();
        await compute();
      }),
    );
    await compute();
    const heads = (await readSnapshotHeads(test.database.fork(), 0)).filter(
      ({ roundId }) => roundId === roundOf(catalogue, ROUND),
    );
    const inputs = heads.map(({ inputRevision }) => inputRevision);
    expect(inputs).toEqual(inputs.toSorted((a, b) => a - b));
    const hashes = heads.map(({ inputHash }) => inputHash);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect((await compute()).inputHash).toBe(hashes.at(-1));
  });

  it('goes back to an earlier content with a snapshot of its own when the figures go back', async () => {
    await change('GSO-2025:48', '7');
    const first = await compute();
    await change('GSO-2025:48', '8');
    await compute();
    await change('GSO-2025:48', '7');
    const third = await compute();
    expect(third.snapshotId).not.toBeNull();
    expect(third.inputHash).toBe(first.inputHash);
    expect(third.resultHash).toBe(first.resultHash);
  });

  it('is refused for a round that does not exist', async () => {
    await expect(compute({ roundCode: 'PROVINCE-1999' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('publishing a round', () => {
  it('seals the snapshot and the round at the same revision, also when nothing changed since the last snapshot', async () => {
    await change();
    const provisional = await compute();
    const published = await compute({ publish: true });
    expect(published.resultHash).toBe(provisional.resultHash);
    expect(await readRevisions(test.database.fork(), (published.revision ?? 0) - 1, 10)).toMatchObject([
      { id: published.revision, kind: 'ROUND', snapshotId: published.snapshotId },
    ]);
    expect(await roundStatus()).toBe('PUBLISHED');
    expect((await snapshots()).map(({ status }) => status)).toEqual(['PROVISIONAL', 'PUBLISHED']);
  });

  it('happens once, however many try at the same moment, and nothing is computed after it', async () => {
    await change();
    const tries = await Promise.allSettled(Array.from({ length: 4 }, () => compute({ publish: true })));
    const refused = tries.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
    expect(refused).toEqual(['ROUND_STATE', 'ROUND_STATE', 'ROUND_STATE']);
    await change();
    await expect(compute()).rejects.toMatchObject({ code: 'ROUND_STATE' });
    await expect(compute({ publish: true })).rejects.toMatchObject({ code: 'ROUND_STATE' });
    expect(await snapshots()).toHaveLength(1);
  });

  it('seals every figure that came while it waited, never an older state than the newest snapshot', async () => {
    await change();
    const computing = await connect(test.url);
    await computing.query('select pg_advisory_lock($1, $2)', [ADVISORY_LOCKS.ROUND, roundOf(catalogue, ROUND)]);
    const publishing = compute({ publish: true });
    await untilBlocked(test.database);
    const later = await change();
    await computing.query('select pg_advisory_unlock_all()');
    const { revision, inputHash } = await publishing;
    const [head] = await readSnapshotHeads(test.database.fork(), (revision ?? 0) - 1);
    expect(head).toMatchObject({ status: 'PUBLISHED', inputHash });
    expect(head?.inputRevision).toBeGreaterThanOrEqual(later);
  });

  it('waits for a self-report that the open round is taking in, and holds it', async () => {
    await change();
    let publishing: ReturnType<typeof compute> | undefined;
    const figure = record({
      ...{ entityId: entityOf(catalogue, 'GSO-2025:48'), indicatorId: indicatorOf(catalogue, 'GOV_ACTIVITY.12') },
      ...{ numerator: nextFigure(), denominator: '100000' },
    });
    const revision = await test.database.fork().transactional(async (em) => {
      const roundId = roundOf(catalogue, ROUND);
      expect([...(await holdRoundStatus(em, [roundId]))]).toEqual([[roundId, 'OPEN']]);
      publishing = compute({ publish: true });
      await untilBlocked(test.database);
      const changeId = await nextChangeId(em);
      await writeObservations(em, { sourceId, syncRunId: null, retrievedAt: NOW, changeId }, [figure]);
      return takeRevision(em, { changeId, kind: 'OBSERVATIONS', roundIds: [roundId], sourceId });
    });
    const published = await publishing;
    const [head] = await readSnapshotHeads(test.database.fork(), (published?.revision ?? 0) - 1);
    expect(head?.inputRevision).toBeGreaterThanOrEqual(revision);
  });

  it('leaves neither a snapshot nor a published round behind when it fails at its very end', async () => {
    await change();
    const em = test.database.fork();
    await em.execute(`create function refuse() returns trigger language plpgsql as $$
      begin if new.kind = 'ROUND' then raise exception 'refused on purpose'; end if; return new; end $$`);
    await em.execute('create trigger refuse before insert on revision for each row execute function refuse()');
    try {
      await expect(compute({ publish: true })).rejects.toThrow(/refused on purpose/);
      expect(await snapshots()).toEqual([]);
      expect(await roundStatus()).toBe('OPEN');
    } finally {
      await em.execute('drop trigger refuse on revision; drop function refuse()');
    }
    expect((await compute({ publish: true })).snapshotId).not.toBeNull();
  });
});

describe('the snapshots of an open round', () => {
  const stored = () =>
    rowsOf<{ id: string; whole_id: string | null; steps: number }>(
      test.database,
      'select id, whole_id, steps from snapshot where round_id = ? order by id',
      [roundOf(catalogue, ROUND)],
    );
  const columnsOfId = async (id: number | null) => (await readColumns(test.database.fork(), id ?? 0))?.columns;

  it('are stored as differences, also when two processes take turns, and read as what was computed', async () => {
    const memories = [new RoundMemory(), new RoundMemory()];
    const computed: [number | null, SnapshotColumns][] = [];
    const library = { offer: (_: number, held: HeldColumns) => void computed.push([held.id, held.columns]) };
    for (const turn of [0, 0, 1, 1, 0, 1, 0]) {
      await change(turn === 0 ? 'GSO-2025:48' : 'GSO-2025:92');
      const memory = memories[turn];
      if (memory === undefined) throw new Error('no memory');
      await computeRound({ database: test.database, catalogue, roundCode: ROUND, now: () => NOW, memory, library });
    }
    const rows = await stored();
    expect(rows.map(({ whole_id, steps }) => [whole_id, steps])).toEqual(
      rows.map((_, at) => [at === 0 ? null : rows[0]?.id, at]),
    );
    expect(computed.map(([id]) => id)).toEqual(rows.map(({ id }) => Number(id)));
    for (const [id, columns] of computed) expect(await columnsOfId(id)).toEqual(columns);
  });

  it('are whole again after 200 differences, when they were dropped or damaged, and when they are published', async () => {
    const again = async () => {
      await change();
      return (await compute()).snapshotId;
    };
    await again();
    await again();
    await rowsOf(test.database, 'update snapshot set steps = 200 where steps > 0');
    await again();
    await again();
    await rowsOf(test.database, 'update snapshot set columns_packed = null');
    await again();
    await rowsOf(test.database, `update snapshot set columns_packed = 'damaged'`);
    await again();
    await change();
    await compute({ publish: true });
    expect((await stored()).map(({ steps }) => steps)).toEqual([0, 200, 0, 1, 0, 0, 0]);
  });
});

describe('the columns of old snapshots', () => {
  it('are dropped in each of two open rounds, whatever ids their snapshots have', async () => {
    for (const roundCode of [ROUND, 'PROVINCE-2022']) {
      await test.database.fork().execute(
        `insert into snapshot (round_id, status, input_revision, framework_id, policy_code, policy_version, engine_version,
           input_hash, result_hash, problems, columns_packed, computed_at, change_id)
         select r.id, 'PROVISIONAL', 0, r.framework_id, 'test', 1, 'test', 'in', 'out', '[]', 'x', ?, -(n * 1000 + r.id)
         from round r, generate_series(1, 2050) n where r.code = ?`,
        [NOW, roundCode],
      );
      await compute({ roundCode });
      const [row] = await rowsOf<{ whole: string; all: string }>(
        test.database,
        'select count(columns_packed) as whole, count(*) as all from snapshot where round_id = ?',
        [roundOf(catalogue, roundCode)],
      );
      expect(row).toEqual({ whole: '2000', all: '2051' });
    }
  });
});

describe('a snapshot whose columns were dropped', () => {
  it('is computed again from the observations of its time, cell for cell', async () => {
    await change();
    const { snapshotId } = await compute();
    const before = (await readColumns(test.database.fork(), snapshotId ?? 0))?.columns;
    await change();
    await test.database.fork().execute('update snapshot set columns_packed = null where id = ?', [snapshotId]);
    const library = new SnapshotLibrary(test.database, (head) => recomputeSnapshot(test.database, catalogue, head));
    await library.refresh();
    const head = library.byId(snapshotId ?? 0);
    if (head === undefined) throw new Error('no head');
    expect((await library.load(head)).columns).toEqual(before);
  });

  it('is held against the hash as the first engine made it, when it is of that time', async () => {
    await change();
    const { revision } = await compute();
    const [head] = await readSnapshotHeads(test.database.fork(), (revision ?? 0) - 1);
    if (head === undefined) throw new Error('no head');
    const columns = await recomputeSnapshot(test.database, catalogue, head);
    const keys = [...columns.entityIds].map((id) => catalogue.entity(id)).map((each) => `GSO-2025:${each?.code}`);
    const codes = [...columns.measureIds].map((id) => catalogue.measure(id)?.code ?? '');
    const old = { ...head, engineVersion: '1', resultHash: resultHash(columns, keys, codes, 'LINES') };
    expect(await recomputeSnapshot(test.database, catalogue, old)).toEqual(columns);
    await expect(recomputeSnapshot(test.database, catalogue, { ...head, engineVersion: '1' })).rejects.toMatchObject({
      code: 'SNAPSHOT_CORRUPT',
    });
  });

  it('is corrupt when what comes out has not the hash that it states', async () => {
    await change();
    const { revision } = await compute();
    const [head] = await readSnapshotHeads(test.database.fork(), (revision ?? 0) - 1);
    if (head === undefined) throw new Error('no head');
    await expect(
      recomputeSnapshot(test.database, catalogue, { ...head, resultHash: '0'.repeat(64) }),
    ).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
    await expect(
      recomputeSnapshot(test.database, catalogue, { ...head, inputRevision: head.inputRevision - 1 }),
    ).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
    await expect(recomputeSnapshot(test.database, catalogue, { ...head, policyVersion: 999 })).rejects.toMatchObject({
      code: 'SNAPSHOT_CORRUPT',
    });
  });
});
