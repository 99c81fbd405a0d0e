import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../domain/errors.js';
import { listen } from './listen.js';
import type { Database } from './orm.js';
import { type Revision, readHead, readRevisions } from './revision.js';
import { createWaiters } from './waiters.js';

const BATCH = 500;
const POLL_MS = 3000;

/** The revision table as a live sequence: every revision once, in order, across restarts of the database. */
export interface RevisionFeed {
  /** Newest revision that this process has seen. */
  readonly head: number;
  /**
   * Called for each new revision in order, one at a time; the next one waits until the promise settles. Subscribers that miss nothing read from
   * here, all others from {@link RevisionFeed.changed}.
   */
  onRevision(handle: (revision: Revision) => void | Promise<void>): void;
  /** Resolves when `head` exceeds `after`, or when the signal aborts. */
  changed(after: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/**
 * Follows the revision table. NOTIFY only wakes it, the table is the truth: it is read again after each (re)connect and every few seconds, since what
 * was sent while a connection was down is lost.
 */
export async function followRevisions(database: Database, log: (message: string) => void): Promise<RevisionFeed> {
  const closing = new AbortController();
  const handlers: ((revision: Revision) => void | Promise<void>)[] = [];
  const waiters = createWaiters();
  let head = await readHead(database.fork());
  /** Handlers that are done with the revision after `head`, so that one that fails does not make the others see it twice. */
  let handled = 0;
  let wake: () => void = () => undefined;
  let awake = new Promise<void>((resolve) => (wake = resolve));
  const ring = () => wake();

  const read = async () => {
    while (!closing.signal.aborted) {
      await Promise.race([awake, pause(POLL_MS, closing.signal)]);
      awake = new Promise<void>((resolve) => (wake = resolve));
      try {
        for (;;) {
          const revisions = await readRevisions(database.fork(), head, BATCH);
          for (const revision of revisions) {
            for (; handled < handlers.length; handled += 1) await handlers[handled]?.(revision);
            handled = 0;
            head = revision.id;
            waiters.wake();
          }
          if (revisions.length < BATCH) break;
        }
      } catch (error) {
        if (closing.signal.aborted) break;
        log(`the revision feed will read again: ${describeError(error)}`);
        await pause(500, closing.signal);
        ring();
      }
    }
  };

  const { signal } = closing;
  const options = { url: database.url, channel: 'dti_revision', name: 'feed' };
  const loops = [listen({ ...options, signal, wake: ring, log }), read()];
  return {
    get head() {
      return head;
    },
    onRevision: (handle) => void handlers.push(handle),
    changed(after, signal) {
      if (head > after || signal.aborted || closing.signal.aborted) return Promise.resolve();
      return waiters.wait(signal);
    },
    async close() {
      closing.abort();
      ring();
      waiters.wake();
      await Promise.all(loops);
    },
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
