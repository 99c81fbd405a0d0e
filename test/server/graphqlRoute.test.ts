import { readdirSync, readFileSync } from 'node:fs';
import { HeaderMap } from '@apollo/server';
import { fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PUBLIC_VIEWER } from '../../src/access/viewer.js';
import { createContext } from '../../src/graph/context.js';
import { buildGraphSchema } from '../../src/graph/schema.js';
import { createApollo } from '../../src/server/apollo.js';
import { makeErrorFormatter } from '../../src/server/error.js';
import { OperationJudge } from '../../src/server/judge.js';
import { Metrics } from '../../src/server/metrics.js';
import { nextChangeId, type RevisionKind, takeRevision } from '../../src/store/revision.js';
import { GraphqlSocket } from '../helpers/graphqlClient.js';
import { randomDocument } from './randomDocument.js';
import { openTestServing, startTestServer, type TestServing } from './testServer.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const ROUNDS = '{ rounds(first: 3) { totalCount edges { cursor node { code name: status } } } }';

let serving: TestServing;
beforeAll(async () => {
  serving = await openTestServing();
});
afterAll(() => serving.close());

const start = (options: Parameters<typeof startTestServer>[0] = {}) =>
  startTestServer({ platform: () => serving.platform, ...options });

/** What Apollo Server alone answers to a request. */
async function openApollo() {
  const schema = buildGraphSchema();
  const judge = new OperationJudge({ schema, introspection: true });
  const log = fastify().log;
  const formatError = makeErrorFormatter(() => undefined);
  const metrics = new Metrics();
  const apollo = createApollo({
    schema,
    judge,
    introspection: true,
    metrics,
    formatError,
    log,
    maxExecutionMs: 10_000,
  });
  await apollo.start();
  return async (method: 'GET' | 'POST', given: Readonly<Record<string, string>>, body: unknown, search: string) => {
    const headers = new HeaderMap(Object.entries(given));
    const {
      status,
      headers: told,
      body: answered,
    } = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method, headers, body, search },
      context: async () => createContext(serving.platform, PUBLIC_VIEWER),
    });
    if (answered.kind !== 'complete') throw new Error('in parts');
    return {
      status: status ?? 200,
      type: told.get('content-type'),
      cost: told.get('graphql-cost') ?? null,
      text: answered.string,
    };
  };
}

async function ask(url: string, init: RequestInit, search = '') {
  const response = await fetch(`${url}/graphql${search}`, init);
  const { headers } = response;
  return {
    status: response.status,
    type: headers.get('content-type'),
    cost: headers.get('graphql-cost'),
    text: await response.text(),
  };
}

