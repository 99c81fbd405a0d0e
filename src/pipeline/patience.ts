import { setTimeout as sleep } from 'node:timers/promises';
import { isConnectionLost } from '../store/connectionLost.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

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
