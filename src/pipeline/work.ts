import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../domain/errors.js';
import type { RevisionFeed } from '../store/feed.js';
import { findLapsedRuns } from '../store/lock.js';
import { readOrphanedRuns } from '../store/syncJob.js';
import { expirePages } from './expirePages.js';
import type { SourceSchedule } from './jobs.js';
import { runJob, type WorkStage } from './runJob.js';

/** Runs at a time: most of the time of a run is waiting for its source, and a few that hang must leave room for others. */
const CONCURRENCY = 6;

const SWEEP_MS = 3000;
/** Raw pages that are old enough are deleted some time after the start, and then now and then, by every worker. */
const FIRST_EXPIRY_MS = 300_000;
const EXPIRY_MS = 6 * 3_600_000;

/** Time that a worker has to take over a run before it is offered again. */
const OFFER_MS = 15_000;

/** What {@link startWork} needs. */
export interface WorkOptions extends WorkStage {
  readonly feed: RevisionFeed;
  /** Runs at a time; absent = 6. */
  readonly concurrency?: number;
}

/** A process that works. */
export interface Work {
  /** Waits for the loops; end the runs by the signal of the stage before. */
  close(): Promise<void>;
}

/**
 * Takes jobs, keeps the schedules as the sources say, and looks for runs whose process was lost: their lease lapses after 20 s at most, and they are
 * offered to whoever is free. Deletes raw pages that are old enough.
 */
export async function startWork(options: WorkOptions): Promise<Work> {
  const { jobs, feed, signal, log, concurrency = CONCURRENCY } = options;
  await jobs.work(concurrency, (job) => runJob(options, job));
  const changed = { sources: true };
  feed.onRevision(({ kind }) => {
    if (kind === 'SOURCE') changed.sources = true;
  });
  const offered = new Map<number, number>();
  const loop = async () => {
    while (!signal.aborted) {
      if (changed.sources) {
        changed.sources = false;
        await setSchedules(options).catch((error: unknown) => {
          changed.sources = true;
          log(`the schedules could not be brought up to date: ${describeError(error)}`);
        });
      }
      await sweep(options, offered).catch((error: unknown) => {
        if (!signal.aborted) log(`interrupted runs could not be looked for: ${describeError(error)}`);
      });
      await sleep(SWEEP_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  const ended = Promise.all([loop(), expire(options)]);
  return { close: () => ended.then(() => undefined) };
}

async function expire({ database, signal, log }: WorkStage): Promise<void> {
  for (let waitMs = FIRST_EXPIRY_MS; ; waitMs = EXPIRY_MS) {
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    await expirePages(database, new Date(), { signal }).catch((error: unknown) => {
      log(`old pages could not be deleted and will be later: ${describeError(error)}`);
    });
  }
}

/** Makes the schedules those of the active sources: a source that is paused or retired has none. */
async function setSchedules({ library, jobs, log }: WorkStage): Promise<void> {
  const schedules: SourceSchedule[] = [];
  for (const sourceKey of await library.activeKeys()) {
    try {
      const { schedule } = await library.open(sourceKey);
      if (schedule !== null) schedules.push({ sourceKey, cron: schedule });
    } catch (error) {
      log(`the source ${sourceKey} has no schedule while it cannot be opened: ${describeError(error)}`);
    }
  }
  await jobs.setSchedules(schedules);
}

/** Offers runs whose process was lost. What is offered and not taken is offered again later. */
async function sweep({ database, jobs, log }: WorkStage, offered: Map<number, number>): Promise<void> {
  const lapsed = await findLapsedRuns(database.fork(), null);
  for (const [id, at] of offered) if (performance.now() - at > OFFER_MS) offered.delete(id);
  const ids = lapsed.filter((id) => !offered.has(id));
  if (ids.length === 0) return;
  for (const { id, sourceKey, mode, period, jobId } of await readOrphanedRuns(database.fork(), ids)) {
    offered.set(id, performance.now());
    const state = jobId === null ? null : await jobs.state(jobId);
    if (jobId !== null && state?.isActive === true) await jobs.release(jobId);
    // A job that waits will find the run by itself.
    else if (state === null || state.isOver) {
      await jobs.enqueue({ sourceKey, mode, period, reason: 'takeover', requestedBy: null, attempt: 1 });
    }
    log(`the process of run ${id} of ${sourceKey} was lost; another takes it over`);
  }
}
