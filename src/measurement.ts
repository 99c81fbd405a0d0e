import { setTimeout as sleep } from 'node:timers/promises';
import type { Duty } from './pipeline/duty.js';
import type { Recomputation } from './pipeline/recompute.js';
import type { Serving } from './platform.js';
import type { PartState } from './server/health.js';
import type { Metrics } from './server/metrics.js';
import type { Database } from './store/orm.js';
import { readWorkload, type Workload } from './store/workload.js';

/** Time between two looks at the database. */
const LOOK_MS = 5_000;
/** Longest wait for the answer to one. */
const ANSWER_MS = 4_000;
/** Looks in a row that something is wrong before it counts as failed: a restart of the database takes a second. */
const PATIENCE = 2;
/** How far back ended runs are asked for; each is counted once. */
const RUN_MINUTES = 5;

/**
 * Adds what the platform holds in memory to the metrics of its process.
 * @param serving null until it is open
 */
export function measureServing(metrics: Metrics, serving: () => Serving | null): void {
  const library = () => serving()?.platform.library ?? null;
  metrics.gauge('dti_revision_head', 'Newest revision that this process has seen', () => serving()?.feed.head ?? null);
  metrics.gauge(
    'dti_snapshots_in_memory',
    'Snapshots whose columns are in memory',
    () => library()?.memory.snapshots ?? null,
  );
  metrics.gauge(
    'dti_reads_from_replica',
    'Whether what has a revision is read from a replica, where there are any',
    () => {
      const reading = serving()?.platform.database.reading;
      return reading === undefined || reading.replicaCount === 0 ? null : Number(reading.from === 'replica');
    },
  );
  metrics.gauge('dti_snapshot_memory_bytes', 'What the columns in memory take', () => library()?.memory.bytes ?? null);
}

/** What a process that may compute does of it. */
export interface Computing {
  readonly duty: Pick<Duty, 'isHeld'>;
  readonly recomputation: Pick<Recomputation, 'counts'>;
}

/**
 * Adds what a process computes to its metrics.
 * @param computing null until it is open
 */
export function measureComputing(metrics: Metrics, computing: () => Computing | null): void {
  metrics.gauge('dti_computation_duty', 'Whether this process computes what changes', () =>
    computing()?.duty.isHeld === true ? 1 : 0,
  );
  metrics.counters(
    'dti_computations_total',
    'Computations of this process after its start by outcome',
    'outcome',
    () => computing()?.recomputation.counts ?? {},
  );
}

/** What the platform depends on after its start, looked at in the background, so that a probe of its health costs nothing. */
export interface Watch {
  /** By part: `database`, `feed` (revisions come through), `queue`. */
  readonly parts: Readonly<Record<'database' | 'feed' | 'queue', PartState>>;
  close(): void;
}

/** What {@link watchPlatform} needs. */
export interface WatchOptions {
  readonly database: Database;
  /** Newest revision that this process has seen. */
  readonly head: () => number;
  readonly metrics: Metrics;
  readonly lookMs?: number;
  /** Absent = the database is asked. */
  readonly read?: () => Promise<Workload>;
}

/** Looks at the database every five seconds, for metrics and readiness, and adds what it finds to the metrics. */
export function watchPlatform({ database, head, metrics, lookMs = LOOK_MS, read }: WatchOptions): Watch {
  const closing = new AbortController();
  const ask = read ?? (() => readWorkload(database.fork(), RUN_MINUTES, head()));
  let workload: Workload | null = null;
  /** Looks in a row that failed, or found the feed behind. */
  const bad = { database: 0, feed: 0 };
  let headBefore = head();
  const counted = new Set<number>();
  let isFirst = true;
  const runs: Record<string, number> = {};
  const records = { read: 0, written: 0, rejected: 0 };

  const take = (found: Workload): void => {
    // What had been told before this process saw two looks ago has come by now, or does not come.
    bad.feed = found.head > head() && head() === headBefore ? bad.feed + 1 : 0;
    headBefore = head();
    for (const { id, status, read: count, written, rejected } of found.ended) {
      // Those that had ended before this process began to look are another one's.
      if (!counted.has(id) && !isFirst) {
        runs[status] = (runs[status] ?? 0) + 1;
        records.read += count;
        records.written += written;
        records.rejected += rejected;
      }
      counted.add(id);
    }
    const listed = new Set(found.ended.map(({ id }) => id));
    for (const id of counted) if (!listed.has(id)) counted.delete(id);
    isFirst = false;
  };
  const look = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        const { signal } = closing;
        const late = sleep(ANSWER_MS, null, { signal, ref: false });
        const found = await Promise.race([ask(), late]);
        if (found === null) throw new Error('the database does not answer');
        take(found);
        [workload, bad.database] = [found, 0];
      } catch {
        [workload, bad.database] = [null, bad.database + 1];
      }
      await sleep(lookMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
    }
  };
  void look();

  metrics.gauge('dti_database_up', 'Whether the database answers', () => (bad.database === 0 ? 1 : 0));
  metrics.gauges('dti_database_pool_connections', 'Connections of the pool', 'state', () => database.pool());
  metrics.gauge('dti_revisions_behind', 'Revisions that this process has not seen yet', () =>
    workload === null ? null : workload.head <= head() ? 0 : workload.unseen,
  );
  metrics.gauges('dti_queue_jobs', 'Jobs of all processes', 'state', () => workload?.jobs ?? null);
  metrics.gauge(
    'dti_queue_oldest_job_seconds',
    'How long the oldest waiting job waits',
    () => workload?.oldestWaitingSeconds ?? null,
  );
  metrics.counters(
    'dti_sync_runs_total',
    'Runs of all processes that ended since this one began',
    'status',
    () => runs,
  );
  metrics.counters('dti_sync_records_total', 'Records of these runs', 'result', () => records);

  const state = (failures: number): PartState => (failures >= PATIENCE ? 'failed' : 'ready');
  return {
    get parts() {
      return { database: state(bad.database), feed: state(bad.feed), queue: state(bad.database) };
    },
    close: () => closing.abort(),
  };
}
