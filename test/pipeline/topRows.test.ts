import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { topRows } from '../../src/pipeline/topRows.js';
import { encodeColumns } from '../../src/snapshot/encode.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { SnapshotLibrary } from '../../src/store/snapshotLibrary.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { entityOf, indicatorOf, roundOf } from '../store/batch.js';
import { addSnapshot, columnsOf } from '../store/columnFixture.js';

let test: TestDatabase;
let catalogue: Catalogue;
beforeAll(async () => {
  test = await openTestDatabase();
  catalogue = await readCatalogue(test.database.fork());
});
afterAll(() => test.drop());

describe('the head of a ranking', () => {
  it('rounds as the graph does: halves up, whatever the nearest float64 is', async () => {
    const round = catalogue.roundByCode('PROVINCE-2022');
    const columns = encodeColumns({
      ...columnsOf(0.82185, 1),
      entityIds: Int32Array.of(entityOf(catalogue, 'GSO-2004:48')),
      groupOf: Int32Array.of(round?.groups[0]?.peerGroupId ?? 0),
      measureIds: Int32Array.of(indicatorOf(catalogue, 'INDEX')),
      rank: Int32Array.of(1),
    });
    const { revision } = await addSnapshot(test.database, roundOf(catalogue, 'PROVINCE-2022'), { columns });
    const library = new SnapshotLibrary(test.database, () => Promise.reject(new Error('not dropped')));
    await library.refresh();
    const [table, ...others] = await topRows(catalogue, library, revision, 3);
    expect(others).toEqual([]);
    expect(table?.title).toMatch(/^PROVINCE-2022 \(.*, provisional\)$/);
    expect(table?.rows).toEqual([{ rank: 1, name: catalogue.entityByKey('GSO-2004:48')?.name.en, value: '0.8219' }]);
    expect((0.82185).toFixed(4)).toBe('0.8218');
  });
});
