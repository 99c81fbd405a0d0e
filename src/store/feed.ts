import { setTimeout as sleep } from 'node:timers/promises';
import { describeError, PlatformError } from '../domain/errors.js';
import { listen } from './listen.js';
import type { Database } from './orm.js';
import { createOutage } from './outage.js';
import { hasRevision, type Revision, readHead, readMark, readRevisions } from './revision.js';
import { createWaiters } from './waiters.js';

const BATCH = 500;
const POLL_MS = 3000;
/** Revisions that need not be asked for again: those of subscribers that are told the difference. */
const MAX_KNOWN = 10_000;
/** A replica has what the primary tells of a moment later: the first look again, doubled up to the last. */
const SOON_MS = { first: 4, last: 250 };

/** The revision table as a live sequence: every revision once, in order, across restarts of the database. */
export interface RevisionFeed {
  /** Newest revision that this process has seen. All that it reads comes from servers that have it. */
  readonly head: number;
  /**
   * Called for each new revision in order, one at a time; the next one waits until the promise settles. Subscribers that miss nothing read from
   * here, all others from {@link RevisionFeed.changed}.
   */
  onRevision(handle: (revision: Revision) => void | Promise<void>): void;
  /** Resolves when `head` exceeds `after`, or when the signal aborts. */
  changed(after: number, signal: AbortSignal): Promise<void>;
  /**
   * Waits for a revision that a client has seen elsewhere: another process may be ahead of this one. At once when `head` has it, or when there is no
   * such revision yet.
   * @returns whether `head` has it; false also when the signal aborts or the feed closes
   */
  reach(revision: number, signal: AbortSignal): Promise<boolean>;
  /**
   * Whether a revision that a client says it has is of this history, up to `head`: one that is not was made up, or shown before a restore or a failover
   * lost it, and what changed after it cannot be told. 0, before the first, always is. False also when the database cannot be asked.
   */
  knows(revision: number): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Follows the revision table. NOTIFY, which only a primary sends, only wakes it; the table of the server that is read from is the truth: it is read again
 * after each (re)connect and every few seconds, since what was sent while a connection was down is lost.
 * @param log told when the database cannot be read or listened to, and when it can again
 * @param onLost called once when the database does not have any more what was shown here, after which the head stays for good: everything that
 *   this process holds is of another history
 */
export async function followRevisions(
  database: Database,
  log: (message: string) => void,
  onLost: (error: PlatformError) => void = () => undefined,
): Promise<RevisionFeed> {
  const { reading } = database;
  const closing = new AbortController();
  const handlers: ((revision: Revision) => void | Promise<void>)[] = [];
  const waiters = createWaiters();
  let mark = await readMark(reading);
  reading.show(mark);
  /** Newest revision that the primary has told of. */
  let told = 0;
  /** Handlers that are done with the revision after `head`, so that one that fails does not make the others see it twice. */
  let handled = 0;
  let isRung = false;
  let ring: () => void = () => undefined;
  const hear = (revision: number) => {
    if (revision > told) told = revision;
    if (revision <= mark.id) return;
    reading.expect(revision);
    isRung = true;
    ring();
  };
  const wake = (payload?: string) => {
    hear(Number(payload));
    isRung = true;
    ring();
  };
  /** Asks for what a lost notification would have told of: a replica does not know what it lacks. */
  let asking: Promise<void> | null = null;
  const askPrimary = () => {
    asking ??= readHead(database.fork())
      .then(hear, () => undefined)
      .finally(() => (asking = null));
  };

  /** In the order of last use. */
  const known = new Set<number>();
  const remember = (revision: number) => {
    known.delete(revision);
    known.add(revision);
    for (const oldest of known) {
      if (known.size <= MAX_KNOWN) break;
      known.delete(oldest);
    }
  };

  /** Waits for a ring or a time, whichever comes first. */
  const rest = async (ms: number) => {
    if (!isRung && !closing.signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        ring = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    isRung = false;
  };

  /** Hands on what is new. @returns how many */
  const readOn = async (): Promise<number> => {
    // The one before comes along: if it is not there, neither is what follows it.
    const [known, ...others] = await readRevisions(reading, mark.id - 1, BATCH + 1);
    if (mark.id > 0 && (known?.id !== mark.id || known.changeId !== mark.changeId)) throw historyLost(mark.id);
    const revisions = mark.id > 0 || known === undefined ? others : [known, ...others];
    for (const revision of revisions) {
      // Before the handlers read: a server that has not got it is of no use to them.
      reading.show(revision);
      for (; handled < handlers.length; handled += 1) await handlers[handled]?.(revision);
      handled = 0;
      mark = revision;
      remember(revision.id);
      waiters.wake();
    }
    return revisions.length;
  };

  const outage = createOutage('the revision feed reads again', log);
  const follow = async () => {
    let soonMs = SOON_MS.first;
    while (!closing.signal.aborted) {
      await rest(mark.id < told ? soonMs : POLL_MS);
      if (closing.signal.aborted) break;
      if (reading.replicaCount > 0 && told <= mark.id) askPrimary();
      try {
        let count = 0;
        for (let all = BATCH; all >= BATCH && !closing.signal.aborted; count += all) all = await readOn();
        outage.passed();
        soonMs = count > 0 ? SOON_MS.first : Math.min(soonMs * 2, SOON_MS.last);
      } catch (error) {
        if (closing.signal.aborted) break;
        if (error instanceof PlatformError && error.code === 'DATABASE_HISTORY_LOST') return onLost(error);
        outage.failed(`the revision feed cannot read and tries again: ${describeError(error)}`);
        await sleep(500, undefined, { signal: closing.signal }).catch(() => undefined);
        isRung = true;
      }
    }
  };

  const { signal } = closing;
  const options = { url: database.listenUrl, channel: 'dti_revision', name: 'feed' };
  const loops = [listen({ ...options, signal, wake, log }), follow()];
  const changed = (after: number, signal: AbortSignal): Promise<void> => {
    if (mark.id > after || signal.aborted || closing.signal.aborted) return Promise.resolve();
    return waiters.wait(signal);
  };
  return {
    get head() {
      return mark.id;
    },
    onRevision: (handle) => void handlers.push(handle),
    changed,
    async reach(revision, signal) {
      if (mark.id >= revision) return true;
      // What the primary has not got either may never come; while the primary is away, nobody knows.
      const newest = told >= revision ? told : await readHead(database.fork()).catch(() => revision);
      if (newest < revision) return false;
      wake(String(revision));
      while (mark.id < revision && !signal.aborted && !closing.signal.aborted) await changed(mark.id, signal);
      return mark.id >= revision;
    },
    async knows(revision) {
      if (revision === 0 || revision === mark.id) return true;
      if (revision > mark.id) return false;
      if (!known.has(revision) && !(await hasRevision(reading, revision).catch(() => false))) return false;
      remember(revision);
      return true;
    },
    async close() {
      closing.abort();
      wake();
      waiters.wake();
      await Promise.all(loops);
      // A pool that is closed while it connects never ends.
      await asking;
    },
  };
}

function historyLost(revision: number): PlatformError {
  return new PlatformError(
    'DATABASE_HISTORY_LOST',
    `The database does not have revision ${revision} as it was shown here: it was restored from a backup, or a replica that lacked commits took over. ` +
      'This process must start anew. See docs/scaling.md, on the failover of the primary.',
    { details: { revision } },
  );
}
