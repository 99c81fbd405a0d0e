import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerSource, SELF_REPORT, selfReportSource } from '../../src/pipeline/source.js';
import { readHead } from '../../src/store/revision.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { NOW, rowsOf } from '../store/batch.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase('template');
});
afterAll(() => test.drop());

const rows = (key: string) =>
  rowsOf<{ simulated: boolean; citation: string; citation_vi: string; licence: string }>(
    test.database,
    'select simulated, citation, citation_vi, licence from source where key = ?',
    [key],
  );

describe('the source of self-reports', () => {
  const [describeSource, simulated] = [selfReportSource, SELF_REPORT];

  it('says that it is simulated in the demonstration only, in words too', async () => {
    expect(describeSource(true)).toEqual(simulated);
    await registerSource(test.database, simulated, 'ACTIVE', NOW);
    expect(await rows(simulated.key)).toMatchObject([
      { simulated: true, citation: expect.stringContaining('simulated') },
    ]);
    const before = await readHead(test.database.fork());
    await registerSource(test.database, describeSource(false), 'ACTIVE', NOW);
    const [real] = await rows(simulated.key);
    expect(real?.simulated).toBe(false);
    expect(real?.citation_vi).toMatch(/^Báo cáo tự đánh giá(?!.*mô phỏng)/);
    expect(`${real?.citation} ${real?.licence}`).not.toMatch(/simulated|illustrative/i);
    const after = await readHead(test.database.fork());
    expect(after).toBeGreaterThan(before);
    await registerSource(test.database, describeSource(false), 'ACTIVE', NOW);
    expect(await readHead(test.database.fork())).toBe(after);
  });
});
