import { setTimeout as sleep } from 'node:timers/promises';
import type { Catalogue } from '../domain/catalogue.js';
import { describeError, PlatformError } from '../domain/errors.js';
import type { Tracing } from '../domain/trace.js';
import type { RevisionFeed } from '../store/feed.js';
import type { Database } from '../store/orm.js';
import type { SnapshotLibrary } from '../store/snapshotLibrary.js';
import { computeRound } from './compute.js';
import type { Duty } from './duty.js';
import { RoundMemory } from './roundMemory.js';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 60_000;
/** The longest that a round rests between two computations. */
const LONGEST_REST_MS = 2_000;
/**
 * The shortest time from the beginning of one computation of a round to that of the next. Each is stored, read by every gateway and sent to every
 * dashboard, which costs more than to compute it; at 20 writes a second, ten results a second halve that, and nobody reads faster.
 */
const PACE_MS = 100;

/** What came of a computation. */
export type ComputationOutcome = 'written' | 'unchanged' | 'failed';

/** Keeps open rounds computed. */
export interface Recomputation {
  /** Computations that ended since the process began, by what came of them: a snapshot, nothing new, a failure. */
  readonly counts: Readonly<Record<ComputationOutcome, number>>;
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
  /** Whether this process is to compute, and when it begins to; absent = always. */
  readonly duty?: Pick<Duty, 'isHeld' | 'onHeld'>;
  /** Where spans of computations go; absent = nowhere. */
  readonly tracing?: Tracing | undefined;
  readonly now: () => Date;
  log(message: string): void;
}

/**
 * Follows the revisions and computes an open round anew when its observations changed. Per round one computation runs and at most one waits, however many
 * writes arrive, so a burst of them costs two. After each a round rests for as long as it took, so that under any pace of writes half of the time is left to
 * readers, and a tenth of a second lies between two of them; a change that comes later than that is computed at once.
 *
 * Of several processes the one on duty computes. The others know what the rounds are made of as it was at their start, and whoever follows computes all of
 * them once, since what the one before has left undone is not known.
 */
export function keepComputed(options: RecomputationOptions): Recomputation {
  const { database, feed, now, log, memory = new RoundMemory() } = options;
  const handOver = options.library === undefined ? {} : { library: options.library };
  const waiting = new Set<number>();
  const running = new Map<number, Promise<void>>();
  /** When each round has rested. */
  const rested = new Map<number, number>();
  const closing = new AbortController();
  const counts: Record<ComputationOutcome, number> = { written: 0, unchanged: 0, failed: 0 };
  const isOnDuty = () => options.duty?.isHeld ?? true;
  const pause = (ms: number) => sleep(ms, undefined, { signal: closing.signal }).catch(() => undefined);

  const run = async (roundId: number) => {
    let retryMs = FIRST_RETRY_MS;
    while (waiting.has(roundId) && !closing.signal.aborted) {
      const leftMs = (rested.get(roundId) ?? 0) - performance.now();
      if (leftMs > 0) await pause(leftMs);
      // What comes from here on may come too late for this computation.
      waiting.delete(roundId);
      if (closing.signal.aborted) break;
      if (!isOnDuty()) continue;
      const catalogue = options.catalogue();
      const round = catalogue.round(roundId);
      if (round === undefined || round.status === 'PUBLISHED') {
        memory.drop(roundId);
        continue;
      }
      const startedAt = performance.now();
      try {
        const { problems, snapshotId } = await computeRound({
          database,
          catalogue,
          roundCode: round.code,
          memory,
          now,
          tracing: options.tracing,
          ...handOver,
        });
        counts[snapshotId === null ? 'unchanged' : 'written'] += 1;
        if (problems.length > 0) log(`${round.code}: ${problems.length} figures could not be scored`);
      } catch (error) {
        counts.failed += 1;
        log(`${round.code} could not be computed and stays at its last snapshot: ${describeError(error)}`);
        // A known failure lies in the data and waits for their next change. Others, such as a lost connection, may pass by themselves.
        if (error instanceof PlatformError) continue;
        waiting.add(roundId);
        await pause(retryMs);
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      }
      const endedAt = performance.now();
      const restMs = Math.min(endedAt - startedAt, LONGEST_REST_MS);
      rested.set(roundId, Math.max(startedAt + PACE_MS, endedAt + restMs));
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
  const compute = (roundIds: readonly number[]) => {
    for (const roundId of roundIds) {
      waiting.add(roundId);
      start(roundId);
    }
  };
  const allRounds = () => options.catalogue().content.rounds.map(({ id }) => id);
  feed.onRevision(({ kind, roundIds }) => {
    if ((kind !== 'OBSERVATIONS' && kind !== 'REFERENCE') || !isOnDuty()) return;
    compute(kind === 'REFERENCE' ? allRounds() : roundIds);
  });
  options.duty?.onHeld(() => compute(allRounds()));
  return {
    counts,
    async close() {
      closing.abort();
      await Promise.all(running.values());
    },
  };
}
