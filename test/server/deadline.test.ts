import pg from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { withinTime } from '../../src/server/deadline.js';
import { openDatabase } from '../../src/store/orm.js';
import { GraphqlSocket, postGraphql } from '../helpers/graphqlClient.js';
import { openTestServing, startTestServer, type TestServing } from './testServer.js';

let serving: TestServing;
beforeAll(async () => {
  serving = await openTestServing();
});
afterAll(() => serving.close());

/** Makes everybody wait who reads sync runs, until the test ends or it is called. */
async function lockRuns(): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: serving.database.url });
  await client.connect();
  await client.query('begin');
  await client.query('lock table sync_run in access exclusive mode');
  let isOpen = true;
  const unlock = async (): Promise<void> => {
    if (isOpen) await client.end();
    isOpen = false;
  };
  onTestFinished(unlock);
  return unlock;
}

const READS = '{ syncRuns { totalCount } }';

it.each([
  ['a query', READS],
  // These are left to graphql-js.
  ['a query with an error', '{ entity(code: "01") { code } syncRuns { totalCount } }'],
  ['a query with introspection', '{ __schema { queryType { name } } syncRuns { totalCount } }'],
])('%s that takes too long is given up with TIMEOUT, the same on every transport, and the next one is answered', async (_name, slow) => {
  const { url } = await startTestServer({ platform: () => serving.platform, maxExecutionMs: 300 });
  const unlock = await lockRuns();
  const posted = await postGraphql(url, slow);
  const got = await fetch(`${url}/graphql?query=${encodeURIComponent(slow)}`, {
    headers: { 'apollo-require-preflight': '1' },
  });
  const socket = await GraphqlSocket.connect(url);
  onTestFinished(async () => void (await socket.close()));
  const { payload } = await socket.next({ id: socket.subscribe(slow) });
  const streamed = await fetch(`${url}/graphql?query=${encodeURIComponent(slow)}`, {
    headers: { accept: 'text/event-stream' },
  });
  const [, told = ''] = /^data: (.*)$/m.exec(await streamed.text()) ?? [];
  const { errors: gotErrors } = (await got.json()) as { errors: unknown };
  const all = [posted.errors, gotErrors, payload.errors ?? payload, JSON.parse(told).errors];
  for (const errors of all) {
    expect(errors).toMatchObject([{ extensions: { code: 'TIMEOUT', details: { limitMs: 300 } } }]);
    expect(errors).toEqual(all[0]);
  }
  expect([posted.status, got.status]).toEqual([504, 504]);
  await unlock();
  expect(await postGraphql(url, READS)).toMatchObject({ status: 200 });
  expect((await socket.next({ id: socket.subscribe(READS) })).payload.data.syncRuns.totalCount).toBe(0);
});

it('a statement that takes longer than its bound is ended by PostgreSQL itself', async () => {
  const database = await openDatabase({ url: serving.database.url, statementTimeoutMs: 200 });
  try {
    await expect(database.fork().execute('select pg_sleep(30)')).rejects.toMatchObject({ code: '57014' });
  } finally {
    await database.close();
  }
});

it('withinTime hands on what comes in time, also failures, and swallows what fails later', async () => {
  expect(await withinTime(Promise.resolve(7), 1000)).toBe(7);
  await expect(withinTime(Promise.reject(new Error('early')), 1000)).rejects.toThrow('early');
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 50));
  await expect(withinTime(late, 5)).rejects.toMatchObject({ code: 'TIMEOUT' });
  await late.catch(() => undefined);
});
