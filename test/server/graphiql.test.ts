import { parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildGraphSchema } from '../../src/graph/schema.js';
import { judgeCost, MAX_COST } from '../../src/server/cost.js';
import { readExamples } from '../../src/server/graphiql.js';
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

describe('the examples', async () => {
  const examples = await readExamples('examples/query');
  const schema = buildGraphSchema();

  it('are there for each kind of user, subscriptions too', () => {
    expect([...new Set(examples.map(({ name }) => name.split('/')[0]))]).toEqual([
      'data-team',
      'dashboard',
      'integrator',
    ]);
    expect(examples.filter(({ text }) => text.includes('subscription ')).length).toBeGreaterThan(2);
  });

  it.each(examples)('$name is valid and does not cost too much', ({ text }) => {
    const document = parse(text);
    expect(validate(schema, document)).toEqual([]);
    const variables = { published: 'PROVINCE-2022', open: 'PROVINCE-2026', moment: '2026-01-01T00:00:00Z' };
    expect(judgeCost(schema, priced(schema, document, variables))).toBeLessThanOrEqual(MAX_COST);
  });

  it('open in the editor, with the variables that they ask for', async () => {
    const { url } = await startTestServer({ examples });
    const page = await (await fetch(`${url}/graphiql?example=dashboard/rankingLive`)).text();
    expect(page).toContain('"initialQuery": "# A ranking, live');
    expect(page).toMatch(/"initialVariables": "{\\n\s+\\"open\\": /);
    expect(page).toContain('<option value="dashboard/rankingLive" selected>');
  });
});
