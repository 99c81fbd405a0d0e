import { type Dispatcher, fetch, type Response } from 'undici';
import type { SourceBounds, SourceRequest, SourceResponse } from '../domain/connector.js';
import { describeError, PlatformError } from '../domain/errors.js';
import { portOf } from './address.js';
import { CONNECT_TIMEOUT_MS } from './connect.js';
import { syncFailure } from './failure.js';

/** What one exchange with a source came to, before anybody judges the response. */
export type Exchange =
  | { readonly kind: 'response'; readonly response: SourceResponse }
  /** The network, a time-out or half a body; another attempt may help. */
  | { readonly kind: 'broken'; readonly reason: string; readonly advice?: string };

/**
 * Sends one request and reads the whole answer. Redirects come back as they are.
 * @param connections see createConnections; nothing else may open a connection to a source
 * @param signal of the run; its abort is left to the caller to tell from a time-out
 * @throws PlatformError SYNC_BOUND when the body, after decompression, exceeds its bound; SYNC_ADDRESS when the address or its port may not be connected to
 */
export async function exchange(
  url: string,
  request: SourceRequest,
  bounds: SourceBounds,
  connections: Dispatcher,
  signal: AbortSignal,
): Promise<Exchange> {
  const timeout = AbortSignal.timeout(bounds.requestTimeoutMs);
  const phase = startPhaseClock();
  try {
    phase.begin('no answer', bounds.headersTimeoutMs);
    const answer = await fetch(url, {
      method: request.method,
      headers: request.headers ?? {},
      body: request.body ?? null,
      redirect: 'manual',
      dispatcher: connections,
      signal: AbortSignal.any([signal, timeout, phase.signal]),
    });
    const bytes = await readBytes(answer, bounds.maxBodyBytes, () =>
      phase.begin('no more of the body', bounds.idleTimeoutMs),
    );
    const headers = Object.fromEntries(answer.headers);
    const announced = headers['content-encoding'] === undefined ? headers['content-length'] : undefined;
    // 304 may announce the length of what it does not send.
    if (announced !== undefined && answer.status !== 304 && Number(announced) !== bytes.length) {
      return { kind: 'broken', reason: `the body has ${bytes.length} bytes, content-length says ${announced}` };
    }
    const contentType = headers['content-type'] ?? '';
    const body = request.bodyAs === 'bytes' ? showBytes(bytes, contentType) : decodeText(bytes, contentType);
    return { kind: 'response', response: { status: answer.status, headers, body, bytes } };
  } catch (error) {
    if (!(error instanceof Error) || error instanceof PlatformError) throw error;
    // That the guard refused an address comes as the cause of a failed fetch.
    if (error.cause instanceof PlatformError) throw error.cause;
    if (error.cause instanceof Error && error.cause.message === BAD_PORT) throw refusePort(url);
    if (timeout.aborted) return { kind: 'broken', reason: `no whole answer within ${bounds.requestTimeoutMs} ms` };
    if (phase.signal.aborted) return { kind: 'broken', reason: describeError(phase.signal.reason) };
    const reason = describeNetworkError(error, bounds);
    return isUnknownHost(error) ? { kind: 'broken', reason, advice: UNKNOWN_HOST } : { kind: 'broken', reason };
  } finally {
    phase.end();
  }
}

/** What undici says of a port that the fetch standard blocks, since other protocols live there. */
const BAD_PORT = 'bad port';

function refusePort(url: string): Error {
  const port = portOf(new URL(url));
  return syncFailure(
    'SYNC_ADDRESS',
    `The address leads to port ${port}, to which no HTTP request is sent, since it is another protocol's (fetch standard, "bad port"). Have the source listen on another port.`,
    { port },
  );
}

/** Ends a request of which one phase takes too long. */
function startPhaseClock() {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: controller.signal,
    begin(what: string, limitMs: number | undefined): void {
      clearTimeout(timer);
      if (limitMs === undefined) return;
      timer = setTimeout(() => controller.abort(new Error(`${what} within ${limitMs} ms`)), limitMs).unref();
    },
    end: () => clearTimeout(timer),
  };
}

/** Reads a body within its bound, so that an endless one cannot fill the memory. */
async function readBytes(answer: Response, maxBytes: number, onPiece: () => void): Promise<Uint8Array> {
  onPiece();
  if (answer.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop by a throw cancels the body and with it the connection.
  for await (const chunk of answer.body) {
    onPiece();
    length += chunk.length;
    if (length > maxBytes) {
      throw syncFailure(
        'SYNC_BOUND',
        `The body is longer than ${maxBytes} bytes. Ask for smaller pages, or raise maxBodyBytes.`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Decodes by the charset of the content type, else as UTF-8, and refuses bytes that the charset does not have. */
function decodeText(bytes: Uint8Array, contentType: string): string {
  const charset = /charset="?([\w-]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    throw syncFailure(
      'SYNC_PROTOCOL',
      `The body is not text in ${charset}, which its content type names or leaves out.`,
    );
  }
}

/** Bytes as people and tables see them: text where they are text, else a data URL. A NUL is no text, and databases refuse it. */
function showBytes(bytes: Uint8Array, contentType: string): string {
  try {
    const text = decodeText(bytes, contentType);
    if (!text.includes('\0')) return text;
  } catch {
    // Not text in the charset that it names; the decoder of the format knows better.
  }
  const mediaType = /^[\w.+-]+\/[\w.+-]+/.exec(contentType)?.[0] ?? 'application/octet-stream';
  return `data:${mediaType};base64,${Buffer.from(bytes).toString('base64')}`;
}

/** Names may be unknown for a moment, so it is tried again; but hardly ever are they. */
const UNKNOWN_HOST = 'The name of the host is not known: check the address (base URL).';

function isUnknownHost({ cause }: Error): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOTFOUND';
}

/** undici hides the reason in a chain of causes: "fetch failed" alone tells nobody that the port is closed. Addresses are for nobody to read. */
function describeNetworkError(error: Error, bounds: SourceBounds): string {
  const cause = error.cause;
  if (!(cause instanceof Error)) return error.message;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return `no connection within ${bounds.connectTimeoutMs ?? CONNECT_TIMEOUT_MS} ms`;
  }
  // Those of the system name the address, as "connect ECONNREFUSED 10.0.0.1:80" does.
  if (code !== null && /^E[A-Z]/.test(code)) return `${error.message} (${code})`;
  return `${error.message} (${code === null ? '' : `${code}: `}${cause.message})`;
}
