import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHealthServer } from '../../src/server/healthServer.js';
import { Metrics } from '../../src/server/metrics.js';
import { GraphqlSocket, postGraphql } from '../helpers/graphqlClient.js';
import { readMetrics } from './readMetrics.js';
import { openTestServing, startTestServer, type TestServing } from './testServer.js';

let serving: TestServing;
beforeAll(async () => {
  serving = await openTestServing();
});
afterAll(() => serving.close());

const start = (options: Parameters<typeof startTestServer>[0] = {}) =>
  startTestServer({ platform: () => serving.platform, ...options });

it('the manual names every metric', () => {
  const root = join(import.meta.dirname, '../..');
  const manual = readFileSync(join(root, 'docs/operation.md'), 'utf8');
  const files = ['src/measurement.ts', ...readdirSync(join(root, 'src/server')).map((name) => `src/server/${name}`)];
  const names = files.flatMap((file) => readFileSync(join(root, file), 'utf8').match(/'dti_[a-z_]+'/g) ?? []);
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => !manual.includes(`\`${name.slice(1, -1)}\``))).toEqual([]);
});

describe('/metrics', () => {
  it('has the format of Prometheus, names with units, and no label that says who asked', async () => {
    const { url } = await start({ metrics: new Metrics({ process: true }) });
    await postGraphql(url, '{ __typename }');
    const metrics = await readMetrics(url);
    expect(metrics.names.filter((name) => !/^(dti_|process_|nodejs_)/.test(name))).toEqual([]);
    for (const [name, type] of metrics.types) {
      if (name.startsWith('dti_') && type === 'counter') expect(name).toMatch(/_total$/);
    }
    expect(metrics.value('nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0);
    expect(metrics.labels).not.toContain('subject');
  });

  it('counts requests by route and status, operations by kind and outcome, and what they cost', async () => {
    const { url } = await start({ answerCacheBytes: 0 });
    await postGraphql(url, '{ rounds(first: 3) { totalCount } }');
    await postGraphql(url, '{ rounds(first: 3) { totalCount } }');
    await postGraphql(url, '{ nowhere }');
    await fetch(`${url}/some/path/of/a/client`);
    const { value } = await readMetrics(url);
    expect(value('dti_http_requests_total', { method: 'POST', route: 'graphql', status: '200' })).toBe(2);
    expect(value('dti_http_requests_total', { method: 'POST', route: 'graphql', status: '400' })).toBe(1);
    expect(value('dti_http_requests_total', { method: 'GET', route: 'other', status: '404' })).toBe(1);
    expect(value('dti_operations_total', { transport: 'post', kind: 'query', outcome: 'ok' })).toBe(2);
    const refused = { transport: 'post', kind: 'none', outcome: 'GRAPHQL_VALIDATION_FAILED' };
    expect(value('dti_operations_total', refused)).toBe(1);
    expect(value('dti_operation_duration_seconds_count', { kind: 'query' })).toBe(2);
    expect(value('dti_operation_cost_sum')).toBe(4);
    expect(value('dti_document_cache_lookups_total', { result: 'hits' })).toBe(1);
    expect(value('dti_document_cache_lookups_total', { result: 'misses' })).toBe(2);
    expect(value('dti_document_cache_documents')).toBe(1);
  });

  it('counts operations of sockets and event streams as well', async () => {
    const { url } = await start();
    const socket = await GraphqlSocket.connect(url);
    const documents = ['{ rounds { totalCount } }', '{ nowhere }', '{ entity(code: "01") { code } }'];
    for (const document of documents) {
      await socket.next({ id: socket.subscribe(document) });
      await (
        await fetch(`${url}/graphql?query=${encodeURIComponent(document)}`, {
          headers: { accept: 'text/event-stream' },
        })
      ).text();
    }
    // Nothing has been computed, so that it begins and waits.
    socket.subscribe('subscription { rankingUpdates(round: "PROVINCE-2022") { revision } }');
    await socket.next({ id: socket.subscribe('subscription { rankingUpdates(round: "none") { revision } }') });
    const live = { transport: 'socket', kind: 'subscription' };
    const liveCount = async (outcome: string) =>
      (await readMetrics(url)).value('dti_operations_total', { ...live, outcome });
    await expect.poll(() => liveCount('ok')).toBe(1);
    expect(await liveCount('NOT_FOUND')).toBe(1);
    const { value } = await readMetrics(url);
    for (const transport of ['socket', 'events']) {
      const count = (kind: string, outcome: string) => value('dti_operations_total', { transport, kind, outcome });
      expect(count('query', 'ok')).toBe(1);
      expect(count('query', 'AMBIGUOUS_CODE')).toBe(1);
      expect(count('none', 'GRAPHQL_VALIDATION_FAILED')).toBe(1);
    }
    expect(value('dti_operation_duration_seconds_count', { kind: 'query' })).toBe(4);
    await socket.close();
  });

  it('counts sockets as they come and go', async () => {
    const { url } = await start();
    const client = await GraphqlSocket.connect(url);
    expect((await readMetrics(url)).value('dti_sockets')).toBe(1);
    await client.close();
    await expect.poll(async () => (await readMetrics(url)).value('dti_sockets')).toBe(0);
  });

  it('is not for whoever comes by way of a proxy without being an admin', async () => {
    const { url } = await start();
    for (const header of ['x-forwarded-for', 'forwarded', 'via']) {
      const response = await fetch(`${url}/metrics`, { headers: { [header]: '203.0.113.7' } });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'AUTH_REQUIRED' } }] });
    }
    const wrong = { 'x-forwarded-for': '203.0.113.7', authorization: 'Bearer x' };
    expect((await fetch(`${url}/metrics`, { headers: wrong })).status).toBe(401);
  });

  it('is served by processes that only work, too', async () => {
    const readiness = () => ({ ready: true, parts: {} });
    const metrics = new Metrics();
    metrics.gauge('dti_test_seconds', 'Anything', () => 7);
    const server = await startHealthServer({ host: '127.0.0.1', port: 0, readiness, metrics, log: () => undefined });
    try {
      expect((await readMetrics(server.url)).value('dti_test_seconds')).toBe(7);
    } finally {
      await server.close();
    }
  });
});
