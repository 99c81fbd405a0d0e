import { type Client, createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { subscribeResuming } from '../../src/dashboard/resuming.js';
import { MAX_OPERATIONS_PER_SOCKET } from '../../src/server/limit.js';
import { insertAlerts } from '../../src/store/alert.js';
import { nextChangeId, takeRevision } from '../../src/store/revision.js';
import { documentedFunction } from '../docs/liveCode.js';
import { openTestServing, startTestServer, type TestServing } from './testServer.js';

let serving: TestServing;
beforeAll(async () => {
  serving = await openTestServing();
});
afterAll(() => serving.close());

interface Update {
  readonly revision: string;
  readonly previousRevision: string | null;
  readonly complete: boolean;
  readonly alerts: readonly { readonly id: string }[];
}
type Follow = (
  client: Client,
  query: string,
  variables: Record<string, unknown>,
  take: (update: Update) => void,
  signal: AbortSignal,
) => Promise<void>;

let raised = 0;
/** Raises an alert. @returns its revision */
async function raise(): Promise<string> {
  raised += 1;
  const nothing = { entityId: null, sourceId: null, syncRunId: null, roundId: null, snapshotId: null };
  const alert = {
    ...{ ...nothing, comparedSnapshotId: null, key: `follow:${raised}`, kind: 'STALE_SOURCE' as const },
    ...{ severity: 'WARNING' as const, provisional: false, facts: {}, openedAt: new Date() },
  };
  return serving.database.database.fork().transactional(async (em) => {
    const changeId = await nextChangeId(em);
    await insertAlerts(em, [alert], changeId);
    return String(await takeRevision(em, { changeId, kind: 'ALERT', roundIds: [] }));
  });
}

it('the client of docs/live.md follows a subscription over graphql-ws through a restart, and is told each change once', async () => {
  const follow = await documentedFunction<Follow>('follow');
  const server = await startTestServer({ platform: () => serving.platform });
  const port = Number(new URL(server.url).port);
  const client = createClient({ url: `${server.url.replace('http', 'ws')}/graphql`, retryAttempts: 0 });
  const updates: Update[] = [];
  const ending = new AbortController();
  const query = `subscription ($since: String) {
    alertUpdates(since: $since) { revision previousRevision complete alerts { id } } }`;
  const ended = follow(client, query, {}, (update) => void updates.push(update), ending.signal);
  const untilTold = (count: number) =>
    vi.waitFor(() => expect(updates).toHaveLength(count), { timeout: 60_000, interval: 20 });
  await untilTold(1);
  const first = await raise();
  await untilTold(2);
  await server.close();
  const missed = await raise();
  await startTestServer({ platform: () => serving.platform, port });
  await untilTold(3);
  const last = await raise();
  await untilTold(4);
  ending.abort();
  await ended;
  expect(updates[0]).toMatchObject({ complete: true, alerts: [] });
  expect(updates.slice(1).map(({ revision, complete, alerts }) => [revision, complete, alerts.length])).toEqual(
    [first, missed, last].map((revision) => [revision, false, 1]),
  );
  expect(updates.slice(1).map(({ previousRevision }) => previousRevision)).toEqual(
    updates.slice(0, -1).map(({ revision }) => revision),
  );

  // What is refused is not asked for again.
  const other = createClient({ url: `ws://127.0.0.1:${port}/graphql`, retryAttempts: 0 });
  const wrong = query.replace('alertUpdates(', 'alertUpdates(sources: ["nobody"], ');
  await expect(follow(other, wrong, {}, () => undefined, new AbortController().signal)).rejects.toMatchObject([
    { extensions: { code: 'NOT_FOUND' } },
  ]);
  await other.dispose();
});

it('the dashboard waits for its turn when a socket has as many operations as it may, and hears of other refusals', async () => {
  const server = await startTestServer({ platform: () => serving.platform });
  const client = createClient({ url: `${server.url.replace('http', 'ws')}/graphql`, retryAttempts: 0 });
  onTestFinished(async () => client.dispose());
  const query = 'subscription ($since: String) { alertUpdates(since: $since) { revision previousRevision complete } }';
  const watch = (asked = query) => {
    const told: { readonly data?: unknown }[] = [];
    let isOver = false;
    const complete = () => {
      isOver = true;
    };
    const sink = { next: (result: object) => void told.push(result), error: () => undefined, complete };
    const end = subscribeResuming(client, { query: asked, variables: {} }, sink);
    return { told, end, isOver: () => isOver };
  };
  const until = (isSo: () => boolean) => vi.waitFor(() => expect(isSo()).toBe(true), { timeout: 60_000, interval: 20 });
  const others = Array.from({ length: MAX_OPERATIONS_PER_SOCKET }, () => watch());
  await until(() => others.every(({ told }) => told.length === 1));
  const late = watch();
  await until(() => late.told.length > 0);
  expect(late.told[0]).toMatchObject({ errors: [{ extensions: { code: 'TOO_MANY_OPERATIONS' } }] });
  expect(late.isOver()).toBe(false);
  others[0]?.end();
  await until(() => late.told.some(({ data }) => data !== undefined && data !== null));
  others[1]?.end();

  const wrong = watch(query.replace('alertUpdates(', 'alertUpdates(sources: ["nobody"], '));
  await until(wrong.isOver);
  expect(wrong.told).toMatchObject([{ errors: [{ extensions: { code: 'NOT_FOUND' } }] }]);
  for (const each of [...others, late]) each.end();
});
