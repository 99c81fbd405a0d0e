import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { MAX_OPERATIONS_PER_SOCKET, MAX_PAYLOAD_BYTES } from '../../src/server/limit.js';
import { GraphqlSocket, postGraphql } from '../helpers/graphqlClient.js';
import { openTestServing, startTestServer, type TestServing } from './testServer.js';

const DEEP = `{ entities { edges { node { ${'successors { '.repeat(13)}code ${'} '.repeat(13)}} } } }`;
const SCORES = 'scores(round: "PROVINCE-2022")';
const COSTLY = `{ scores(round: "PROVINCE-2022", first: 1000) { edges { node { entity { ${SCORES} { entity { ${SCORES} { value } } } } } } } }`;
const COSTLY_EVENTS = `subscription { rankingUpdates(round: "PROVINCE-2026") { rows { entity { ${SCORES} { entity { ${SCORES} { value } } } } } } }`;
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

/** Greets with headers of its own, and tells what came of it; an accepted connection is closed after its first message. */
async function knock(url: string, headers: Record<string, string>) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
  const messages: unknown[] = [];
  socket.on('open', () => socket.send('{"type":"connection_init"}'));
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)));
    socket.close(1000);
  });
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return { code, reason: String(reason), messages };
}

describe('/graphql over WebSocket', () => {
  it('a connection is refused with a reason while the platform starts, and works afterwards', async () => {
    let isReady = false;
    const { url } = await startTestServer({ platform: () => (isReady ? serving.platform : null) });
    const early = await GraphqlSocket.open(url);
    expect(await early.ended).toEqual({ code: 4503, reason: 'The platform is starting; try again in a second' });
    isReady = true;
    const client = await GraphqlSocket.connect(url);
    expect((await client.close()).code).toBe(1000);
  });

  it('a connection answers queries, again and again, and completes them', async () => {
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
    ['too much cost', COSTLY, 'QUERY_TOO_COSTLY'],
    ['events that cost too much', COSTLY_EVENTS, 'QUERY_TOO_COSTLY'],
  ])('an operation with %s is refused with the code of HTTP', async (_name, query, code) => {
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
  ])('errors about %s are formatted as HTTP does', async (_name, query) => {
    const { client, server } = await connect();
    const id = client.subscribe(query);
    const { type, payload } = await client.next({ id });
    const { status: _status, ...answer } = await postGraphql(server.url, query);
    // What is not executed has no result, only errors.
    const errors = type === 'error' ? payload : payload.errors;
    expect(errors).toEqual(answer.errors);
    expect(errors[0].extensions.code).toMatch(/^(AMBIGUOUS_CODE|BAD_USER_INPUT)$/);
  });

  it('a subscription that cannot start says why', async () => {
    const { client } = await connect();
    const id = client.subscribe('subscription { rankingUpdates(round: "NOWHERE") { revision } }');
    const message = await client.next({ id });
    const errors = message.type === 'error' ? message.payload : message.payload.errors;
    expect(errors[0].extensions.code).toBe('NOT_FOUND');
  });

  it('a server without introspection hides the schema', async () => {
    const { client } = await connect({ introspection: false });
    const id = client.subscribe('{ __schema { queryType { name } } }');
    expect((await client.next({ id })).payload[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    const misspelt = client.subscribe('{ entitie { code } }');
    expect((await client.next({ id: misspelt })).payload[0].message).not.toMatch(/did you mean/i);
  });

  it('the operation that is one too many is refused, and the others go on', async () => {
    const { client } = await connect();
    const ids = Array.from({ length: MAX_OPERATIONS_PER_SOCKET }, () => client.subscribe(LIVE));
    const extra = client.subscribe('{ __typename }');
    const refusal = await client.next({ id: extra });
    expect([refusal.type, refusal.payload[0].extensions.code]).toEqual(['error', 'TOO_MANY_OPERATIONS']);
    for (const id of ids.slice(0, 2)) client.complete(id);
    const again = client.subscribe('{ __typename }');
    expect((await client.next({ id: again })).payload).toEqual({ data: { __typename: 'Query' } });
  });

  it('connections that break the protocol are closed with its codes', async () => {
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

  it('connections whose messages are too large are closed', async () => {
    const { client, server } = await connect();
    client.subscribe(`{ __typename } # ${'x'.repeat(MAX_PAYLOAD_BYTES)}`);
    expect((await client.ended).code).toBe(1009);
    expect(server.log.join('')).not.toMatch(/xxxx|at .*\.js/);
  });

  it('other protocols and other paths are not taken', async () => {
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

  it('variables that are too deep are refused with the code of HTTP, and the connection goes on', async () => {
    const { client } = await connect();
    const filter = JSON.parse(`${'{"not":'.repeat(1000)}{}${'}'.repeat(1000)}`);
    const id = client.subscribe('query Q($filter: EntityFilter) { entities(filter: $filter) { totalCount } }', {
      filter,
    });
    expect((await client.next({ id })).payload[0].extensions.code).toBe('QUERY_TOO_DEEP');
    expect((await client.next({ id: client.subscribe('{ __typename }') })).type).toBe('next');
  });

  it.each([
    ['of another host', 'http://example.vn'],
    ['of this host on another port', 'http://127.0.0.1:1'],
    ['of a host whose name begins alike', 'http://127.0.0.1.example.vn'],
    ['without a host', 'null'],
    ['that opened a file', 'file:///index.html'],
  ])('the connection of a page %s is closed with a reason', async (_name, origin) => {
    const { url } = await startTestServer({ platform: () => serving.platform });
    const { code, reason, messages } = await knock(url, { origin });
    expect({ code, messages }).toEqual({ code: 4403, messages: [] });
    expect(reason).toContain('Host');
  });

  it('pages of the server’s own host, under whatever scheme a proxy offers it, and programs that are no page are accepted', async () => {
    const { url } = await startTestServer({ platform: () => serving.platform });
    for (const headers of [
      {},
      { origin: url },
      { origin: 'https://dti.example.vn', host: 'dti.example.vn' },
      { origin: 'https://dti.example.vn', host: 'DTI.example.vn:443' },
      { origin: 'http://dti.example.vn:8080', host: 'dti.example.vn:8080' },
    ]) {
      const { messages } = await knock(url, headers);
      expect(messages).toEqual([{ type: 'connection_ack' }]);
    }
  });

  it('watching stops when the client completes, and when it goes away', async () => {
    const { client, server } = await connect();
    const ids = [client.subscribe(LIVE), client.subscribe(LIVE)];
    await expect.poll(() => server.live()).toMatchObject({ members: 2, groups: 1 });
    client.complete(ids[0] ?? '');
    await expect.poll(() => server.live()).toMatchObject({ members: 1, groups: 1 });
    await client.close();
    await expect.poll(() => server.live()).toMatchObject({ members: 0, groups: 0 });
  });

  it('the connection that is one too many of its client is closed with a reason, and one that ends makes room', async () => {
    const { client, server } = await connect({ maxSocketsPerClient: 1 });
    const extra = await GraphqlSocket.open(server.url);
    expect(await extra.ended).toMatchObject({ code: 4429, reason: expect.stringContaining('Too many connections') });
    await client.close();
    await expect.poll(async () => (await knock(server.url, {})).messages).toEqual([{ type: 'connection_ack' }]);
  });

  it('subscriptions end with 1001, at once, when the server stops', async () => {
    const { client, server } = await connect();
    client.subscribe(LIVE);
    await client.next({ id: client.subscribe('{ __typename }') });
    const started = performance.now();
    await server.close();
    expect(await client.ended).toEqual({ code: 1001, reason: 'The platform is stopping' });
    // The server would wait six seconds for a request.
    expect(performance.now() - started).toBeLessThan(5_500);
  });
});
