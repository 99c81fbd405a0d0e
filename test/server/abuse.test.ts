import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ABUSIVE_DOCUMENTS, type AbusiveDocument } from '../../bench/abusiveDocuments.js';
import { type Server, startServer } from '../../src/server/http.js';
import { type GraphqlAnswer, GraphqlSocket, postGraphql } from '../helpers/graphqlClient.js';
import { openTestServing, type TestServing } from './testServer.js';

// Documents that are meant to hurt, over every transport: refused alike, before any SQL, without a word about the inside.

let serving: TestServing;
const log: string[] = [];
/** With everything open, as with DEMO=1, and closed, as with DEMO=0. */
const servers = new Map<boolean, { readonly server: Server; readonly socket: GraphqlSocket }>();

/** Texts of the statements that PostgreSQL was sent; those of the feed, which goes on by itself, are left out. */
const statements: string[] = [];
const { query } = pg.Client.prototype;

beforeAll(async () => {
  serving = await openTestServing();
  for (const introspection of [true, false]) {
    const server = await startServer({
      ...{ host: '127.0.0.1', port: 0, introspection, platform: () => serving.platform },
      readiness: () => ({ ready: true, parts: {} }),
      log: (line) => void log.push(line),
    });
    servers.set(introspection, { server, socket: await GraphqlSocket.connect(server.url) });
  }
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]): unknown {
    const [first] = args;
    const text = typeof first === 'string' ? first : String((first as { text?: unknown } | undefined)?.text);
    if (!/^listen |from revision where id > /.test(text)) statements.push(text);
    return Reflect.apply(query, this, args);
  } as typeof query;
});
afterAll(async () => {
  pg.Client.prototype.query = query;
  for (const { server, socket } of servers.values()) {
    await socket.close();
    await server.close();
  }
  await serving?.close();
});

type Ask = (introspection: boolean, document: AbusiveDocument) => Promise<GraphqlAnswer | null>;

function find(introspection: boolean) {
  const found = servers.get(introspection);
  if (found === undefined) throw new Error('the servers are not there');
  return found;
}

/** Each answers the errors, or null for what it cannot carry. */
const TRANSPORTS: Readonly<Record<string, Ask>> = {
  async post(introspection, { query: text, variables, operationName }) {
    const { status, ...answer } = await postGraphql(find(introspection).server.url, text, variables, operationName);
    if (answer.errors !== undefined && answer.data === undefined) expect([400, 401]).toContain(status);
    return answer;
  },
  async get(introspection, { query: text, variables, operationName }) {
    const search = new URLSearchParams({ query: text });
    if (variables !== undefined) search.set('variables', JSON.stringify(variables));
    if (operationName !== undefined) search.set('operationName', operationName);
    // Node takes no longer heads.
    if (String(search).length > 12_000) return null;
    const headers = { 'apollo-require-preflight': '1' };
    const response = await fetch(`${find(introspection).server.url}/graphql?${search}`, { headers });
    return (await response.json()) as GraphqlAnswer;
  },
  async events(introspection, { query: text, variables, operationName }) {
    const response = await fetch(`${find(introspection).server.url}/graphql`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json', accept: 'text/event-stream' } },
      body: JSON.stringify({ query: text, variables, operationName }),
    });
    const [, data = 'null'] = /^event: next\ndata: (.*)$/m.exec(await response.text()) ?? [];
    return JSON.parse(data) as GraphqlAnswer;
  },
  async socket(introspection, { query: text, variables, operationName }) {
    const { socket } = find(introspection);
    const id = socket.subscribe(text, variables, operationName);
    const { type, payload } = await socket.next({ id });
    return type === 'error' ? { errors: payload } : payload;
  },
};

describe.each(ABUSIVE_DOCUMENTS.map((document) => [document.name, document] as const))('%s', (_name, document) => {
  it.each([
    ['with the demonstration', true],
    ['in production', false],
  ])('is refused alike by every transport %s', async (_mode, introspection) => {
    const { code, demoCode } = document;
    const expected = introspection && demoCode !== undefined ? demoCode : code;
    const answers: unknown[] = [];
    statements.length = 0;
    for (const [transport, ask] of Object.entries(TRANSPORTS)) {
      const answer = await ask(introspection, document);
      if (answer === null) continue;
      expect(answer.errors?.[0]?.extensions.code ?? null, transport).toBe(expected);
      if (expected !== null) expect(answer.data, transport).toBeUndefined();
      answers.push(answer.errors ?? null);
    }
    expect(statements).toEqual([]);
    expect(answers.length).toBeGreaterThanOrEqual(2);
    for (const each of answers) expect(each).toEqual(answers[0]);
    const text = JSON.stringify(answers[0]);
    expect(text.length).toBeLessThan(20_000);
    expect(text).not.toMatch(/node_modules|\bat .*\.[jt]s:|\bselect .* from\b/);
    if (!introspection) expect(text).not.toMatch(/did you mean/i);
  });
});

it('what is not refused would be seen in PostgreSQL', async () => {
  statements.length = 0;
  expect(await postGraphql(find(true).server.url, '{ syncRuns { totalCount } }')).toMatchObject({ status: 200 });
  expect(statements.length).toBeGreaterThan(0);
});

it('everything still answers after all of this, the log names nothing of it, and the socket was never closed', async () => {
  for (const introspection of [true, false]) {
    for (const [transport, ask] of Object.entries(TRANSPORTS)) {
      const answer = await ask(introspection, { name: '', query: '{ __typename }', code: '' });
      expect(answer, transport).toEqual({ data: { __typename: 'Query' } });
    }
  }
  expect(log).toEqual([]);
});

it('bodies that nest 60,000 levels deep are refused', async () => {
  const { server } = find(true);
  const variables = `{"filter":${'['.repeat(60_000)}${']'.repeat(60_000)}}`;
  const question = JSON.stringify('query Q($filter: EntityFilter) { entities(filter: $filter) { totalCount } }');
  const response = await fetch(`${server.url}/graphql`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: `{"query":${question},"variables":${variables}}`,
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'QUERY_TOO_DEEP' } }] });
});

it('heads that are too long are refused in the shape of GraphQL', async () => {
  const response = await fetch(`${find(true).server.url}/graphql?query=${'x'.repeat(20_000)}`);
  expect(response.status).toBe(431);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] });
});
