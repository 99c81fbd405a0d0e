import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { makeFolder } from '../helpers/platform.js';
import { startTestServer } from './testServer.js';

const SCRIPT = 'export const answer = 42;\n';
let folder: Awaited<ReturnType<typeof makeFolder>>;
let url = '';

beforeAll(async () => {
  folder = await makeFolder();
  await mkdir(join(folder.path, 'assets'));
  await writeFile(join(folder.path, 'index.html'), '<!doctype html><title>DTI</title>');
  await writeFile(join(folder.path, 'assets/main-1a2b.js'), SCRIPT);
  await writeFile(join(folder.path, 'assets/main-1a2b.js.gz'), gzipSync(SCRIPT));
});
beforeEach(async () => {
  url = (await startTestServer({ dashboard: folder.path, platform: () => null })).url;
});
afterAll(() => folder.remove());

it('sends the page at the address of every view, also while the platform starts, and lets it speak to this server only', async () => {
  const views = readFileSync('src/dashboard/views.ts', 'utf8').matchAll(/path: '([^']+)'/g);
  const paths = [...views].map(([, path = '']) => `${path.replaceAll(/:\w+/g, 'any')}?round=PROVINCE-2022`);
  expect(paths.length).toBeGreaterThan(5);
  for (const path of paths) {
    const response = await fetch(url + path);
    expect([path, response.status]).toEqual([path, 200]);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(await response.text()).toContain('<title>DTI</title>');
  }
});

it('names GraphiQL to the page only where it is served', async () => {
  const closed = await startTestServer({ dashboard: folder.path, platform: () => null, introspection: false });
  const marks = await Promise.all(
    [url, closed.url].map(async (each) => [
      (await (await fetch(`${each}/`)).text()).includes('<meta name="graphiql" content="/graphiql">'),
      (await fetch(`${each}/graphiql`)).ok,
    ]),
  );
  expect(marks).toEqual([
    [true, true],
    [false, false],
  ]);
});

it('sends files compressed to who reads that, and for good, since their names change with their content', async () => {
  const file = `${url}/assets/main-1a2b.js`;
  const plain = await fetch(file, { headers: { 'accept-encoding': 'identity' } });
  expect(plain.headers.get('cache-control')).toContain('immutable');
  expect(await plain.text()).toBe(SCRIPT);
  const compressed = await fetch(file, { headers: { 'accept-encoding': 'gzip' } });
  expect([compressed.headers.get('content-encoding'), await compressed.text()]).toEqual(['gzip', SCRIPT]);
});

it('knows no other file', async () => {
  for (const path of ['/index.html.map', '/assets/other.js', '/..%2f..%2fpackage.json', '/nowhere']) {
    expect([path, (await fetch(url + path)).status]).toEqual([path, 404]);
  }
});

it('tells a browser on a page, and everybody else in the shape of GraphQL, that there is nothing at an address', async () => {
  const page = await fetch(`${url}/nowhere`, { headers: { accept: 'text/html,*/*;q=0.8' } });
  expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(await page.text()).toContain('<title>DTI</title>');
  const other = await fetch(`${url}/nowhere`);
  expect([other.status, await other.json()]).toMatchObject([404, { errors: [{ extensions: { code: 'NOT_FOUND' } }] }]);
});

it('says where the graph is when there is no dashboard', async () => {
  const server = await startTestServer();
  expect(await (await fetch(`${server.url}/`)).json()).toMatchObject({ graphql: '/graphql' });
});
