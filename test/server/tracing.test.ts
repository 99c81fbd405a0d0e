import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { computeRound } from '../../src/pipeline/compute.js';
import { registerSource } from '../../src/pipeline/source.js';
import { syncSource } from '../../src/pipeline/sync.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { openTracing } from '../../src/tracing.js';
import { LOOPBACK } from '../helpers/loopback.js';
import { startSmallSource, TOKEN } from '../pipeline/smallSource.js';
import { NOW } from '../store/batch.js';
import { openTestServing, startTestServer, type TestServing } from './testServer.js';

let serving: TestServing;
beforeAll(async () => {
  serving = await openTestServing();
});
afterAll(() => serving.close());

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

/** Receives spans, and what sends them there. */
async function startReceiver() {
  const bodies: string[] = [];
  const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => {
      body += String(data);
    });
    request.on('end', () => {
      expect(request.url).toBe('/v1/traces');
      bodies.push(body);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void receiver.close());
  await once(receiver, 'listening');
  const tracing = await openTracing(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}`, 'all', 50);
  const spans = (): Span[] =>
    bodies.flatMap((body) =>
      JSON.parse(body).resourceSpans.flatMap((each: { scopeSpans: { spans: Span[] }[] }) =>
        each.scopeSpans.flatMap(({ spans: found }) => found),
      ),
    );
  return { bodies, tracing, spans };
}

it('requests and operations are traced as part of the client’s trace, without what they ask', async () => {
  const { bodies, tracing, spans } = await startReceiver();
  const { url } = await startTestServer({ platform: () => serving.platform, tracing });
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    body: JSON.stringify({
      query: 'query Seen($code: String!) { entity(code: $code, codeSystem: "GSO-2004") { code } }',
      variables: { code: 'hunter2' },
    }),
  });
  expect(response.status).toBe(200);
  await response.text();
  await fetch(`${url}/health/live`);
  await expect.poll(() => spans().length).toBeGreaterThanOrEqual(2);
  await tracing.close();
  const request = spans().find(({ name }) => name === 'POST /graphql');
  const operation = spans().find(({ name }) => name === 'query');
  expect(request).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331' });
  expect(operation).toMatchObject({ traceId, parentSpanId: request?.spanId });
  expect(JSON.stringify(operation?.attributes)).toContain('Seen');
  expect(bodies.join('')).not.toMatch(/hunter2|entity\(|health/);
  expect(bodies.join('')).toContain('dti-graph');
});

it('sync runs and computations are traced, failed ones with their code, without what is read', async () => {
  const { bodies, tracing, spans } = await startReceiver();
  const { database } = serving.database;
  const catalogue = await readCatalogue(database.fork());
  const source = await startSmallSource('traced');
  onTestFinished(() => source.close());
  await registerSource(database, source.connector.spec, 'ACTIVE', NOW);
  const options = {
    ...{ database, catalogue, connector: source.connector, mode: 'FULL_REFRESH' as const, tracing, now: () => NOW },
    ...{ signal: new AbortController().signal, addressGuard: LOOPBACK },
  };
  source.rows = [{ province: '48', indicator: 'GOV_ACTIVITY.12', period: '2026', part: '41', whole: '42424242' }];
  await syncSource({ ...options, settings: { baseUrl: source.baseUrl, secrets: { token: TOKEN } } });
  await syncSource({ ...options, settings: { baseUrl: source.baseUrl, secrets: { token: 'wrong' } } });
  const round = { database, catalogue, tracing, now: () => NOW };
  await computeRound({ ...round, roundCode: 'PROVINCE-2026' });
  await expect(computeRound({ ...round, roundCode: 'NO-SUCH' })).rejects.toThrow('NO-SUCH');
  await tracing.close();
  const of = (name: string) => spans().filter((span) => span.name === name);
  const textOf = (span: Span | undefined) => JSON.stringify(span?.attributes);
  const [good, bad] = of('sync run');
  for (const part of ['"traced"', '"SUCCEEDED"', 'dti.sync.written']) expect(textOf(good)).toContain(part);
  expect([good?.status?.code ?? 0, bad?.status]).toMatchObject([0, { code: 2, message: 'SYNC_PROTOCOL' }]);
  expect(of('read').map(({ parentSpanId }) => parentSpanId)).toEqual([good?.spanId, bad?.spanId]);
  expect(of('commit').map(({ parentSpanId }) => parentSpanId)).toEqual([good?.spanId]);
  const [computed, refused] = of('computation');
  for (const part of ['PROVINCE-2026', 'dti.snapshot', 'score_ms']) expect(textOf(computed)).toContain(part);
  expect(refused?.status).toMatchObject({ code: 2, message: 'NOT_FOUND' });
  // Eight digits: shorter ones turn up in ids and times by chance.
  expect(bodies.join('')).not.toMatch(/42424242|tok3n|wrong/);
});
