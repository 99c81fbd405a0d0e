import type { GraphQLFormattedError } from 'graphql';
import type { Client, FormattedExecutionResult, Sink } from 'graphql-ws';

/** A subscription as a client asks it. */
export interface LiveRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Takes what a subscription tells. */
export type LiveSink = Sink<FormattedExecutionResult<Record<string, unknown>, unknown>>;

/** Waits between attempts, in milliseconds; the last one goes on. Short first, since most gateways are back in a second. */
const WAITS_MS = [250, 500, 1_000, 2_000, 4_000];

/** Codes of refusals that pass: too much at the time, a database that is away for a moment, a round that nobody has computed yet. */
const PASSING: ReadonlySet<unknown> = new Set([
  ...['RATE_LIMITED', 'TOO_MANY_OPERATIONS', 'TIMEOUT', 'STARTING', 'AUTH_UNAVAILABLE', 'INTERNAL_SERVER_ERROR'],
  'AS_OF_UNAVAILABLE',
]);

interface Position {
  readonly revision: string;
  readonly previousRevision: string | null;
  readonly complete: boolean;
}

/**
 * Subscribes, and goes on after a lost connection where it was: each attempt asks for what came `since` the last revision received, so that nothing is
 * lost or told twice. An event whose `previousRevision` is not the revision last received is a gap; the whole state is then asked for again.
 *
 * What is refused is told; it is asked for again when the reason may pass, and else over.
 *
 * Subscriptions without revisions (`syncRunUpdates`) begin again with their state.
 * @param client made with `retryAttempts: 0`, since graphql-ws would connect again with the old `since`
 * @returns ends the subscription
 */
export function subscribeResuming(client: Client, request: LiveRequest, sink: LiveSink): () => void {
  let position: string | null = null;
  let attempt = 0;
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = (): void => undefined;

  const again = (waitMs: number): void => {
    stop();
    if (!isOver) timer = setTimeout(begin, waitMs);
  };
  const waitLonger = (): void => {
    const waitMs = WAITS_MS[Math.min(attempt, WAITS_MS.length - 1)] ?? 0;
    attempt += 1;
    // A crowd that lost the same gateway must not come back in the same instant.
    again(waitMs * (0.5 + Math.random()));
  };
  const begin = (): void => {
    let isCurrent = true;
    const refuse = (errors: readonly GraphQLFormattedError[]): void => {
      sink.next({ errors });
      if (errors.every(({ extensions }) => PASSING.has(extensions?.code))) waitLonger();
      else {
        isOver = true;
        stop();
        sink.complete();
      }
    };
    const unsubscribe = client.subscribe(
      {
        query: request.query,
        variables: position === null ? request.variables : { ...request.variables, since: position },
      },
      {
        next(result) {
          if (!isCurrent) return;
          // Some refusals come as an event of their own, the last one.
          if (!result.data && result.errors) return refuse(result.errors);
          const next = positionOf(result.data);
          if (next !== null && position !== null && !next.complete && next.previousRevision !== position) {
            position = null;
            return again(0);
          }
          if (next !== null) position = next.revision;
          attempt = 0;
          sink.next(result);
        },
        error(error) {
          if (!isCurrent) return;
          isCurrent = false;
          if (Array.isArray(error)) refuse(error);
          else waitLonger();
        },
        complete() {
          if (!isCurrent) return;
          isCurrent = false;
          waitLonger();
        },
      },
    );
    stop = () => {
      isCurrent = false;
      unsubscribe();
    };
  };

  begin();
  return () => {
    isOver = true;
    clearTimeout(timer);
    stop();
  };
}

/** Where an event stands: the revision of its one root field, if that has one. */
function positionOf(data: unknown): Position | null {
  if (typeof data !== 'object' || data === null) return null;
  const event: unknown = Object.values(data)[0];
  if (typeof event !== 'object' || event === null || !('revision' in event) || typeof event.revision !== 'string')
    return null;
  const previous =
    'previousRevision' in event && typeof event.previousRevision === 'string' ? event.previousRevision : null;
  return {
    revision: event.revision,
    previousRevision: previous,
    complete: 'complete' in event && event.complete === true,
  };
}
