import { type Client, createClient, type ExecutionResult } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type GraphFixture, openGraph } from '../graph/graphFixture.js';
import { postGraphql } from '../helpers/graphqlClient.js';
import { startTestServer } from './testServer.js';

let graph: GraphFixture;
beforeAll(async () => {
  graph = await openGraph();
});
afterAll(() => graph.close());

const LIVE = `subscription ($since: String) { rankingUpdates(round: "PROVINCE-2026", since: $since) {
  revision previousRevision complete rows { rank entity { code } value } } }`;

async function start(options: Parameters<typeof startTestServer>[0] = {}) {
  const server = await startTestServer({ platform: () => graph.platform, ...options });
  const client = createClient({ url: `${server.url}/graphql`, retryAttempts: 0 });
  onTestFinished(() => client.dispose());
  return { server, client };
}

/** Takes the answers of an operation one by one. */
function take(client: Client, query: string, variables: Record<string, unknown> = {}) {
  const results = client.iterate({ query, variables });
  return {
    // biome-ignore lint/suspicious/noExplicitAny: tests assert on the shape that they asked for
    next: async (): Promise<ExecutionResult<any, unknown> | null> => {
      const { value, done } = await results.next();
      return done ? null : value;
    },
    end: async () => void (await results.return?.()),
  };
}

const change = async (numerator: number) => {
  await graph.measure('GSO-2025:48', 'ECO_ACTIVITY.08', numerator, 1000);
  return String(await graph.compute('PROVINCE-2026'));
};

describe('Server-Sent Events', () => {
  it('tell the state, then each change, and share their execution with sockets and with each other', async () => {
    const { server, client } = await start();
    const all = Array.from({ length: 5 }, () => take(client, LIVE));
    const states = await Promise.all(all.map(({ next }) => next()));
    const state = states[0]?.data?.rankingUpdates;
    expect(state).toMatchObject({ complete: true, previousRevision: null });
    expect(state.rows).toHaveLength(34);
    for (const each of states) expect(each).toEqual(states[0]);
    const revision = await change(301);
    for (const { next } of all) {
      const update = (await next())?.data?.rankingUpdates;
      expect(update).toMatchObject({ revision, previousRevision: state.revision, complete: false });
    }
    expect(server.live()).toMatchObject({ members: 5, groups: 1 });
    expect(server.live().executions).toBeLessThanOrEqual(4);
    const later = take(client, LIVE, { since: state.revision });
    expect((await later.next())?.data?.rankingUpdates).toMatchObject({ revision, previousRevision: state.revision });
    for (const { end } of [...all, later]) await end();
    await expect.poll(() => server.live()).toMatchObject({ members: 0, groups: 0 });
  });

  it('answer queries and complete them', async () => {
    const { client } = await start();
    const { next } = take(client, '{ entity(code: "74", codeSystem: "GSO-2004") { code } }');
    expect(await next()).toEqual({ data: { entity: { code: '74' } } });
    expect(await next()).toBeNull();
  });

  it.each([
    ['bad syntax', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['unknown fields', 'subscription { nowhere }', 'GRAPHQL_VALIDATION_FAILED'],
    ['arguments that are not right', 'subscription { rankingUpdates(round: "NOWHERE") { revision } }', 'NOT_FOUND'],
    ['what the viewer may not see', '{ auditTrail(first: 1) { edges { node { id } } } }', 'AUTH_REQUIRED'],
  ])('tell of %s in the stream, with the code of HTTP', async (_name, query, code) => {
    const { client } = await start();
    const { next } = take(client, query);
    expect((await next())?.errors?.[0]).toMatchObject({ extensions: { code } });
    expect(await next()).toBeNull();
  });

  it('do not carry mutations', async () => {
    const { client } = await start();
    const { next } = take(client, 'mutation { pauseSource(key: "x") { source { key } } }');
    expect((await next())?.errors).toHaveLength(1);
  });

  it('are opened by an address as well, not by pages of other hosts, and not by what cannot be read', async () => {
    const { server } = await start();
    const accept = 'text/event-stream';
    const ask = (query: string, headers: Record<string, string> = {}) =>
      fetch(`${server.url}/graphql?${query}`, { headers: { accept, ...headers } });
    const answer = await ask(
      `query=${encodeURIComponent('query($c: String!) { entity(code: $c, codeSystem: "GSO-2004") { code } }')}&variables={"c":"74"}`,
    );
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await answer.text()).toBe(
      ':\n\nevent: next\ndata: {"data":{"entity":{"code":"74"}}}\n\nevent: complete\ndata:\n\n',
    );
    expect((await ask('query={__typename}', { origin: 'http://example.vn' })).status).toBe(403);
    for (const bad of ['', 'query=a&variables={', 'query=a&variables=[]']) expect((await ask(bad)).status).toBe(400);
  });

  it('are not for clients that would rather have JSON and only know of streams', async () => {
    const { server } = await start();
    const accept = 'application/graphql-response+json, application/json, text/event-stream, multipart/mixed';
    const headers = { accept, 'content-type': 'application/json' };
    const body = JSON.stringify({ query: '{ __typename }' });
    const answer = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
    expect(answer.headers.get('content-type')).toMatch(/^application\/graphql-response\+json/);
    expect(await answer.json()).toEqual({ data: { __typename: 'Query' } });
  });

  it('are refused to the client that has too many connections, and end when the server stops', async () => {
    const { server, client } = await start({ maxSocketsPerClient: 1 });
    const only = take(client, LIVE);
    await only.next();
    const headers = { accept: 'text/event-stream', 'content-type': 'application/json' };
    const body = JSON.stringify({ query: LIVE });
    const extra = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
    expect(extra.status).toBe(429);
    expect((await postGraphql(server.url, '{ __typename }')).data).toEqual({ __typename: 'Query' });
    const ended = only.next().then(
      () => 'in order',
      () => 'broken off',
    );
    await server.close();
    expect(await ended).toBe('broken off');
  });
});
