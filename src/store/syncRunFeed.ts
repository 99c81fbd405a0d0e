import { listen } from './listen.js';
import type { Database } from './orm.js';
import { createWaiters } from './waiters.js';

/** Says when sync runs begin, come further or end; which ones is read from the tables. */
export interface SyncRunFeed {
  /** Grows with everything that may have changed. */
  readonly version: number;
  /** Resolves when `version` is not `seen` any more, or when the signal aborts. */
  changed(seen: number, signal: AbortSignal): Promise<void>;
  /** True when it tells of nothing any more. */
  readonly isClosed: boolean;
  close(): Promise<void>;
}

/** Those who wait look at the tables this often anyway, since notifications get lost. */
const POLL_MS = 3000;

/** Follows the sync runs of all processes. It takes its connection when somebody first waits. */
export function followSyncRuns(database: Database, log: (message: string) => void): SyncRunFeed {
  const closing = new AbortController();
  const waiters = createWaiters();
  let version = 0;
  let listening: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  const wake = () => {
    version += 1;
    waiters.wake();
  };
  return {
    get version() {
      return version;
    },
    get isClosed() {
      return closing.signal.aborted;
    },
    changed(seen, signal) {
      if (closing.signal.aborted || signal.aborted || version !== seen) return Promise.resolve();
      const options = { url: database.listenUrl, channel: 'dti_sync', name: 'feed of runs', wake, log };
      listening ??= listen({ ...options, signal: closing.signal });
      timer ??= setInterval(wake, POLL_MS).unref();
      return waiters.wait(signal);
    },
    async close() {
      closing.abort();
      if (timer !== null) clearInterval(timer);
      wake();
      await listening;
    },
  };
}
