import { parse, validate } from 'graphql';
import { expect, it } from 'vitest';
import { buildGraphSchema } from '../../src/graph/schema.js';
import { judgeCost, MAX_COST } from '../../src/server/cost.js';
import { priced } from './priced.js';
import { startTestServer } from './testServer.js';

it('GraphiQL is a page that names no other host and forbids the browser to ask one', async () => {
  const { url } = await startTestServer();
  const response = await fetch(`${url}/graphiql`);
  const page = await response.text();
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(page).not.toMatch(/https?:\/\/|\/\/[a-z]+\./);
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(page).toContain('/graphql');
  expect(page).toContain('rankingUpdates');
});

it('every file that GraphiQL names is served, compressed for those who take it', async () => {
  const { url } = await startTestServer();
  const page = await (await fetch(`${url}/graphiql`)).text();
  const files = [...page.matchAll(/"(\/graphiql\/static\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]);
  expect(files.length).toBeGreaterThanOrEqual(2);
  for (const file of files) {
    const compressed = await fetch(`${url}${file}`, { headers: { 'accept-encoding': 'br' } });
    expect([compressed.status, compressed.headers.get('content-encoding')]).toEqual([200, 'br']);
    const text = await compressed.text();
    const plain = await fetch(`${url}${file}`, { headers: { 'accept-encoding': 'identity' } });
    expect([plain.headers.get('content-encoding'), await plain.text()]).toEqual([null, text]);
    const again = await fetch(`${url}${file}`, { headers: { 'if-none-match': plain.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
  }
  for (const path of ['nowhere.js', '..%2F..%2Fpackage.json', '__proto__', 'ruru.js.map']) {
    expect((await fetch(`${url}/graphiql/static/${path}`)).status).toBe(404);
  }
});

it('the operations of a new tab are valid, and none costs too much', async () => {
  const { url } = await startTestServer();
  const page = await (await fetch(`${url}/graphiql`)).text();
  const query = JSON.parse(/"defaultQuery": (".*"),$/m.exec(page)?.[1] ?? '""') as string;
  const document = parse(query);
  const schema = buildGraphSchema();
  expect(validate(schema, document)).toEqual([]);
  const names = [...query.matchAll(/^(?:query|subscription) (\w+)/gm)].map((match) => match[1]);
  expect(names).toHaveLength(3);
  for (const name of names) {
    expect(judgeCost(schema, priced(schema, document, {}, name))).toBeLessThanOrEqual(MAX_COST);
  }
});
