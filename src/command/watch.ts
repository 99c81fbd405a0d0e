import { setTimeout as sleep } from 'node:timers/promises';
import { type DocumentNode, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { describeError } from '../domain/errors.js';
import type { SentError } from './client.js';
import { AnswerError, UsageError } from './failure.js';
import { makeResumable, type Resumable } from './resumable.js';
import type { Session } from './session.js';

/** A subscription on the command line. */
export interface Watched {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  /** Ends after so many; absent = when the platform or whoever looks on ends it. */
  readonly events?: number;
}

/** What a subscription told. */
export interface WatchEvent {
  readonly data?: Readonly<Record<string, unknown>> | null | undefined;
  readonly errors?: readonly SentError[] | undefined;
}

type Taken = ReturnType<Resumable['read']>;

/** Close codes after which trying again is of no use: the request itself is wrong, or there are too many of them. */
const FINAL_CODES = [4400, 4401, 4406, 4409, 4429];
const FORBIDDEN = 4403;
const PING_MS = 10_000;
const PONG_MS = 5_000;
const REST_MS = { first: 250, last: 10_000 };

/**
 * Follows a subscription over WebSocket. After a lost connection it connects again and goes on after the last revision that it has told, so that nothing
 * is lost and nothing told twice, whatever the document selects.
 * @param tell takes one event; the next one waits for it
 * @returns when the platform has completed it, enough events came, or the signal of the console aborts
 * @throws AnswerError what the platform refused; UNREACHABLE when it does not answer the first time
 */
export async function watch(
  session: Session,
  watched: Watched,
  tell: (event: WatchEvent) => Promise<void>,
): Promise<void> {
  const document = parse(watched.query);
  const operation = operationOf(document, watched.operationName);
  const { variables = {} } = watched;
  const resumable = operation === null ? null : makeResumable(document, operation, variables);
  const { signal } = session.console;
  let since: string | null = null;
  let count = 0;
  let restMs = REST_MS.first;
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    let isAcknowledged = false;
    const token = await session.token();
    try {
      const client = open(session, token, () => {
        isAcknowledged = true;
      });
      const end = () => void client.dispose();
      signal.addEventListener('abort', end, { once: true });
      try {
        const events: AsyncIterable<WatchEvent> = client.iterate({
          query: resumable?.query ?? watched.query,
          variables: resumable?.variables(since) ?? { ...variables },
          ...(watched.operationName === undefined ? {} : { operationName: watched.operationName }),
        });
        for await (const event of events) {
          restMs = REST_MS.first;
          const read: Taken | null = event.data && resumable !== null ? resumable.read(event.data) : null;
          await tell(read === null ? event : { ...event, data: read.data });
          since = read?.revision ?? since;
          count += 1;
          if (count === watched.events) return;
        }
        return;
      } finally {
        signal.removeEventListener('abort', end);
        await client.dispose();
      }
    } catch (error) {
      if (signal.aborted) return;
      const reason = judge(session, error, isAcknowledged, attempt === 0);
      if (session.options.quiet !== true) session.console.tell(`${reason}; connecting again`);
      await sleep(restMs, undefined, { signal }).catch(() => undefined);
      restMs = Math.min(restMs * 2, REST_MS.last);
    }
  }
}

/** A client that does not try again by itself: it would do so with the old variables. */
function open(session: Session, token: string | null, onConnected: () => void) {
  let pong: NodeJS.Timeout | undefined;
  const client = createClient({
    url: `${session.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: token === null ? {} : { authorization: `Bearer ${token}` },
    retryAttempts: 0,
    keepAlive: PING_MS,
    onNonLazyError: () => undefined,
    on: {
      connected: onConnected,
      // A connection that was cut somewhere on the way says nothing.
      ping: (received) => {
        if (!received) pong = setTimeout(() => client.terminate(), PONG_MS);
      },
      pong: (received) => {
        if (received) clearTimeout(pong);
      },
      closed: () => clearTimeout(pong),
    },
  });
  return client;
}

/**
 * Decides whether to try again.
 * @returns what happened, for people
 * @throws AnswerError, UsageError when it is of no use
 */
function judge(session: Session, error: unknown, isAcknowledged: boolean, isFirst: boolean): string {
  if (error instanceof UsageError) throw error;
  if (Array.isArray(error)) {
    const errors = error as readonly SentError[];
    const code = errors[0]?.extensions?.code ?? 'INTERNAL_SERVER_ERROR';
    throw new AnswerError(code, errors.map(({ message }) => message).join('\n'));
  }
  const closed = Object(error) as { readonly code?: unknown; readonly reason?: unknown };
  const code = typeof closed.code === 'number' ? closed.code : null;
  // Whoever was let in before may come again with a new token.
  if (code !== null && (FINAL_CODES.includes(code) || (code === FORBIDDEN && !isAcknowledged))) {
    throw new AnswerError(code === 4401 ? 'AUTH_INVALID' : 'UNREACHABLE', `${session.url}: ${code} ${closed.reason}`);
  }
  if (code === null && !isAcknowledged && isFirst) {
    const message = error instanceof Error ? describeError(error) : 'no connection';
    throw new AnswerError('UNREACHABLE', `${session.url} does not answer (${message}); start it, or give --url`);
  }
  return `the connection was lost${code === null ? '' : ` (${code})`}`;
}

/** The operation that is meant; null = the document does not say, which the platform tells. */
export function operationOf(document: DocumentNode, name: string | undefined): OperationDefinitionNode | null {
  const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  if (name === undefined) return operations.length === 1 ? (operations[0] ?? null) : null;
  return operations.find((each) => each.name?.value === name) ?? null;
}
