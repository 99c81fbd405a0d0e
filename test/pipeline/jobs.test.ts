import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Jobs, openJobs, prepareJobs, type SyncJob, type TakenJob } from '../../src/pipeline/jobs.js';
import { shareSchema } from '../../src/store/orm.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';

const WISH: SyncJob = {
  ...{ sourceKey: 'a', mode: 'INCREMENTAL', period: null, reason: 'person', requestedBy: null, attempt: 1 },
};
let test: TestDatabase;
let lesser: URL;
let jobs: Jobs;
const problems: string[] = [];

beforeAll(async () => {
  test = await openTestDatabase('template');
  const role = `runtime_${randomBytes(4).toString('hex')}`;
  lesser = new URL(test.url);
  await test.database.fork().execute(`create role ${role} login password '${lesser.password}'`);
  lesser.username = role;
  await prepareJobs(test.url);
  await shareSchema({ url: lesser.href, migrationUrl: test.url }, 'pgboss');
  jobs = await openJobs({ url: lesser.href, works: true, log: (problem) => void problems.push(problem) });
});
afterAll(async () => {
  await jobs.close();
  await test.database.fork().execute(`drop owned by ${lesser.username}`);
  await test.database.fork().execute(`drop role ${lesser.username}`);
  await test.drop();
});

describe('jobs, by a role that owns nothing', () => {
  it('are prepared once, however often', async () => {
    await Promise.all([prepareJobs(test.url), prepareJobs(test.url)]);
  });

  it('that are equal and wait are one', async () => {
    const id = await jobs.enqueue(WISH);
    expect(await jobs.enqueue({ ...WISH, requestedBy: 'another' })).toBe(id);
    expect(await jobs.enqueue({ ...WISH, period: '2024' })).not.toBe(id);
    expect(await jobs.enqueue({ ...WISH, reason: 'schedule' })).not.toBe(id);
    expect(await jobs.state(id)).toEqual({ isOver: false, isActive: false, outcome: null });
    expect(await jobs.state('00000000-0000-4000-8000-000000000000')).toBeNull();
  });

  it('are taken, those that people wait for first; one that was not finished is taken again', async () => {
    const taken: TakenJob[] = [];
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    await jobs.work(1, async (job) => {
      taken.push(job);
      if (taken.length === 1) throw new Error('lost');
      if (taken.length === 4) finish();
      return { errorMessage: `for ${job.period}` };
    });
    await finished;
    expect(taken.map(({ period, reason }) => `${reason} ${period}`)).toEqual([
      ...['person null', 'person 2024', 'schedule null', 'person null'],
    ]);
    const [first, , , last] = taken;
    expect(last?.id).toBe(first?.id);
    await expect
      .poll(() => jobs.state(first?.id ?? ''))
      .toEqual({ isOver: true, isActive: false, outcome: { errorMessage: 'for null' } });
  });

  it('have schedules, which stay as they are when nothing changes', async () => {
    const read = () =>
      test.database.fork().execute<{ key: string }[]>('select key, cron, updated_on from pgboss.schedule order by key');
    await jobs.setSchedules([
      { sourceKey: 'a', cron: '0 3 * * *' },
      { sourceKey: 'b', cron: '0 4 * * *' },
    ]);
    const [, before] = await read();
    await jobs.setSchedules([
      { sourceKey: 'b', cron: '0 4 * * *' },
      { sourceKey: 'c', cron: '*/5 * * * 1-5' },
    ]);
    const after = await read();
    expect(after).toMatchObject([before, { key: 'c', cron: '*/5 * * * 1-5' }]);
    await jobs.setSchedules([]);
    expect(await read()).toEqual([]);
  });

  it('and nothing was complained about', () => {
    expect(problems).toEqual([]);
  });
});
