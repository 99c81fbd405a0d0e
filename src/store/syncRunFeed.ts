import { listen } from './listen.js';
import type { Database } from './orm.js';
import { createWaiters } from './waiters.js';

/** Says when sync runs begin, come further or end; which ones is read from the tables. */
export interface SyncRunFeed {
  /** Grows with everything that may have changed. */
  readonly version: number;
  /**
   * Resolves when `version` is not `seen` any more, or when the signal aborts.
   * @param runId with it only for what may have changed this run: those who wait for ten runs need not look whenever one of them comes further
   */
  changed(seen: number, signal: AbortSignal, runId?: number): Promise<void>;
  /** True when it tells of nothing any more. */
  readonly isClosed: boolean;
  close(): Promise<void>;
}

/** Those who wait look at the tables this often anyway, since notifications get lost. */
const POLL_MS = 3000;
/** Runs whose last change is known one by one; with more all count as changed. */
const MAX_RUNS = 1000;

/** Follows the sync runs of all processes. It takes its connection when somebody first waits. */
export function followSyncRuns(database: Database, log: (message: string) => void): SyncRunFeed {
  const closing = new AbortController();
  const waiters = createWaiters();
  let version = 0;
  /** The version at which any run may have changed, and those at which single ones have changed since. */
  let allAt = 0;
  const changedAt = new Map<number, number>();
  let listening: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  const wake = (runId?: string) => {
    version += 1;
    if (runId !== undefined && changedAt.size < MAX_RUNS) changedAt.set(Number(runId), version);
    else {
      allAt = version;
      changedAt.clear();
    }
    waiters.wake();
  };
  const isNews = (seen: number, runId: number | undefined): boolean =>
    runId === undefined ? version !== seen : Math.max(allAt, changedAt.get(runId) ?? 0) > seen;
  return {
    get version() {
      return version;
    },
    get isClosed() {
      return closing.signal.aborted;
    },
    async changed(seen, signal, runId) {
      const isOver = () => closing.signal.aborted || signal.aborted || isNews(seen, runId);
      if (isOver()) return;
      const options = { url: database.listenUrl, channel: 'dti_sync', name: 'feed of runs', wake, log };
      listening ??= listen({ ...options, signal: closing.signal });
      timer ??= setInterval(() => wake(), POLL_MS).unref();
      while (!isOver()) await waiters.wait(signal);
    },
    async close() {
      closing.abort();
      if (timer !== null) clearInterval(timer);
      wake();
      await listening;
    },
  };
}