const folder = new URL('../graph/contract/', import.meta.url);
const contract = readdirSync(folder)
  .filter((name) => name.endsWith('.graphql'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'));

/** Bodies of requests: what is answered, what is refused at each step, what fails while it is executed, and what is no request at all. */
const BODIES: readonly unknown[] = [
  { query: ROUNDS },
  { query: ROUNDS, variables: null, operationName: null, extensions: {} },
  {
    query: 'query ($n: Int = 2) { entities(first: $n) { edges { node { id code name(lang: VI) } } } }',
    variables: { n: 1 },
  },
  { query: 'query ($n: Int!) { entities(first: $n) { totalCount } }', variables: { n: 'x' } },
  {
    query: 'query ($f: EntityFilter) { entities(filter: $f) { totalCount } }',
    variables: { f: { name: { contains: 'a' } } },
  },
  { query: 'query A { rounds { totalCount } } query B { frameworks { totalCount } }', operationName: 'B' },
  { query: 'query A { rounds { totalCount } } query B { frameworks { totalCount } }' },
  { query: 'query A { rounds { totalCount } }', operationName: 'C' },
  { query: '{ rounds { none } other }' },
  { query: '{ rounds { totalCount }' },
  { query: '' },
  { query: '{ apiKeys { totalCount } }' },
  { query: 'mutation { pauseSource(key: "x") { source { key } } }' },
  { query: 'subscription { rankingUpdates(round: "R") { revision } }' },
  { query: '{ a: round(code: "none") { code } ranking(round: "none") { totalCount } }' },
  { query: '{ entity(code: "01") { id } rounds { totalCount } }' },
  { query: '{ __schema { queryType { name } } }' },
  {
    query: `{ ${'a'.repeat(10)}: rounds { edges { node { entities { successors { successors { successors { id } } } } } } } }`,
  },
  { query: '{ entities(first: 2000) { totalCount } }' },
  { query: 7 },
  { query: ROUNDS, variables: 'x' },
  { query: ROUNDS, variables: [] },
  { query: ROUNDS, operationName: 7 },
  { query: ROUNDS, extensions: 'x' },
  {},
  [],
  [{ query: ROUNDS }],
  'x',
  null,
  ...contract.map((query) => ({ query, variables: { round: 'PROVINCE-2022', code: '74', codeSystem: 'GSO-2004' } })),
  ...Array.from({ length: 25 }, (_, at) => ({
    query: randomDocument(buildGraphSchema(), at + 1, { code: ['"74"', '"MPI"'], round: ['"PROVINCE-2022"'] }),
  })),
];

describe('an answer is that of Apollo Server alone', () => {
  it('by POST, at first and again', async () => {
    const { url } = await start();
    const apollo = await openApollo();
    for (const body of BODIES) {
      const expected = await apollo('POST', JSON_TYPE, body, '');
      for (let time = 0; time < 3; time += 1) {
        const init = { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) };
        expect(await ask(url, init), JSON.stringify(body)).toEqual(expected);
      }
    }
  });

  it('with an error that is the same for every row once, on every transport', async () => {
    const { url } = await start();
    const query = '{ entities(first: 3) { edges { node { score(round: "none") { value } } } } }';
    const init = { method: 'POST', headers: JSON_TYPE, body: JSON.stringify({ query }) };
    const posted = JSON.parse((await ask(url, init)).text);
    const socket = await GraphqlSocket.connect(url);
    const { payload } = await socket.next({ id: socket.subscribe(query) });
    await socket.close();
    const accept = { headers: { accept: 'text/event-stream' } };
    const stream = await ask(url, accept, `?query=${encodeURIComponent(query)}`);
    const [, streamed = ''] = /^data: (.*)$/m.exec(stream.text) ?? [];
    const path = ['entities', 'edges', 0, 'node', 'score'];
    expect(posted.errors).toMatchObject([{ path, extensions: { code: 'NOT_FOUND', places: 3 } }]);
    expect([payload, JSON.parse(streamed)]).toEqual([posted, posted]);
  });

  it('by GET, with and without what shows that it was meant', async () => {
    const { url } = await start();
    const apollo = await openApollo();
    const searches = [
      '',
      `?query=${encodeURIComponent(ROUNDS)}`,
      `?query=${encodeURIComponent(ROUNDS)}&query=x`,
      `?query=${encodeURIComponent('query ($n: Int) { entities(first: $n) { totalCount } }')}&variables={"n":2}`,
      `?query=${encodeURIComponent('query ($n: Int) { entities(first: $n) { totalCount } }')}&variables=[2]`,
      `?query=${encodeURIComponent(ROUNDS)}&variables={`,
      `?query=${encodeURIComponent('mutation { pauseSource(key: "x") { source { key } } }')}`,
      `?query=${encodeURIComponent('{ rounds { none } }')}`,
    ];
    const heads: Record<string, string>[] = [
      {},
      JSON_TYPE,
      { 'apollo-require-preflight': '1' },
      { 'content-type': 'text/plain' },
      { 'x-apollo-operation-name': 'a', 'content-type': 'text/plain' },
    ];
    for (const search of searches) {
      for (const headers of heads) {
        const expected = await apollo('GET', headers, null, search);
        for (let time = 0; time < 2; time += 1) {
          expect(await ask(url, { headers }, search), `${search} ${JSON.stringify(headers)}`).toEqual(expected);
        }
      }
    }
  });

  it('in the media type that the client accepts', async () => {
    const { url } = await start();
    const apollo = await openApollo();
    for (const accept of [
      'application/graphql-response+json',
      'application/graphql-response+json, application/json;q=0.5',
      'text/html, */*;q=0.1',
      'text/html',
    ]) {
      for (const query of [ROUNDS, '{ none }']) {
        const headers = { ...JSON_TYPE, accept };
        const { cost: _, ...expected } = await apollo('POST', headers, { query }, '');
        for (let time = 0; time < 2; time += 1) {
          const init = { method: 'POST', headers, body: JSON.stringify({ query }) };
          const { cost: _cost, ...answer } = await ask(url, init);
          expect(answer, accept).toEqual(expected);
        }
      }
    }
  });

  it('refuses a body that is no JSON, or that would change prototypes', async () => {
    const { url } = await start();
    for (const body of ['', '{', '{"query":"{ __typename }","__proto__":{"x":1}}']) {
      const { status, text } = await ask(url, { method: 'POST', headers: JSON_TYPE, body });
      expect([status, JSON.parse(text).errors[0].extensions.code]).toEqual([400, 'BAD_REQUEST']);
    }
  });
});

describe('answers that are kept', () => {
  const post = (query: string) => ({ method: 'POST', headers: JSON_TYPE, body: JSON.stringify({ query }) });
  const hits = async (url: string): Promise<number> => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(/dti_answer_cache_lookups_total\{result="hits"\} (\d+)/.exec(text)?.[1]);
  };
  /** Takes a revision, and waits until the server's feed shows it. */
  const change = async (kind: RevisionKind): Promise<void> => {
    const { database, feed } = serving.platform;
    const revision = await database.fork().transactional(async (em) => {
      return takeRevision(em, { changeId: await nextChangeId(em), kind, roundIds: [] });
    });
    while (feed.head < revision) await feed.changed(feed.head, AbortSignal.timeout(10_000));
  };

  it('are given out until a revision of what they read', async () => {
    const { url } = await start();
    const askHits = async (query: string) => {
      const before = await hits(url);
      const { status } = await ask(url, post(query));
      return { status, isHit: (await hits(url)) > before };
    };
    const linkages = '{ linkages { totalCount } }';
    expect([await askHits(ROUNDS), await askHits(linkages)].map(({ isHit }) => isHit)).toEqual([false, false]);
    expect([await askHits(ROUNDS), await askHits(linkages)].map(({ isHit }) => isHit)).toEqual([true, true]);
    await change('OBSERVATIONS');
    expect([await askHits(ROUNDS), await askHits(linkages)].map(({ isHit }) => isHit)).toEqual([true, false]);
    await change('ROUND');
    expect([await askHits(ROUNDS), await askHits(linkages)].map(({ isHit }) => isHit)).toEqual([false, false]);
  });

  it('are shared by requests that mean the same, and never hold what changes without a revision', async () => {
    const { url } = await start();
    const of = (body: object) => ({ method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) });
    const query = 'query ($n: Int = 3, $f: EntityFilter) { entities(first: $n, filter: $f) { totalCount } }';
    await ask(url, of({ query, variables: { n: 3, f: { code: { eq: 'x', ne: 'y' } } } }));
    const before = await hits(url);
    await ask(url, of({ variables: { f: { code: { ne: 'y', eq: 'x' } }, unused: 1 }, query }));
    expect(await hits(url)).toBe(before + 1);
    for (let time = 0; time < 2; time += 1)
      await ask(url, of({ query: '{ syncRuns { totalCount } viewer { role } }' }));
    expect(await hits(url)).toBe(before + 1);
  });

  it('are not kept without room', async () => {
    const { url } = await start({ answerCacheBytes: 0 });
    const answers = [await ask(url, post(ROUNDS)), await ask(url, post(ROUNDS))];
    expect(answers[1]).toEqual(answers[0]);
    expect(await hits(url)).toBe(0);
  });

  it('still count against the rate of who asks', async () => {
    const { url } = await start({ rateLimitPerMinute: 3 });
    const statuses = [];
    for (let time = 0; time < 5; time += 1) statuses.push((await ask(url, post(ROUNDS))).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });

  it('cost nothing, while others count by their cost', async () => {
    const { url } = await start({ costLimitPerMinute: 30 });
    const statuses = [];
    for (let time = 0; time < 5; time += 1) statuses.push((await ask(url, post(ROUNDS))).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    const cost = Number((await ask(url, post(ROUNDS))).cost);
    expect(cost).toBeGreaterThan(10);
    const response = await fetch(`${url}/graphql`, post('{ rounds(first: 4) { edges { node { code id year } } } }'));
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('GET', () => {
  const search = `?query=${encodeURIComponent(ROUNDS)}`;

  it('names the bytes, and sends none to who has them', async () => {
    const { url } = await start();
    const get = (headers: Record<string, string> = {}) =>
      fetch(`${url}/graphql${search}`, { headers: { 'apollo-require-preflight': '1', ...headers } });
    const first = await get();
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    expect(first.headers.get('cache-control')).toBe('public, max-age=0, must-revalidate');
    expect(first.headers.get('vary')).toBe('authorization, accept');
    for (const known of [etag, `"other", W/${etag}`, '*']) {
      const again = await get({ 'if-none-match': known });
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
    }
    expect((await get({ 'if-none-match': '"other"' })).status).toBe(200);
    // Equal bytes have equal names, by POST as well as at another server.
    const other = await start();
    const elsewhere = await fetch(`${other.url}/graphql${search}`, { headers: JSON_TYPE });
    expect(elsewhere.headers.get('etag')).toBe(etag);
  });
});
