import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { MAX_OPERATIONS_PER_SOCKET, MAX_PAYLOAD_BYTES } from '../../src/server/limit.js';
import { GraphqlSocket, postGraphql } from '../helpers/graphqlClient.js';
import { openTestServing, startTestServer, type TestServing } from './testServer.js';

const DEEP = `{ entities { edges { node { ${'successors { '.repeat(13)}code ${'} '.repeat(13)}} } } }`;
const LIVE = 'subscription { rankingUpdates(round: "PROVINCE-2026") { revision } }';

let serving: TestServing;
beforeAll(async () => {
  serving = await openTestServing();
});
afterAll(() => serving.close());

async function connect(options: Parameters<typeof startTestServer>[0] = {}) {
  const server = await startTestServer({ platform: () => serving.platform, ...options });
  const client = await GraphqlSocket.connect(server.url);
  onTestFinished(async () => void (await client.close()));
  return { server, client };
}

describe('/graphql over WebSocket', () => {
  it('is refused with a reason while the platform starts, and works afterwards', async () => {
    let isReady = false;
    const { url } = await startTestServer({ platform: () => (isReady ? serving.platform : null) });
    const early = await GraphqlSocket.open(url);
    expect(await early.ended).toEqual({ code: 4503, reason: 'The platform is starting; try again in a second' });
    isReady = true;
    const client = await GraphqlSocket.connect(url);
    expect((await client.close()).code).toBe(1000);
  });

  it('answers queries, again and again, and completes them', async () => {
    const { client } = await connect();
    for (let at = 0; at < 3; at += 1) {
      const id = client.subscribe('query Q($code: String!) { entity(code: $code, codeSystem: "GSO-2004") { code } }', {
        code: '74',
      });
      expect(await client.next({ id })).toEqual({ id, type: 'next', payload: { data: { entity: { code: '74' } } } });
      expect(await client.next({ id })).toEqual({ id, type: 'complete' });
    }
  });

  it.each([
    ['bad syntax', '{', 'GRAPHQL_PARSE_FAILED'],
    ['unknown fields', '{ nowhere }', 'GRAPHQL_VALIDATION_FAILED'],
    ['too many tokens', `{ ${'__typename '.repeat(4001)} }`, 'QUERY_TOO_LARGE'],
    ['too much depth', DEEP, 'QUERY_TOO_DEEP'],
  ])('refuses %s with the code of HTTP', async (_name, query, code) => {
    const { client, server } = await connect();
    const id = client.subscribe(query);
    const message = await client.next({ id });
    expect(message.type).toBe('error');
    expect(message.payload[0].extensions.code).toBe(code);
    expect((await postGraphql(server.url, query)).errors?.[0]?.extensions.code).toBe(code);
  });

  it.each([
    ['known failures', '{ here: entity(code: "01") { code } }'],
    ['bad variables', 'query Q($code: String!) { entity(code: $code) { code } }'],
  ])('formats %s as HTTP does', async (_name, query) => {
    const { client, server } = await connect();
    const id = client.subscribe(query);
    const { payload } = await client.next({ id });
    const { status: _status, ...answer } = await postGraphql(server.url, query);
    expect(payload.errors).toEqual(answer.errors);
    expect(payload.errors[0].extensions.code).toMatch(/^(AMBIGUOUS_CODE|BAD_USER_INPUT)$/);
  });

  it('says why a subscription cannot start', async () => {
    const { client } = await connect();
    const id = client.subscribe('subscription { rankingUpdates(round: "NOWHERE") { revision } }');
    const message = await client.next({ id });
    const errors = message.type === 'error' ? message.payload : message.payload.errors;
    expect(errors[0].extensions.code).toBe('NOT_FOUND');
  });

  it('hides the schema when introspection is off', async () => {
    const { client } = await connect({ introspection: false });
    const id = client.subscribe('{ __schema { queryType { name } } }');
    expect((await client.next({ id })).payload[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    const misspelt = client.subscribe('{ entitie { code } }');
    expect((await client.next({ id: misspelt })).payload[0].message).not.toMatch(/did you mean/i);
  });

  it('refuses the operation that is one too many and keeps the others', async () => {
    const { client } = await connect();
    const ids = Array.from({ length: MAX_OPERATIONS_PER_SOCKET }, () => client.subscribe(LIVE));
    const extra = client.subscribe('{ __typename }');
    const refusal = await client.next({ id: extra });
    expect([refusal.type, refusal.payload[0].extensions.code]).toEqual(['error', 'TOO_MANY_OPERATIONS']);
    for (const id of ids.slice(0, 2)) client.complete(id);
    const again = client.subscribe('{ __typename }');
    expect((await client.next({ id: again })).payload).toEqual({ data: { __typename: 'Query' } });
  });

  it('closes connections that break the protocol, with its codes', async () => {
    const { url } = await startTestServer({ platform: () => serving.platform });
    const hasty = await GraphqlSocket.open(url);
    hasty.send({ type: 'subscribe', id: '1', payload: { query: '{ __typename }' } });
    expect((await hasty.ended).code).toBe(4401);
    const garbled = await GraphqlSocket.connect(url);
    garbled.send('no JSON');
    expect((await garbled.ended).code).toBe(4400);
    const twice = await GraphqlSocket.connect(url);
    twice.send({ type: 'connection_init' });
    expect((await twice.ended).code).toBe(4429);
    const silent = await GraphqlSocket.open(url);
    expect((await silent.ended).code).toBe(4408);
  });

  it('closes connections whose messages are too large', async () => {
    const { client, server } = await connect();
    client.subscribe(`{ __typename } # ${'x'.repeat(MAX_PAYLOAD_BYTES)}`);
    expect((await client.ended).code).toBe(1009);
    expect(server.log.join('')).not.toMatch(/xxxx|at .*\.js/);
  });

  it('takes no other protocol and no other path', async () => {
    const { url } = await startTestServer({ platform: () => serving.platform });
    const old = await GraphqlSocket.open(url, 'graphql-ws');
    expect([1006, 4406]).toContain((await old.ended).code);
    const elsewhere = new WebSocket(`${url.replace('http', 'ws')}/nowhere`, 'graphql-transport-ws');
    const status = await new Promise((resolve) => {
      elsewhere.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      elsewhere.on('close', (code) => resolve(code));
      elsewhere.on('error', () => undefined);
    });
    expect([404, 1005, 1006]).toContain(status);
  });

  it('stops watching when the client completes, and when it goes away', async () => {
    const signals: AbortSignal[] = [];
    const { feed } = serving.platform;
    const watched = {
      ...feed,
      get head() {
        return feed.head;
      },
      changed(after: number, signal: AbortSignal) {
        signals.push(signal);
        return feed.changed(after, signal);
      },
    };
    const { client } = await connect({ platform: () => ({ ...serving.platform, feed: watched }) });
    const ids = [client.subscribe(LIVE), client.subscribe(LIVE)];
    await expect.poll(() => signals.length).toBe(2);
    client.complete(ids[0] ?? '');
    await expect.poll(() => signals.map((signal) => signal.aborted)).toEqual([true, false]);
    await client.close();
    await expect.poll(() => signals.map((signal) => signal.aborted)).toEqual([true, true]);
  });

  it('ends subscriptions with 1001 when the server stops, at once', async () => {
    const { client, server } = await connect();
    client.subscribe(LIVE);
    await client.next({ id: client.subscribe('{ __typename }') });
    const started = performance.now();
    await server.close();
    expect(await client.ended).toEqual({ code: 1001, reason: 'The platform is stopping' });
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
