import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countAudit, listAudit, writeAudit } from '../../src/store/audit.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { rowsOf } from './batch.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase('template');
});
afterAll(() => test.drop());

const VIEWER = { subject: 'local:anna', role: 'admin' };

describe('the audit', () => {
  it('keeps who did what to what, newest first, and finds it again', async () => {
    const em = test.database.fork();
    await writeAudit(em, {
      viewer: VIEWER,
      action: 'pauseSource',
      target: 'Source:einvoice',
      details: { was: 'ACTIVE' },
    });
    await writeAudit(em, { viewer: null, action: 'syncSource', target: 'Source:einvoice' });
    expect(await listAudit(em, null, null, 10)).toMatchObject([
      { actor: 'platform', role: 'platform', action: 'syncSource', details: {} },
      {
        actor: 'local:anna',
        role: 'admin',
        action: 'pauseSource',
        target: 'Source:einvoice',
        details: { was: 'ACTIVE' },
      },
    ]);
    expect(await listAudit(em, { actor: { eq: 'local:anna' } }, null, 10)).toHaveLength(1);
    const [newest] = await listAudit(em, null, null, 1);
    expect(await listAudit(em, null, newest?.id ?? 0, 10)).toMatchObject([{ action: 'pauseSource' }]);
    expect(await countAudit(em, { action: { in: ['syncSource', 'pauseSource'] } })).toBe(2);
  });

  it('goes with the write when that is rolled back', async () => {
    const before = await countAudit(test.database.fork(), null);
    const failing = test.database.fork().transactional(async (em) => {
      await writeAudit(em, { viewer: VIEWER, action: 'retireSource', target: 'Source:einvoice' });
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await countAudit(test.database.fork(), null)).toBe(before);
  });

  it.each([
    `update audit set actor = 'nobody'`,
    'delete from audit',
    'truncate audit',
  ])('refuses "%s"', async (statement) => {
    await expect(rowsOf(test.database, statement)).rejects.toThrow(/only ever added/);
  });
});
