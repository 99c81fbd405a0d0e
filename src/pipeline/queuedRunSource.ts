import { setTimeout as sleep } from 'node:timers/promises';
import { ERROR_CODES, type ErrorCode, PlatformError } from '../domain/errors.js';
import { readRunOfJob } from '../store/listSyncRuns.js';
import type { Database } from '../store/orm.js';
import type { SyncRunFeed } from '../store/syncRunFeed.js';
import type { Jobs } from './jobs.js';
import type { RunSource } from './runSource.js';

/** What it works with. */
export interface QueuedRunSourceOptions {
  readonly database: Database;
  readonly jobs: Jobs;
  readonly feed: SyncRunFeed;
  /** Aborts when the process is to end: who waits gets the run as it stands, which others go on with; absent = never. */
  readonly signal?: AbortSignal;
  /** Longest waits in milliseconds: for the beginning and for the end of a run. */
  readonly waits?: { readonly beginMs: number; readonly endMs: number };
}

const WAITS = { beginMs: 1000, endMs: 120_000 };
/** Notifications wake; this is for those that are lost, and for jobs that end without a run. */
const POLL_MS = 500;

/** Has sources read through the queue, by any process that works. */
export function createQueuedRunSource({
  database,
  jobs,
  feed,
  signal,
  waits = WAITS,
}: QueuedRunSourceOptions): RunSource {
  return {
    async run({ sourceKey, mode, period, wait, requestedBy }) {
      const id = await jobs.enqueue({ sourceKey, mode, period, requestedBy, reason: 'person', attempt: 1 });
      const deadline = performance.now() + (wait ? waits.endMs : waits.beginMs);
      for (;;) {
        const seen = feed.version;
        const run = await readRunOfJob(database.fork(), id);
        if ((run !== null && !wait) || signal?.aborted === true) return run;
        // The job tells of the end: a run that was interrupted has ended too, and is taken over by another.
        const state = run === null || run.status !== 'RUNNING' ? await jobs.state(id) : null;
        if (state?.isOver === true) return (await readRunOfJob(database.fork(), id)) ?? refuse(state.outcome);
        const leftMs = Math.ceil(deadline - performance.now());
        if (leftMs <= 0) return run;
        // Between the end of a run and that of its job lie a few milliseconds.
        if (run !== null && run.status !== 'RUNNING') await sleep(20);
        else await feed.changed(seen, AbortSignal.timeout(Math.min(POLL_MS, leftMs)), run?.id);
      }
    },
  };
}

/** A job that ended without a run was refused. */
function refuse(outcome: { readonly errorCode?: string; readonly errorMessage?: string } | null): null {
  const code = outcome?.errorCode;
  if (code === undefined || !isErrorCode(code)) return null;
  throw new PlatformError(code, outcome?.errorMessage ?? ERROR_CODES[code]);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}
