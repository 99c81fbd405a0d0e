import { setTimeout as sleep } from 'node:timers/promises';
import type { Catalogue } from '../domain/catalogue.js';
import { describeError, PlatformError } from '../domain/errors.js';
import type { RevisionFeed } from '../store/feed.js';
import type { Database } from '../store/orm.js';
import type { SnapshotLibrary } from '../store/snapshotLibrary.js';
import { computeRound } from './compute.js';
import { RoundMemory } from './roundMemory.js';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 60_000;

/** Keeps open rounds computed. */
export interface Recomputation {
  /** Ends after the computations that run. */
  close(): Promise<void>;
}

/** What it works with. */
export interface RecomputationOptions {
  readonly database: Database;
  catalogue(): Catalogue;
  readonly feed: RevisionFeed;
  /** What the computations at start left; absent = nothing. */
  readonly memory?: RoundMemory;
  /** Takes what is computed; absent = nobody. */
  readonly library?: SnapshotLibrary;
  readonly now: () => Date;
  log(message: string): void;
}

/**
 * Follows the revisions and computes an open round anew when its observations changed. Per round one computation runs and at most one waits, however many
 * writes arrive, so a burst of them costs two.
 */
export function keepComputed(options: RecomputationOptions): Recomputation {
  const { database, feed, now, log, memory = new RoundMemory() } = options;
  const handOver = options.library === undefined ? {} : { library: options.library };
  const waiting = new Set<number>();
  const running = new Map<number, Promise<void>>();
  const closing = new AbortController();

  const run = async (roundId: number) => {
    let retryMs = FIRST_RETRY_MS;
    while (waiting.delete(roundId) && !closing.signal.aborted) {
      const catalogue = options.catalogue();
      const round = catalogue.round(roundId);
      if (round === undefined || round.status === 'PUBLISHED') {
        memory.drop(roundId);
        continue;
      }
      try {
        const { problems } = await computeRound({
          database,
          catalogue,
          roundCode: round.code,
          memory,
          now,
          ...handOver,
        });
        if (problems.length > 0) log(`${round.code}: ${problems.length} figures could not be scored`);
      } catch (error) {
        log(`${round.code} could not be computed and stays at its last snapshot: ${describeError(error)}`);
        // A known failure lies in the data and waits for their next change. Others, such as a lost connection, may pass by themselves.
        if (error instanceof PlatformError) continue;
        waiting.add(roundId);
        await sleep(retryMs, undefined, { signal: closing.signal }).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      }
    }
  };
  const start = (roundId: number) => {
    if (closing.signal.aborted || running.has(roundId)) return;
    const ended = run(roundId).finally(() => {
      running.delete(roundId);
      // What came between the last look and this moment found the round running.
      if (waiting.has(roundId)) start(roundId);
    });
    running.set(roundId, ended);
  };
  feed.onRevision((revision) => {
    if (revision.kind !== 'OBSERVATIONS' && revision.kind !== 'REFERENCE') return;
    const roundIds =
      revision.kind === 'REFERENCE' ? options.catalogue().content.rounds.map(({ id }) => id) : revision.roundIds;
    for (const roundId of roundIds) {
      waiting.add(roundId);
      start(roundId);
    }
  });
  return {
    async close() {
      closing.abort();
      await Promise.all(running.values());
    },
  };
}
