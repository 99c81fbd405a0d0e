import type { Catalogue } from '../domain/catalogue.js';
import type { HostGovernor } from '../domain/connector.js';
import { describeError, PlatformError } from '../domain/errors.js';
import type { Tracing } from '../domain/trace.js';
import type { AddressGuard } from '../source/address.js';
import type { Database } from '../store/orm.js';
import { hasRunSince, isJobDone } from '../store/syncJob.js';
import type { SyncRunRow } from '../store/tables/syncRun.js';
import type { JobOutcome, Jobs, TakenJob } from './jobs.js';
import type { OpenedSource } from './sourceLibrary.js';
import { failInterruptedRuns, syncSource } from './sync.js';

/** A run that failed for a reason that may pass is tried again so often, so many seconds later. */
const RETRY_DELAYS = [30, 120, 480];

/** What a worker needs of a library of sources. */
export interface OpenSources {
  /** @throws PlatformError NOT_FOUND, SOURCE_STATE, SYNC_CONFIG when it cannot be read */
  open(key: string): Promise<OpenedSource>;
  /** Keys of the active sources that can be read. */
  activeKeys(): Promise<string[]>;
}

/** What a worker needs to run sources. */
export interface WorkStage {
  readonly database: Database;
  readonly catalogue: () => Catalogue;
  readonly library: OpenSources;
  readonly jobs: Jobs;
  readonly governor?: HostGovernor;
  readonly addressGuard?: AddressGuard;
  /** Where spans of runs go; absent = nowhere. */
  readonly tracing?: Tracing | undefined;
  /** Aborts when the worker is to end; runs end with it, and their jobs are given back. */
  readonly signal: AbortSignal;
  log(message: string): void;
  /** What a person should look at, such as a run that failed; absent = as {@link WorkStage.log}. */
  warn?(message: string): void;
}

/**
 * Runs the source of a job. A failure that a person must mend is not tried again before somebody asks or the next time of the source; one that may pass is,
 * a bounded number of times.
 * @returns what came of it when there is no run that tells it
 * @throws PlatformError SYNC_BUSY when another run of the source is under way; SYNC_CANCELLED when the worker ends or has lost its run: the
 *   job is to be given back
 */
export async function runJob(stage: WorkStage, job: TakenJob): Promise<JobOutcome | null> {
  const { database, library, signal, log, warn = log } = stage;
  const { sourceKey, mode, period } = job;
  // Its worker may have been lost after the end of the run.
  if (await isJobDone(database.fork(), job.id)) return null;
  try {
    const { connector, settings, status, sourceId } = await library.open(sourceKey);
    if (job.reason !== 'person') {
      if (status !== 'ACTIVE') {
        // Nobody will go on with a run that was interrupted before the source was paused.
        await failInterruptedRuns(database, new Date(), { resumable: true, sourceId });
        return { errorMessage: `the source is ${status}` };
      }
      // A period that somebody wants filled is behind the cursors, where no other run looks.
      const isOneOfMany = job.reason !== 'takeover' && period === null;
      if (isOneOfMany && (await hasRunSince(database.fork(), sourceId, mode, job.createdAt))) return null;
    }
    const run = await syncSource({
      ...{ database, catalogue: stage.catalogue(), connector, settings, mode, jobId: job.id },
      now: () => new Date(),
      tracing: stage.tracing,
      signal: AbortSignal.any([signal, job.signal]),
      ...(period === null ? {} : { period }),
      ...(stage.governor === undefined ? {} : { governor: stage.governor }),
      ...(stage.addressGuard === undefined ? {} : { addressGuard: stage.addressGuard }),
    });
    if (isGivenUp(run)) throw givenUp(run, sourceKey);
    await follow(stage, job, run);
    return null;
  } catch (error) {
    const known = error instanceof PlatformError ? error : null;
    if (known === null || known.code === 'SYNC_BUSY' || known.code === 'SYNC_CANCELLED') throw error;
    warn(`the source ${sourceKey} cannot be run: ${known.code} ${known.message}`);
    return { errorCode: known.code, errorMessage: describeError(known) };
  }
}

/** True when this worker did not end its run: it was told to stop, or somebody else has taken the run for lost. */
function isGivenUp({ status, errorCode }: SyncRunRow): boolean {
  return status === 'RUNNING' || status === 'CANCELLED' || errorCode === 'SYNC_CANCELLED';
}

function givenUp({ id }: SyncRunRow, sourceKey: string): PlatformError {
  return new PlatformError('SYNC_CANCELLED', `Run ${id} of ${sourceKey} was given up; it goes to whoever is free.`);
}

/** Says how a run ended, and queues another when the failure may pass. */
async function follow({ jobs, log, warn = log }: WorkStage, job: TakenJob, run: SyncRunRow): Promise<void> {
  if (run.status === 'SUCCEEDED') return;
  const reason = run.errorCode === null ? `${run.rejected} records rejected` : `${run.errorCode} ${run.errorMessage}`;
  const delay = run.failureType === 'transient_error' ? RETRY_DELAYS[job.attempt - 1] : undefined;
  const next = delay === undefined || run.status !== 'FAILED' ? '' : `; tried again in ${delay} s`;
  const say = run.status === 'FAILED' ? warn : log;
  say(`sync run ${run.id} of ${job.sourceKey} ended ${run.status}: ${reason}${next}`);
  if (delay === undefined || run.status !== 'FAILED') return;
  const { sourceKey, mode, period, requestedBy, attempt } = job;
  await jobs.enqueue({ sourceKey, mode, period, requestedBy, reason: 'retry', attempt: attempt + 1 }, delay);
}
