import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import type { Observation } from '../../src/domain/observation.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { readCandidates, readRoundObservations } from '../../src/store/roundObservation.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { addSource, entityOf, indicatorOf, record, writeBatch } from './batch.js';

let test: TestDatabase;
let catalogue: Catalogue;
let entityId: number;
let indicatorId: number;
let [first, second]: [number, number] = [0, 0];
/** Revisions at which the history was written, in order. */
const history: number[] = [];

beforeAll(async () => {
  test = await openTestDatabase();
  catalogue = await readCatalogue(test.database.fork());
  entityId = entityOf(catalogue, 'GSO-2025:48');
  indicatorId = indicatorOf(catalogue, 'GOV_ACTIVITY.12');
  first = await addSource(test.database, 'first');
  second = await addSource(test.database, 'second');
  const shared = { entityId, indicatorId };
  for (const [source, parts] of [
    [first, { value: '1', period: '2026-01' }],
    [first, { value: '2', period: '2026-02' }],
    [second, { numerator: '3.0', denominator: '4', period: '2026-01' }],
    [first, { value: '1.50', period: '2026-01' }],
    [first, { tombstone: true, period: '2026-02' }],
  ] as const) {
    history.push((await writeBatch(test.database, source, [record({ ...shared, ...parts })])).revision);
  }
});
afterAll(() => test.drop());

const read = (revision: number, entityIds = [entityId], year = 2026) =>
  readRoundObservations(test.database.fork(), entityIds, year, revision);
const brief = ({ sourceId, period, value, numerator, denominator, tombstone, revision }: Observation) => ({
  ...{ source: sourceId === first ? 'first' : 'second', period },
  figure: tombstone ? 'gone' : (value ?? `${numerator}/${denominator}`),
  at: history.indexOf(revision),
});

describe('the observations of a round', () => {
  it('are the newest version of each source and period, with its revision and in canonical decimals', async () => {
    expect((await read(history[4] ?? 0)).map(brief)).toEqual([
      { source: 'first', period: '2026-01', figure: '1.5', at: 3 },
      { source: 'first', period: '2026-02', figure: 'gone', at: 4 },
      { source: 'second', period: '2026-01', figure: '3/4', at: 2 },
    ]);
  });

  it('are the old ones at an older revision', async () => {
    const at = async (place: number) => (await read(history[place] ?? 0)).map(brief).map(({ figure }) => figure);
    expect(await at(0)).toEqual(['1']);
    expect(await at(1)).toEqual(['1', '2']);
    expect(await at(2)).toEqual(['1', '2', '3/4']);
    expect(await at(3)).toEqual(['1.5', '2', '3/4']);
    expect(await read((history[0] ?? 0) - 1)).toEqual([]);
  });

  it('are those of the asked entities and year, an indicator and entity in a row', async () => {
    const newest = history[4] ?? 0;
    const neighbour = entityOf(catalogue, 'GSO-2025:01');
    expect(await read(newest, [neighbour])).toEqual([]);
    expect(await read(newest, [])).toEqual([]);
    expect(await read(newest, [entityId], 2025)).toEqual([]);
    const sibling = indicatorOf(catalogue, 'GOV_ACTIVITY.11');
    const batch = [neighbour, entityId].flatMap((entity) =>
      [sibling, indicatorId].map((indicator) =>
        record({ entityId: entity, indicatorId: indicator, value: '9', period: '2026-03' }),
      ),
    );
    const { revision } = await writeBatch(test.database, second, batch);
    const keys = (await read(revision, [neighbour, entityId])).map((each) => `${each.indicatorId} ${each.entityId}`);
    const runs = keys.filter((key, index) => key !== keys[index - 1]);
    expect(runs).toHaveLength(4);
    expect(new Set(runs).size).toBe(4);
  });

  it('are not seen before their transaction has committed', async () => {
    const em = test.database.fork();
    await em.begin();
    await em.execute(
      `insert into observation (source_id, entity_id, indicator_id, year, period, value, obs_status, tombstone, retrieved_at, change_id)
       values (?, ?, ?, 2024, '2024', 1, 'A', false, now(), nextval('change_id'))`,
      [first, entityId, indicatorId],
    );
    expect(await read(Number.MAX_SAFE_INTEGER, [entityId], 2024)).toEqual([]);
    await em.commit();
    // Without a revision it is not served even now.
    expect(await read(Number.MAX_SAFE_INTEGER, [entityId], 2024)).toEqual([]);
  });
});

describe('the candidates of a merged value', () => {
  it('are all versions known at the revision, oldest first, per key and in the order of the keys', async () => {
    const key = (revision: number) => ({ entityId, indicatorId, year: 2026, revision });
    const nowhere = { ...key(history[4] ?? 0), year: 2020 };
    const [old, none, all] = await readCandidates(test.database.fork(), [
      key(history[1] ?? 0),
      nowhere,
      key(history[4] ?? 0),
    ]);
    expect(old?.map(brief).map(({ figure }) => figure)).toEqual(['1', '2']);
    expect(none).toEqual([]);
    expect(all?.map(brief).map(({ figure, at }) => [figure, at])).toEqual([
      ['1', 0],
      ['2', 1],
      ['3/4', 2],
      ['1.5', 3],
      ['gone', 4],
    ]);
  });

  it('are none for no keys', async () => {
    expect(await readCandidates(test.database.fork(), [])).toEqual([]);
  });
});
