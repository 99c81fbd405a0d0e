import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { MAX_COST } from '../../src/server/cost.js';
import { MAX_PAYLOAD_BYTES } from '../../src/server/limit.js';
import { postGraphql } from '../helpers/graphqlClient.js';
import { openTestServing, startTestServer, type TestServing } from './testServer.js';

let serving: TestServing;
beforeAll(async () => {
  serving = await openTestServing();
});
afterAll(() => serving.close());

const startReady = (options: Parameters<typeof startTestServer>[0] = {}) =>
  startTestServer({ platform: () => serving.platform, ...options });

describe('startServer', () => {
  it('startServer fails on an occupied port before anything else is touched, and names PORT', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    let isAsked = false;
    const platform = () => {
      isAsked = true;
      return null;
    };
    const failure = startTestServer({ port, platform });
    await expect(failure).rejects.toMatchObject({ code: 'PORT_IN_USE', details: { host: '127.0.0.1', port } });
    await expect(failure).rejects.toThrow(/PORT/);
    expect(isAsked).toBe(false);
  });

  it('startServer says which setting is wrong when it cannot listen there at all', async () => {
    await expect(startTestServer({ host: '203.0.113.7' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('a server tells the actual port in its address', async () => {
    const { url } = await startTestServer();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
    const everywhere = await startTestServer({ host: '0.0.0.0' });
    expect((await fetch(`${everywhere.url}/health/live`)).status).toBe(200);
  });

  it('a server answers in the shape of GraphQL while the platform starts, and with data afterwards', async () => {
    let isReady = false;
    const { url } = await startTestServer({ platform: () => (isReady ? serving.platform : null) });
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ __typename }"}',
    });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'STARTING' } }] });
    expect((await fetch(`${url}/graphql?query={__typename}`)).status).toBe(503);
    isReady = true;
    expect(await postGraphql(url, '{ __typename }')).toEqual({ status: 200, data: { __typename: 'Query' } });
  });
});

