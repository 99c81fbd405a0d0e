import { randomUUID } from 'node:crypto';
import { type Job, type JobWithMetadata, PgBoss } from 'pg-boss';
import { describeError } from '../domain/errors.js';
import type { SyncMode } from '../domain/syncRun.js';

/** The schema that jobs lie in; it belongs to the owner of the tables. */
export const JOB_SCHEMA = 'pgboss';

const QUEUE = 'sync';
const DELIVERIES = 'webhook';

/** Crons are written in the time that their authors live in. */
const TIME_ZONE = 'Asia/Ho_Chi_Minh';

/**
 * A job that its worker has not finished is taken up again after a second or so, then more and more slowly: it waited for another run of its source, or its
 * worker ended. Runs that fail are not repeated by this; see runJob.ts.
 */
const RETRY = { retryLimit: 10_000, retryDelay: 1, retryBackoff: true, retryDelayMax: 5 };

/** A message that is not accepted is sent again after 5 s, then after twice as long each time, for about six hours. */
const DELIVERY_RETRY = { retryLimit: 12, retryDelay: 5, retryBackoff: true, retryDelayMax: 3 * 3600 };

/** Only for workers that were lost between taking a job and beginning its run; every later loss is seen by the lease of the run. */
const HEARTBEAT_SECONDS = 20;
const SUPERVISE_SECONDS = 10;

/** Longer than any run: what limits those is the bound of their source. */
const EXPIRE_SECONDS = 86_400;

/** Finished jobs are of no use, since the account of the run tells more. */
const KEEP_SECONDS = 3600;

/** Jobs wait for the poll only when a notification was lost, or when they were put off. */
const POLL = { pollingIntervalSeconds: 2, notifyPollingIntervalSeconds: 2 };

const COMPLAINT_MS = 10_000;

/** Why a source is read: somebody wants it, its time has come, a run that failed is tried again, or one that was interrupted is taken over. */
export type SyncReason = 'person' | 'schedule' | 'retry' | 'takeover';

/** A wish for one run of one source. */
export interface SyncJob {
  readonly sourceKey: string;
  readonly mode: SyncMode;
  /** Only figures of this period; null = all. */
  readonly period: string | null;
  readonly reason: SyncReason;
  /** Who wants it, for the record; null = the platform. */
  readonly requestedBy: string | null;
  /** 1 = the first. */
  readonly attempt: number;
}

/** A job as a worker gets it. */
export interface TakenJob extends SyncJob {
  readonly id: string;
  readonly createdAt: Date;
  /** Aborts when the job is not this worker's any more. */
  readonly signal: AbortSignal;
}

/** A delivery as a worker gets it. */
export interface TakenDelivery {
  readonly id: string;
  /** No other attempt follows. */
  readonly isLast: boolean;
}

/** Where a job stands. */
export interface JobState {
  readonly isOver: boolean;
  readonly isActive: boolean;
  /** What its worker said of it at the end. */
  readonly outcome: JobOutcome | null;
}

/** What came of a job that made no run. */
export interface JobOutcome {
  readonly errorCode?: string;
  readonly errorMessage?: string;
}

/** A source that is read at set times. */
export interface SourceSchedule {
  readonly sourceKey: string;
  /** Five fields, in Vietnam's time. */
  readonly cron: string;
}

/** Jobs in PostgreSQL, which any number of processes share. */
export interface Jobs {
  /**
   * Queues a job. An equal one that waits already is joined.
   * @param delaySeconds how long it waits at least
   * @returns the id of the job
   */
  enqueue(job: SyncJob, delaySeconds?: number): Promise<string>;
  /** Null = there is no such job, or none any more. */
  state(id: string): Promise<JobState | null>;
  /** Gives an active job to whoever is free, because its worker is lost. */
  release(id: string): Promise<void>;
  /** Makes these the only schedules. */
  setSchedules(schedules: readonly SourceSchedule[]): Promise<void>;
  /** Queues the delivery of a webhook. A job of the same id is there already, or was: then nothing is queued. */
  enqueueDelivery(id: string): Promise<void>;
  /** Takes deliveries from now on, so many at a time. A handler that throws has its delivery tried again, until the last attempt. */
  deliver(concurrency: number, handle: (delivery: TakenDelivery) => Promise<void>): Promise<void>;
  /**
   * Takes jobs from now on, so many at a time. A handler that throws gives its job back.
   * @param handle returns what becomes part of the job's record
   */
  work(concurrency: number, handle: (job: TakenJob) => Promise<JobOutcome | null>): Promise<void>;
  /** Waits for the jobs that run, for a few seconds. */
  close(): Promise<void>;
}

/** Makes or updates what jobs lie in; by the owner of the tables, before anybody opens them. */
export async function prepareJobs(ownerUrl: string): Promise<void> {
  const boss = new PgBoss({
    connectionString: ownerUrl,
    schema: JOB_SCHEMA,
    max: 1,
    schedule: false,
    supervise: false,
  });
  boss.on('error', () => undefined);
  await boss.start();
  try {
    const options = { ...RETRY, heartbeatSeconds: HEARTBEAT_SECONDS, expireInSeconds: EXPIRE_SECONDS, notify: true };
    const kept = { deleteAfterSeconds: KEEP_SECONDS };
    await boss.createQueue(QUEUE, { ...options, ...kept, policy: 'short' });
    await boss.updateQueue(QUEUE, { ...options, ...kept });
    const delivered = {
      ...DELIVERY_RETRY,
      ...kept,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      expireInSeconds: 120,
      notify: true,
    };
    await boss.createQueue(DELIVERIES, delivered);
    await boss.updateQueue(DELIVERIES, delivered);
  } finally {
    await boss.stop({ graceful: false });
  }
}

