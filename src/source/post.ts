import type { SourceBounds } from '../domain/connector.js';
import { PlatformError } from '../domain/errors.js';
import { type AddressGuard, PUBLIC_ONLY } from './address.js';
import { createConnections } from './connect.js';
import { exchange } from './exchange.js';

/** Bounds of a message to somebody's server, whose answer nobody reads. */
export const POST_BOUNDS: SourceBounds = {
  ...{ maxPages: 1, maxBodyBytes: 65_536, requestTimeoutMs: 15_000, connectTimeoutMs: 5000, runTimeoutMs: 20_000 },
};

/** What came of a message. */
export interface PostOutcome {
  /** Null = there was no whole answer. */
  readonly statusCode: number | null;
  /** Null = it was accepted: a status from 200 to 299. Names no address and repeats nothing of the answer. */
  readonly error: string | null;
}

/** How a message is sent. */
export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Absent = public addresses only. */
  readonly addressGuard?: AddressGuard;
  readonly signal: AbortSignal;
  /** Absent = {@link POST_BOUNDS}. */
  readonly bounds?: SourceBounds;
}

/**
 * Sends one message by the rules that hold for sources: to an address that was judged and to no other, without redirects, within bounds of time and size.
 * Never throws: what goes wrong is the outcome.
 */
export async function post(url: string, options: PostOptions): Promise<PostOutcome> {
  const { headers, body, addressGuard = PUBLIC_ONLY, signal, bounds = POST_BOUNDS } = options;
  const connections = createConnections(addressGuard, bounds.connectTimeoutMs);
  try {
    const request = { method: 'POST', path: '/', headers, body, bodyAs: 'bytes' } as const;
    const outcome = await exchange(url, request, bounds, connections, signal);
    if (outcome.kind === 'broken') return { statusCode: null, error: outcome.reason };
    const statusCode = outcome.response.status;
    const isAccepted = statusCode >= 200 && statusCode < 300;
    if (isAccepted) return { statusCode, error: null };
    const isRedirect = statusCode >= 300 && statusCode < 400;
    return { statusCode, error: `HTTP ${statusCode}${isRedirect ? '; redirects are not followed' : ''}` };
  } catch (error) {
    const code = error instanceof PlatformError ? error.code : null;
    if (code === 'SYNC_ADDRESS') {
      const { port } = (error as PlatformError).details;
      if (port !== undefined) return { statusCode: null, error: `no HTTP request is sent to port ${port}` };
      return { statusCode: null, error: 'the address is not in the public network; see SOURCE_ALLOWED_HOSTS' };
    }
    if (code === 'SYNC_BOUND')
      return { statusCode: null, error: `the answer is longer than ${bounds.maxBodyBytes} bytes` };
    return { statusCode: null, error: 'it could not be sent' };
  } finally {
    await connections.destroy().catch(() => undefined);
  }
}