describe('health', () => {
  it('a server is live at once, and ready when every part is', async () => {
    const starting = await startTestServer();
    expect((await fetch(`${starting.url}/health/live`)).status).toBe(200);
    const response = await fetch(`${starting.url}/health/ready`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ ready: false, parts: { database: 'ready', reference: 'loading' } });
    const ready = await fetch(`${(await startReady()).url}/health/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({ ready: true, parts: { database: 'ready', reference: 'ready' } });
  });
});

describe('/graphql over HTTP', () => {
  it('says what to do instead of a subscription', async () => {
    const server = await startTestServer({ platform: () => serving.platform });
    const document = 'subscription { rankingUpdates(round: "PROVINCE-2022") { revision } }';
    const { status, errors } = await postGraphql(server.url, document);
    expect([status, errors?.[0]?.extensions.code]).toEqual([400, 'BAD_REQUEST']);
    expect(errors?.[0]?.message).toContain('WebSocket');
    expect(server.log).toEqual([]);
  });

  it('GET answers queries only, and only to clients that a foreign page cannot imitate', async () => {
    const { url } = await startReady();
    const get = (query: string, headers: Record<string, string> = { 'apollo-require-preflight': '1' }) =>
      fetch(`${url}/graphql?query=${encodeURIComponent(query)}`, { headers });
    const query = await get('{ __typename }');
    expect([query.status, await query.json()]).toEqual([200, { data: { __typename: 'Query' } }]);
    expect((await get('{ __typename }', {})).status).toBe(400);
    const subscription = await get('subscription { __typename rankingUpdates(round: "x") { revision } }');
    expect(subscription.status).toBeGreaterThanOrEqual(400);
  });

  it.each([
    ['bad syntax', '{', 400, 'GRAPHQL_PARSE_FAILED'],
    ['unknown fields', '{ nowhere }', 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['bad variables', 'query Q($round: String!) { ranking(round: $round) { totalCount } }', 400, 'BAD_USER_INPUT'],
    ['too many tokens', `{ ${'__typename '.repeat(4001)} }`, 400, 'QUERY_TOO_LARGE'],
    ['an unknown operation', 'query A { __typename } query B { __typename }', 400, 'OPERATION_RESOLUTION_FAILURE'],
  ])('an answer about %s has a code and no stack', async (_name, query, status, code) => {
    const { url } = await startReady();
    const answer = await postGraphql(url, query);
    expect([answer.status, answer.errors?.[0]?.extensions.code ?? null]).toEqual([status, code]);
    expect(JSON.stringify(answer)).not.toMatch(/stack|node_modules|\.ts:/);
  });

  it('operations that are too deep or select too much are refused', async () => {
    const { url } = await startReady();
    const deep = `{ entities { edges { node { ${'successors { '.repeat(13)}code ${'} '.repeat(13)}} } } }`;
    const doubling = Array.from(
      { length: 11 },
      (_, at) => `fragment F${at} on Query { a${at}: __typename ...F${at + 1} ...F${at + 1} }`,
    );
    const wide = `{ ...F0 } ${doubling.join(' ')} fragment F11 on Query { __typename }`;
    for (const [query, code] of [
      [deep, 'QUERY_TOO_DEEP'],
      [wide, 'QUERY_TOO_LARGE'],
    ] as const) {
      const answer = await postGraphql(url, query);
      expect([answer.status, answer.errors?.map((error) => error.extensions.code)]).toEqual([400, [code]]);
    }
  });

  it('operations that cost too much and variables that are too deep are refused before anything is executed', async () => {
    const { url } = await startReady();
    const scores = 'scores(round: "PROVINCE-2022")';
    const costly = `query Q($first: Int) { scores(round: "PROVINCE-2022", first: $first) { edges { node { entity { ${scores} { entity { ${scores} { value } } } } } } } }`;
    const answer = await postGraphql(url, costly, { first: 1000 });
    expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { code: 'QUERY_TOO_COSTLY' } }] });
    expect(answer.errors?.[0]?.extensions).toMatchObject({ details: { cost: expect.any(Number), limit: MAX_COST } });
    expect(answer.data).toBeUndefined();
    const filtered = 'query Q($filter: EntityFilter) { entities(filter: $filter) { totalCount } }';
    const filter = JSON.parse(`${'{"not":'.repeat(1000)}{}${'}'.repeat(1000)}`);
    expect(await postGraphql(url, filtered, { filter })).toMatchObject({
      ...{ status: 400, errors: [{ extensions: { code: 'QUERY_TOO_DEEP' } }] },
    });
  });

  /** What curl says of a body if it is told nothing. */
  const FORM = 'application/x-www-form-urlencoded';

  it('bodies over the limit, batches, other types and broken JSON are refused in the shape of GraphQL', async () => {
    const { url } = await startReady();
    const post = async (body: string, type = 'application/json') => {
      const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': type }, body });
      const answer = (await response.json()) as { errors: { message: string; extensions: { code: string } }[] };
      return [
        response.status,
        answer.errors[0]?.extensions.code,
        ...(type === FORM ? [answer.errors[0]?.message] : []),
      ];
    };
    const long = JSON.stringify({ query: `{ __typename } # ${'x'.repeat(MAX_PAYLOAD_BYTES)}` });
    expect(await post(long)).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect(await post('[{"query":"{ __typename }"}]')).toEqual([400, 'BAD_REQUEST']);
    expect(await post('{"query":')).toEqual([400, 'BAD_REQUEST']);
    expect(await post('{"__proto__":{"query":"{ __typename }"}}')).toEqual([400, 'BAD_REQUEST']);
    const told = 'The body must be JSON and say so: send it with the header "content-type: application/json".';
    expect(await post('{"query":"{ __typename }"}', FORM)).toEqual([415, 'BAD_REQUEST', told]);
    expect(await post('{"query":"{ __typename }"}', 'text/plain')).toEqual([400, 'BAD_REQUEST']);
  });

  it('a time that is none is told with an example, as a literal and as a variable', async () => {
    const { url } = await startReady();
    const read = (time: string) => `entities(at: { asOf: { time: ${time} } }) { totalCount }`;
    const bodies = [
      { query: `{ ${read('"2020-01-01"')} }` },
      { query: `query ($time: DateTime) { ${read('$time')} }`, variables: { time: '2020-01-01' } },
    ];
    for (const body of bodies) {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) });
      const { errors } = (await response.json()) as { errors: { message: string; extensions: { code: string } }[] };
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
      expect(errors[0]?.message).toContain('"2020-01-01" is not a DateTime');
      expect(errors[0]?.message).toContain('such as "2020-01-01T00:00:00Z"');
    }
  });

  it('the second and third request of a document are answered like the first', async () => {
    const { url } = await startReady();
    const query =
      'query Q($code: String!) { entity(code: $code, codeSystem: "GSO-2004") { code level name(lang: VI) } }';
    const answers = [];
    for (let at = 0; at < 4; at += 1) answers.push(await postGraphql(url, query, { code: '74' }));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 200, data: { entity: { code: '74', level: 'PROVINCE' } } });
  });

  it('every request of a document keeps the codes, paths and details of the platform', async () => {
    const { url } = await startReady();
    for (let at = 0; at < 3; at += 1) {
      const answer = await postGraphql(url, '{ here: entity(code: "01") { code } }');
      expect(answer.errors).toMatchObject([{ path: ['here'], extensions: { code: 'AMBIGUOUS_CODE' } }]);
    }
  });

  it('a server without introspection hides the schema', async () => {
    const { url } = await startReady({ introspection: false });
    const answer = await postGraphql(url, '{ __schema { queryType { name } } }');
    expect([answer.status, answer.data]).toEqual([400, undefined]);
    const misspelt = await postGraphql(url, '{ entitie { code } }');
    expect(misspelt.errors?.[0]?.message).not.toMatch(/did you mean/i);
    expect((await fetch(`${url}/graphiql`)).status).toBe(404);
    expect((await fetch(`${url}/graphiql/static/ruru.js`)).status).toBe(404);
    const root = await fetch(`${url}/`);
    expect([root.status, await root.json()]).toMatchObject([200, { graphql: '/graphql' }]);
  });

  it('answers carry minimal headers and allow no foreign origin', async () => {
    const { url } = await startReady();
    const { headers } = await fetch(`${url}/graphql`, { method: 'OPTIONS', headers: { origin: 'http://example.vn' } });
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('the log has neither queries nor variables', async () => {
    const { url, log } = await startReady();
    await postGraphql(url, '{ failing', { password: 'secret-value' });
    await fetch(`${url}/graphql?query={secret-value}`);
    await fetch(`${url}/nowhere?token=secret-value`);
    expect(log.join('')).not.toContain('secret-value');
  });
});

/** Whether anybody listens on a port of this machine. */
async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const isOpen = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return isOpen;
}

describe('close', () => {
  it('close stops taking connections, answers the request that is under way, then frees the port', async () => {
    const { url, close } = await startReady();
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => {
      answer += String(data);
    });
    const body = '{"query":"{ __typename }"}';
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    // The server says this once it has the head of the request and waits for the body.
    await expect.poll(() => answer).toContain('100 Continue');
    const closing = close();
    await expect.poll(() => accepts(Number(port))).toBe(false);
    socket.end(body);
    await closing;
    expect(answer).toContain('"__typename":"Query"');
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  });

  it('close does not wait for idle connections', async () => {
    const { url, close } = await startReady();
    // One that its client does not end either, as `fetch` would after four seconds.
    const idle = connect(Number(new URL(url).port), '127.0.0.1');
    onTestFinished(() => void idle.destroy());
    idle.write('GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(idle, 'data');
    const ended = once(idle.resume(), 'end');
    const started = performance.now();
    await close();
    await ended;
    // The server itself would end it after more than a minute.
    expect(performance.now() - started).toBeLessThan(30_000);
  });
});