/** How jobs are opened. */
export interface JobsOptions {
  readonly url: string;
  /** False = this process queues jobs and does nothing else with them. */
  readonly works: boolean;
  log(message: string): void;
  /** For tests: a delivery is tried again after this; absent = as the queue says. */
  readonly retryDelaySeconds?: number;
}

/** Opens the jobs that {@link prepareJobs} has prepared. */
export async function openJobs({ url, works, log, retryDelaySeconds }: JobsOptions): Promise<Jobs> {
  const boss = new PgBoss({
    ...{ connectionString: url, schema: JOB_SCHEMA, max: works ? 4 : 2, application_name: 'dti-graph jobs' },
    ...{ migrate: false, createSchema: false, reindex: false, persistWarnings: false, monitorVacuum: false },
    ...{ schedule: works, supervise: works, useListenNotify: works },
    ...{ superviseIntervalSeconds: SUPERVISE_SECONDS, monitorIntervalSeconds: SUPERVISE_SECONDS },
    ...{ flowIntervalSeconds: 3600, bamIntervalSeconds: 3600 },
  });
  let complainedAt = Number.NEGATIVE_INFINITY;
  boss.on('error', (error) => {
    // A database that is away would be complained about by every worker at every poll.
    if (performance.now() - complainedAt < COMPLAINT_MS) return;
    complainedAt = performance.now();
    log(`the queue does not work and goes on trying: ${describeError(error)}`);
  });
  await boss.start();

  return {
    async enqueue(job, delaySeconds = 0) {
      const key = keyOf(job);
      for (;;) {
        const options = { id: randomUUID(), singletonKey: key, priority: job.reason === 'person' ? 1 : 0 };
        const id = await boss.send(QUEUE, job, {
          ...options,
          ...(delaySeconds > 0 ? { startAfter: delaySeconds } : {}),
        });
        if (id !== null) return id;
        const [waiting] = await boss.findJobs(QUEUE, { key, queued: true });
        if (waiting !== undefined) return waiting.id;
        // It was taken between the two looks.
      }
    },
    async state(id) {
      const [job] = await boss.findJobs(QUEUE, { id });
      if (job === undefined) return null;
      const isOver = job.state === 'completed' || job.state === 'failed' || job.state === 'cancelled';
      return { isOver, isActive: job.state === 'active', outcome: job.output as JobOutcome | null };
    },
    async release(id) {
      await boss.fail(QUEUE, id, { errorMessage: 'its worker was lost' });
    },
    setSchedules: (schedules) => setSchedules(boss, schedules),
    async work(concurrency, handle) {
      const options = { ...POLL, includeMetadata: true } as const;
      for (let index = 0; index < concurrency; index += 1) {
        let worker: string | null = null;
        worker = await boss.work<SyncJob, JobOutcome | null, typeof options>(QUEUE, options, async ([job]) => {
          // By itself a worker sleeps after each job until its next poll, however many are waiting.
          if (worker !== null) boss.notifyWorker(worker);
          return job === undefined ? null : handle(toTaken(job));
        });
      }
    },
    async enqueueDelivery(id) {
      await boss.send(
        DELIVERIES,
        {},
        { id, ...(retryDelaySeconds === undefined ? {} : { retryDelay: retryDelaySeconds, retryBackoff: false }) },
      );
    },
    async deliver(concurrency, handle) {
      const options = { ...POLL, includeMetadata: true } as const;
      for (let index = 0; index < concurrency; index += 1) {
        let worker: string | null = null;
        worker = await boss.work<object, null, typeof options>(DELIVERIES, options, async ([job]) => {
          if (worker !== null) boss.notifyWorker(worker);
          if (job !== undefined) await handle({ id: job.id, isLast: job.retryCount >= job.retryLimit });
          return null;
        });
      }
    },
    // The handlers have been told to end before; what hangs is left behind, and its jobs are given back.
    close: () => boss.stop({ graceful: true, timeout: 5000 }),
  };
}

function keyOf({ sourceKey, mode, period, reason }: SyncJob): string {
  return [sourceKey, mode, period ?? '', reason].join(' ');
}

function toTaken(job: JobWithMetadata<SyncJob> | (Job<SyncJob> & { createdOn: Date })): TakenJob {
  return { ...job.data, id: job.id, createdAt: job.createdOn, signal: job.signal };
}

async function setSchedules(boss: PgBoss, schedules: readonly SourceSchedule[]): Promise<void> {
  const known = new Map((await boss.getSchedules(QUEUE)).map((schedule) => [schedule.key, schedule]));
  for (const { sourceKey, cron } of schedules) {
    const schedule = known.get(sourceKey);
    known.delete(sourceKey);
    if (schedule?.cron === cron && schedule.timezone === TIME_ZONE) continue;
    const job: SyncJob = {
      ...{ sourceKey, mode: 'INCREMENTAL', period: null, reason: 'schedule', requestedBy: null, attempt: 1 },
    };
    // However many were missed while nobody worked, one run catches up with all of them.
    const options = { tz: TIME_ZONE, key: sourceKey, missed: 'once', singletonKey: keyOf(job) } as const;
    await boss.schedule(QUEUE, cron, job, options);
  }
  for (const key of known.keys()) await boss.unschedule(QUEUE, key);
}
