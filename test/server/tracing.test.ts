import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { openTracing } from '../../src/tracing.js';
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
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

it('requests and operations are traced as part of the client’s trace, without what they ask', async () => {
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
  const spans = (): Span[] =>
    bodies.flatMap((body) =>
      JSON.parse(body).resourceSpans.flatMap((each: { scopeSpans: { spans: Span[] }[] }) =>
        each.scopeSpans.flatMap(({ spans: found }) => found),
      ),
    );
  await expect.poll(() => spans().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
  await tracing.close();
  const request = spans().find(({ name }) => name === 'POST /graphql');
  const operation = spans().find(({ name }) => name === 'query');
  expect(request).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331' });
  expect(operation).toMatchObject({ traceId, parentSpanId: request?.spanId });
  expect(JSON.stringify(operation?.attributes)).toContain('Seen');
  expect(bodies.join('')).not.toMatch(/hunter2|entity\(|health/);
  expect(bodies.join('')).toContain('dti-graph');
});
