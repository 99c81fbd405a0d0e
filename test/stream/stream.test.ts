import { describe, expect, it } from 'vitest';
import type { Database } from '../../src/store/orm.js';
import { runStream } from './run.js';

/** `STREAM_SIZE=full` is the size of the promise; every run of the suite takes less of everything. */
const FULL = process.env.STREAM_SIZE === 'full';
const SIZE = FULL
  ? { writers: 200, sockets: 1000, writeMs: 60_000, faults: true, settleMs: 120_000 }
  : { writers: 200, sockets: 150, writeMs: 12_000, faults: true, settleMs: 60_000 };

describe('what dashboards are told', () => {
  it('is everything, once and in order, whatever writers, gateways, connections and the database do', async () => {
    const account = await runStream(SIZE);
    console.info(JSON.stringify(account));
    expect(account.complaints).toEqual([]);
    expect(account.committed).toBeGreaterThan(SIZE.writers);
    expect(account.rolledBack).toBeGreaterThan(0);
    expect(account.snapshots).toBeGreaterThan(5);
    expect(account.updates).toBeGreaterThan(SIZE.sockets * 3);
    expect(account.resumed).toBeGreaterThan(SIZE.sockets / 2);
  }, 400_000);

  it('is not, when writers take their numbers at the beginning and readers ask for greater ones: the control', async () => {
    const account = await runStream(
      { ...SIZE, sockets: 50, writeMs: 6_000, faults: false, settleMs: 3_000 },
      takeNumbersEarly,
    );
    console.info(JSON.stringify(account));
    expect(account.committed).toBeGreaterThan(0);
    expect(account.complaints.join('\n')).toMatch(/revisions were never read/);
  }, 400_000);
});

/** The usual mistake: the number of a change comes from a sequence at the beginning of its transaction, and no lock orders the commits. */
async function takeNumbersEarly(database: Database): Promise<void> {
  const em = database.fork();
  await em.execute(`select setval('change_id', greatest((select max(id) from revision), nextval('change_id')) + 1)`);
  await em.execute(`create or replace function take_revision(change bigint, what text, rounds int[], source int, snapshot bigint)
    returns bigint language plpgsql as $$
    begin
      insert into revision (id, change_id, kind, round_ids, source_id, snapshot_id, committed_at)
        values (change, change, what, rounds, source, snapshot, clock_timestamp());
      perform pg_notify('dti_revision', change::text);
      return change;
    end $$`);
}
