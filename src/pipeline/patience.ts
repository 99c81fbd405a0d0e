import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../domain/errors.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** What PostgreSQL and its driver say when the server stops, restarts, or ends a connection. */
const LOST_CODES = new Set([
  ...['57P01', '57P02', '57P03', '08000', '08001', '08003', '08006', '25P03'],
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOENT'],
]);
const LOST_MESSAGE =
  /connection terminated|connection ended|client has encountered a connection error|timeout exceeded when trying to connect|not queryable/i;

/** True when the server was out of reach, so that the same work may succeed a little later. */
function isConnectionLost(error: unknown): boolean {
  if (error instanceof PlatformError) return error.code === 'DATABASE_UNREACHABLE';
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    if (LOST_CODES.has(String(Reflect.get(cause, 'code'))) || LOST_MESSAGE.test(cause.message)) return true;
    if (cause instanceof AggregateError && cause.errors.some(isConnectionLost)) return true;
  }
  return false;
}

/** How long work waits for a database that is away. */
export interface Patience {
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** Called after the connection was lost, before the work is tried again. */
  readonly onLost?: () => void;
}

/**
 * Does work in the database again when the connection was lost, with growing pauses. The work must be one transaction that can tell whether it was
 * done before: the answer to its commit may be what was lost.
 * @throws what the work throws, when it is something else or the patience has ended
 */
export async function withPatience<Result>(
  { patienceMs, signal, onLost }: Patience,
  work: () => Promise<Result>,
): Promise<Result> {
  const until = performance.now() + patienceMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!isConnectionLost(error) || performance.now() + pauseMs > until || signal.aborted) throw error;
      onLost?.();
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
