import { syncFailure } from '../failure.js';
import { createRedactor } from '../redact.js';
import type { SeenRequest, Upstream, WireAnswer } from './disturber.js';

/** One request and its answer, without secrets. */
export interface RecordedExchange {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** null = none. */
  readonly body: string | null;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body of the answer as text, or, when it is none, in base64. */
  readonly answer: { readonly text: string } | { readonly base64: string };
}

/** What was recorded of a source, to test its connector where the source cannot be reached. */
export interface Recording {
  readonly key: string;
  /** ISO time; a replay runs at this time, since requests may name it. */
  readonly recordedAt: string;
  /** Path of the base URL: `/ndxp`. */
  readonly path: string;
  readonly exchanges: readonly RecordedExchange[];
}

/** Stands for the address of the source in links. */
const ADDRESS = 'http://source.invalid';
/** Headers of an answer that mean something to a connector. */
const KEPT_HEADERS = /^(content-type|content-encoding|link|location|etag|last-modified|retry-after|x-.*)$/;
/** What differs from run to run: ids, times, signatures, nonces. */
const VOLATILE = [
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi,
  /\d{4}-\d\d-\d\dT\d\d(?::|%3A)\d\d(?::|%3A)[\d.]+(?:Z|[+-]\d\d:?\d\d)?/g,
  /[A-Za-z0-9+/_-]{24,}={0,2}/g,
  /\b\d{10}(?:\d{3})?\b/g,
];

/** Makes what a recording and its replay call the same request the same text. */
function createKey(secrets: Readonly<Record<string, string>>): (method: string, url: string, body: string) => string {
  const { redact } = createRedactor(secrets);
  const mask = (text: string): string =>
    VOLATILE.reduce((masked, pattern) => masked.replace(pattern, '*'), redact(text));
  return (method, url, body) => `${method} ${mask(url)} ${mask(body)}`;
}

/** Records what a source answers. */
export interface Recorder {
  readonly upstream: Upstream;
  /** Everything so far, each kind of request once, without secrets. */
  finish(): Recording;
}

/**
 * Makes a recorder in front of a source.
 * @param address of the disturber, which stands in the links of answers
 */
export function createRecorder(
  source: Upstream,
  options: {
    readonly key: string;
    readonly path: string;
    readonly secrets: Readonly<Record<string, string>>;
    readonly recordedAt: Date;
    readonly address: () => string;
  },
): Recorder {
  const { key, path, secrets, recordedAt, address } = options;
  const redactor = createRedactor(secrets);
  const keyOf = createKey(secrets);
  const kept = new Map<string, { readonly request: SeenRequest; readonly answer: WireAnswer }>();
  return {
    upstream: async (request) => {
      const answer = await source(request);
      const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
      if (token !== undefined) redactor.add(token);
      const own = keyOf(request.method, request.url, request.body.toString());
      if (answer.status < 400 && !kept.has(own)) kept.set(own, { request, answer });
      return answer;
    },
    finish: () => {
      const hide = (text: string): string => redactor.redact(text).replaceAll(new URL(address()).origin, ADDRESS);
      const exchanges = [...kept.values()].map(({ request, answer }): RecordedExchange => {
        const body = request.body.toString();
        const headers = Object.entries(answer.headers).filter(([name]) => KEPT_HEADERS.test(name));
        return {
          method: request.method,
          url: hide(request.url),
          body: body === '' ? null : hide(body),
          status: answer.status,
          headers: Object.fromEntries(headers.map(([name, value]) => [name, hide(value)])),
          answer: writeAnswer(answer.body, hide),
        };
      });
      return { key, recordedAt: recordedAt.toISOString(), path, exchanges };
    },
  };
}

/**
 * Answers from a recording.
 * @param secrets of the replay, whatever they are
 */
export function replayRecording(
  recording: Recording,
  secrets: Readonly<Record<string, string>>,
  address: () => string,
): Upstream {
  const keyOf = createKey(secrets);
  const byKey = new Map(
    recording.exchanges.map((exchange) => [keyOf(exchange.method, exchange.url, exchange.body ?? ''), exchange]),
  );
  return async (request) => {
    const found = byKey.get(keyOf(request.method, request.url, request.body.toString()));
    if (found === undefined) {
      const message = `The recording has no answer to ${request.method} ${request.url}. Record it again.`;
      return { status: 404, headers: { 'content-type': 'text/plain' }, body: Buffer.from(message) };
    }
    const show = (text: string): string => text.replaceAll(ADDRESS, new URL(address()).origin);
    const headers = Object.entries(found.headers).map(([name, value]) => [name, show(value)]);
    const body =
      'text' in found.answer ? Buffer.from(show(found.answer.text)) : Buffer.from(found.answer.base64, 'base64');
    return { status: found.status, headers: Object.fromEntries(headers), body };
  };
}

/**
 * Reads a recording.
 * @throws PlatformError SYNC_CONFIG when it is none
 */
export function parseRecording(text: string): Recording {
  try {
    const data: Partial<Recording> = JSON.parse(text);
    const { key, recordedAt, path, exchanges } = data;
    if (key !== undefined && recordedAt !== undefined && path !== undefined && Array.isArray(exchanges)) {
      return { key, recordedAt, path, exchanges };
    }
  } catch {
    // Said below.
  }
  throw syncFailure(
    'SYNC_CONFIG',
    'The recording is not one: it needs key, recordedAt, path and exchanges. Record it again with --record.',
  );
}

function writeAnswer(body: Buffer, hide: (text: string) => string): RecordedExchange['answer'] {
  const text = body.toString();
  return Buffer.from(text).equals(body) ? { text: hide(text) } : { base64: body.toString('base64') };
}
