import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { SourceBounds, SourceHttp } from '../../src/domain/connector.js';
import { createSourceHttp, type HttpAttempt, type SourceHttpOptions } from '../../src/source/http.js';
import { LOOPBACK } from '../helpers/loopback.js';

/** A request as a fake source got it. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers one request. */
export type Handler = (request: Received, response: ServerResponse, number: number) => void;

/** A real HTTP server on a free port. */
export interface FakeSource {
  readonly baseUrl: string;
  readonly received: Received[];
}

/**
 * Starts a server for one test.
 * @param handle gets the number of the request, from 1
 */
export async function startFakeSource(handle: Handler): Promise<FakeSource> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    const entry = { method, url, headers, body: Buffer.concat(chunks).toString() };
    handle(entry, response, received.push(entry));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

/** Bounds that tests can wait for. */
export const BOUNDS: SourceBounds = {
  maxPages: 100,
  maxBodyBytes: 100_000,
  requestTimeoutMs: 2000,
  runTimeoutMs: 20_000,
};

/** An HTTP client that does not wait, but writes down how long it would have. */
export function openHttp(
  baseUrl: string,
  options: Partial<SourceHttpOptions> = {},
): { http: SourceHttp; attempts: HttpAttempt[]; waits: number[] } {
  const attempts: HttpAttempt[] = [];
  const waits: number[] = [];
  const http = createSourceHttp({
    settings: { baseUrl, secrets: {} },
    bounds: BOUNDS,
    signal: new AbortController().signal,
    addressGuard: LOOPBACK,
    now: () => new Date('2026-03-18T02:15:00Z'),
    random: () => 0,
    sleep: async (ms) => {
      waits.push(ms);
    },
    onAttempt: (attempt) => attempts.push(attempt),
    ...options,
  });
  return { http, attempts, waits };
}

/** What a promise failed with; fails the test when it did not. */
export async function failureOf(promise: Promise<unknown>): Promise<Error & { code?: string; failureType?: string }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('expected a failure');
}
