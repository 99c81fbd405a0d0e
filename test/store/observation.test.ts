import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import type { NewObservation } from '../../src/store/observation.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { addSource, entityOf, indicatorOf, record, rowsOf, writeBatch } from './batch.js';

let test: TestDatabase;
let catalogue: Catalogue;
let entityId: number;
let indicatorId: number;
let sources = 0;
beforeAll(async () => {
  test = await openTestDatabase();
  catalogue = await readCatalogue(test.database.fork());
  entityId = entityOf(catalogue, 'GSO-2025:48');
  indicatorId = indicatorOf(catalogue, 'GOV_ACTIVITY.12');
});
afterAll(() => test.drop());

/** A source that nobody has written for yet. */
function freshSource(): Promise<number> {
  sources += 1;
  return addSource(test.database, `observation_${sources}`);
}

interface Stored {
  id: string;
  entity_id: number;
  period: string;
  value: string | null;
  numerator: string | null;
  denominator: string | null;
  obs_status: string;
  tombstone: boolean;
  supersedes_id: string | null;
}

function stored(sourceId: number): Promise<Stored[]> {
  return rowsOf<Stored>(
    test.database,
    `select id, entity_id, period, value::text, numerator::text, denominator::text, obs_status, tombstone, supersedes_id
     from observation where source_id = ? order by id`,
    [sourceId],
  );
}

const one = (parts: Partial<NewObservation>) => [record({ entityId, indicatorId, ...parts })];
const account = (parts: object) => ({ written: 0, unchanged: 0, superseded: 0, tombstoned: 0, ...parts });
const gone = { tombstone: true, value: null };

describe('writing observations', () => {
  it('writes a new one, leaves an equal one unchanged and supersedes it by another value', async () => {
    const source = await freshSource();
    expect(await writeBatch(test.database, source, one({ value: '5' }))).toMatchObject(
      account({ written: 1, touched: [{ entityId, year: 2026 }] }),
    );
    expect(await writeBatch(test.database, source, one({ value: '5' }))).toMatchObject(
      account({ unchanged: 1, touched: [] }),
    );
    expect(await stored(source)).toHaveLength(1);
    expect(await writeBatch(test.database, source, one({ value: '6' }))).toMatchObject(
      account({ superseded: 1, touched: [{ entityId, year: 2026 }] }),
    );
    const [first, second, ...others] = await stored(source);
    expect(others).toEqual([]);
    expect([first?.value, first?.supersedes_id]).toEqual(['5', null]);
    expect([second?.value, second?.supersedes_id]).toEqual(['6', first?.id]);
  });

  it.each([
    ['a count', { numerator: '1', denominator: '4' }, { numerator: '1', denominator: '5' }],
    ['the status', { value: '1', obsStatus: 'P' }, { value: '1', obsStatus: 'A' }],
    ['a value where there was none', { obsStatus: 'M' }, { value: '0', obsStatus: 'A' }],
    ['no value where there was one', { value: '0' }, { obsStatus: 'M' }],
  ] as const)('supersedes when the difference is %s', async (_, before, after) => {
    const source = await freshSource();
    await writeBatch(test.database, source, one(before));
    expect(await writeBatch(test.database, source, one(after))).toMatchObject(account({ superseded: 1 }));
    expect(await writeBatch(test.database, source, one(after))).toMatchObject(account({ unchanged: 1 }));
  });

  it('takes the same decimal in another spelling for the same figure', async () => {
    const source = await freshSource();
    await writeBatch(test.database, source, one({ value: '7.5' }));
    expect(await writeBatch(test.database, source, one({ value: '7.500' }))).toMatchObject(account({ unchanged: 1 }));
  });

  it('does not mind from which page, row and publication an unchanged figure came this time', async () => {
    const source = await freshSource();
    await writeBatch(test.database, source, one({ value: '1', pageSequence: 0, rowNumber: 3, rowHash: 'a' }));
    const moved = { value: '1', pageSequence: 2, rowNumber: 0, rowHash: 'b', publishedAt: '2026-05-01T00:00:00Z' };
    expect(await writeBatch(test.database, source, one(moved))).toMatchObject(account({ unchanged: 1 }));
  });

  it('keeps exact decimals that no float64 holds', async () => {
    const source = await freshSource();
    const value = '12345678901234567890.123456789';
    await writeBatch(test.database, source, one({ value }));
    await writeBatch(test.database, source, one({ value: '12345678901234567890.123456788' }));
    expect((await stored(source)).map((row) => row.value)).toEqual([value, '12345678901234567890.123456788']);
  });

  it('writes a tombstone for a known figure only, and only once', async () => {
    const source = await freshSource();
    expect(await writeBatch(test.database, source, one(gone))).toMatchObject(account({ unchanged: 1, touched: [] }));
    expect(await stored(source)).toEqual([]);
    await writeBatch(test.database, source, one({ value: '5' }));
    expect(await writeBatch(test.database, source, one(gone))).toMatchObject(
      account({ tombstoned: 1, touched: [{ entityId, year: 2026 }] }),
    );
    expect(await writeBatch(test.database, source, one(gone))).toMatchObject(account({ unchanged: 1 }));
    const [figure, tombstone, ...others] = await stored(source);
    expect(others).toEqual([]);
    expect(figure).toMatchObject({ value: '5', tombstone: false });
    expect(tombstone).toMatchObject({ value: null, tombstone: true, supersedes_id: figure?.id });
  });

  it('takes a figure that re-appears after its tombstone for a correction, even with its old value', async () => {
    const source = await freshSource();
    await writeBatch(test.database, source, one({ value: '5' }));
    await writeBatch(test.database, source, one(gone));
    expect(await writeBatch(test.database, source, one({ value: '5' }))).toMatchObject(account({ superseded: 1 }));
    const rows = await stored(source);
    expect(rows.map((row) => [row.value, row.tombstone])).toEqual([
      ['5', false],
      [null, true],
      ['5', false],
    ]);
    expect(rows[2]?.supersedes_id).toBe(rows[1]?.id);
  });

  it('takes a figure that is known to be missing for other than one that was withdrawn', async () => {
    const source = await freshSource();
    const missing = { value: null, obsStatus: 'M' } as const;
    await writeBatch(test.database, source, one(missing));
    await writeBatch(test.database, source, one({ ...missing, tombstone: true }));
    expect(await writeBatch(test.database, source, one(missing))).toMatchObject(account({ superseded: 1 }));
    expect((await stored(source)).map(({ tombstone }) => tombstone)).toEqual([false, true, false]);
  });

  it('tells sources, periods, entities and indicators apart', async () => {
    const [source, other] = [await freshSource(), await freshSource()];
    const neighbour = entityOf(catalogue, 'GSO-2025:01');
    const sibling = indicatorOf(catalogue, 'GOV_ACTIVITY.11');
    await writeBatch(test.database, source, one({ value: '5' }));
    expect(await writeBatch(test.database, other, one({ value: '6' }))).toMatchObject(account({ written: 1 }));
    const batch = [
      record({ entityId, indicatorId, value: '6', period: '2026-03' }),
      record({ entityId: neighbour, indicatorId, value: '6' }),
      record({ entityId, indicatorId: sibling, value: '6' }),
    ];
    const result = await writeBatch(test.database, source, batch);
    expect(result).toMatchObject(account({ written: 3 }));
    expect(result.touched).toHaveLength(2);
  });

  it('has no trouble with an empty batch', async () => {
    expect(await writeBatch(test.database, await freshSource(), [])).toMatchObject(account({ touched: [] }));
  });

  it('accounts for 12,000 records in one batch, across the bound of one statement', async () => {
    const source = await freshSource();
    const entities = catalogue.content.entities.filter(({ codeSystem }) => codeSystem === 'GSO-2004');
    const indicators = catalogue.framework('PDTI-922')?.measures.filter(({ kind }) => kind === 'INDICATOR') ?? [];
    const batch = ['2026-01', '2026-02']
      .flatMap((period) =>
        entities.flatMap((entity) =>
          indicators.map((indicator, at) =>
            record({ entityId: entity.id, indicatorId: indicator.id, period, value: String(at) }),
          ),
        ),
      )
      .slice(0, 12_000);
    expect(batch).toHaveLength(12_000);
    const first = await writeBatch(test.database, source, batch);
    expect(first).toMatchObject(account({ written: 12_000 }));
    expect(first.touched).toHaveLength(63);
    const changed = batch.map((each, at) => (at % 4000 === 1 ? { ...each, value: '-1' } : each));
    expect(await writeBatch(test.database, source, changed)).toMatchObject(
      account({ superseded: 3, unchanged: 11_997 }),
    );
    const [row] = await rowsOf<{ count: string }>(
      test.database,
      'select count(*) as count from observation where source_id = ?',
      [source],
    );
    expect(Number(row?.count)).toBe(12_003);
  });

  it('agrees with a simple model on any sequence of batches', async () => {
    const entities = ['GSO-2025:01', 'GSO-2025:48', 'GSO-2025:79'].map((key) => entityOf(catalogue, key));
    const figure = fc.oneof(
      fc.record({ value: fc.constantFrom('0', '1', '2.5'), tombstone: fc.constant(false) }),
      fc.constant({ value: null, tombstone: true }),
    );
    const item = fc.record({
      entity: fc.integer({ min: 0, max: 2 }),
      period: fc.constantFrom('2026-01', '2026-02'),
      figure,
    });
    const batches = fc.array(
      fc.uniqueArray(item, { maxLength: 6, selector: ({ entity, period }) => `${entity} ${period}` }),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(batches, async (sequence) => {
        const source = await freshSource();
        const model = new Map<string, { value: string | null; tombstone: boolean }>();
        const expected: { key: string; value: string | null; tombstone: boolean }[] = [];
        for (const batch of sequence) {
          const counts = { written: 0, unchanged: 0, superseded: 0, tombstoned: 0 };
          for (const { entity, period, figure: next } of batch) {
            const key = `${entities[entity]} ${period}`;
            const known = model.get(key);
            const same = known?.value === next.value && known?.tombstone === next.tombstone;
            if (same || (known === undefined && next.tombstone)) {
              counts.unchanged += 1;
              continue;
            }
            counts[next.tombstone ? 'tombstoned' : known === undefined ? 'written' : 'superseded'] += 1;
            model.set(key, next);
            expected.push({ key, ...next });
          }
          const records = batch.map(({ entity, period, figure: { value, tombstone } }) =>
            record({ entityId: entities[entity] ?? 0, indicatorId, period, value, tombstone }),
          );
          expect(await writeBatch(test.database, source, records)).toMatchObject(counts);
        }
        const rows = await stored(source);
        const newest = new Map<string, string>();
        for (const row of rows) {
          const key = `${row.entity_id} ${row.period}`;
          expect(row.supersedes_id).toBe(newest.get(key) ?? null);
          newest.set(key, row.id);
        }
        const byKey = (a: { key: string }, b: { key: string }) => a.key.localeCompare(b.key);
        const actual = rows.map((row) => ({
          key: `${row.entity_id} ${row.period}`,
          value: row.value,
          tombstone: row.tombstone,
        }));
        // Within a batch the order of rows means nothing; per identity it does, and sorting is stable.
        expect(actual.toSorted(byKey)).toEqual(expected.toSorted(byKey));
      }),
      { numRuns: 40 },
    );
  });
});
