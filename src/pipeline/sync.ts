import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { PlatformError } from '../domain/errors.js';
import { failureOf, inSpan, type TraceSpan } from '../domain/trace.js';
import { limitToPeriod } from '../source/limitToPeriod.js';
import type { ReadProgress } from '../source/readPage.js';
import {
  findLapsedRuns,
  holdLease,
  type Lease,
  lockSource,
  releaseLease,
  renewLease,
  takeLease,
} from '../store/lock.js';
import type { Database } from '../store/orm.js';
import { clearStage, countStaged, forgetPages, sweepStage } from '../store/stage.js';
import { refreshStatistics } from '../store/statistics.js';
import { SourceTable } from '../store/tables/source.js';
import { type SyncRunRow, SyncRunTable } from '../store/tables/syncRun.js';
import { type HeldRun, restartRun, StageLost, type SyncOptions, writeState } from './heldRun.js';
import { withPatience } from './patience.js';
import { keepProgress } from './progress.js';
import { commitRun } from './syncCommit.js';
import { readIntoStage } from './syncRead.js';
import { findStuckStream, newState, type RunState, subjectOf, total, withoutStream } from './syncState.js';

/** Long enough for a restart of the database, short enough that nobody waits long for a source whose process was lost. */
const LEASE_MS = 20_000;
/** A lease outlives three renewals that fail. */
const RENEWALS_PER_LEASE = 4;
/** A restart of PostgreSQL takes seconds, one with recovery up to a minute. */
const PATIENCE_MS = 60_000;
/** A run that was interrupted longer ago begins anew: its source has moved on. */
const RESUMABLE_MS = 24 * 3_600_000;
/** A page that kills every worker that reads it must not do so for ever. */
const MAX_TAKEOVERS = 5;
/** How often a run begins again because the server crashed and lost its stage. */
const MAX_STARTS = 3;

/** From so many new rows on the planner is told at once. */
const MANY_ROWS = 10_000;

export type { SyncOptions } from './heldRun.js';

/**
 * Runs one source: reads all of it or what changed. Each page is kept as it comes, with a checkpoint; at the end one transaction judges all records, appends
 * what is new, moves the cursors and closes the account. A failed run changes nothing that is served and leaves nothing but its reason (and, when it
 * broke a rule, its rejects). An interrupted run of the source, whose process has gone, is taken over and goes on behind its last page.
 * @returns the finished run, failed ones too
 * @throws PlatformError SYNC_BUSY when a run of the same source is under way, also when this one was taken over by another process
 */
export async function syncSource(options: SyncOptions): Promise<SyncRunRow> {
  const attributes = { 'dti.source': options.connector.spec.key, 'dti.sync.mode': options.mode };
  const span = options.tracing?.begin('sync run', attributes);
  try {
    const run = await runSource(options, span);
    const { id, status, pages, read, written, rejected } = run;
    span?.set({ 'dti.sync.run': Number(id), 'dti.sync.status': status, 'dti.sync.pages': pages });
    span?.set({ 'dti.sync.read': read, 'dti.sync.written': written, 'dti.sync.rejected': rejected });
    span?.end(run.errorCode ?? undefined);
    // What was read is committed: a planner without figures is slow, not wrong.
    if (written > MANY_ROWS) await refreshStatistics(options.database.fork()).catch(() => undefined);
    return run;
  } catch (error) {
    span?.end(failureOf(error));
    throw error;
  }
}

async function runSource(options: SyncOptions, span: TraceSpan | undefined): Promise<SyncRunRow> {
  const held = await begin(options);
  const keeper = keepLease(options, held.lease);
  const signal = AbortSignal.any([options.signal, keeper.lost]);
  const progress = keepProgress(options.database, held.run.id);
  const onProgress = (now: ReadProgress) => {
    progress.note(now);
    options.onProgress?.(now);
  };
  try {
    const { period } = options;
    const connector = period === undefined ? options.connector : limitToPeriod(options.connector, period);
    return await readAndCommit({ ...options, connector, signal, onProgress }, held, span);
  } catch (error) {
    return await fail(options, held.lease, error);
  } finally {
    keeper.stop();
    progress.stop();
  }
}

async function readAndCommit(options: SyncOptions, held: HeldRun, span: TraceSpan | undefined): Promise<SyncRunRow> {
  const patience = { patienceMs: options.patienceMs ?? PATIENCE_MS, signal: options.signal };
  let { state } = held;
  for (let start = 1; ; start += 1) {
    try {
      const from = { ...held, state };
      const end = await inSpan(span?.child('read', {}), () => readIntoStage(options, from, patience));
      return await inSpan(span?.child('commit', {}), () =>
        withPatience(patience, () => commitRun(options, { ...held, state: end })),
      );
    } catch (error) {
      if (!(error instanceof StageLost)) throw error;
      if (start >= MAX_STARTS) {
        throw new PlatformError('SYNC_TRANSIENT', `PostgreSQL crashed ${MAX_STARTS} times while the source was read.`, {
          failureType: 'transient_error',
        });
      }
      state = await withPatience(patience, () => restartRun(options.database, held, null));
    }
  }
}

/**
 * Ends the runs that a lost process left behind: those whose lease has passed. Runs of other living processes go on, and those that can be resumed wait
 * for the next run of their source.
 * @param options.resumable true = end those too, such as for sources that are not read any more
 * @param options.sourceId absent = of all sources
 * @returns how many it ended
 */
export async function failInterruptedRuns(
  database: Database,
  now: Date,
  options: { readonly resumable?: boolean; readonly sourceId?: number } = {},
): Promise<number> {
  return database.fork().transactional(async (em) => {
    const lapsed = await findLapsedRuns(em, options.sourceId ?? null);
    const where = { id: { $in: lapsed }, ...(options.resumable === true ? {} : { checkpoint: null }) };
    const runs = await em.find(SyncRunTable, where, { fields: ['id'] });
    return endRuns(
      em,
      runs.map(({ id }) => id),
      now,
    );
  });
}

async function endRuns(em: SqlEntityManager, ids: readonly number[], now: Date): Promise<number> {
  if (ids.length === 0) return 0;
  for (const id of ids) await forgetPages(em, id, null);
  return em.nativeUpdate(
    SyncRunTable,
    { id: { $in: [...ids] } },
    {
      ...NOTHING_READ,
      status: 'FAILED',
      finishedAt: now,
      errorCode: 'SYNC_CANCELLED',
      errorMessage: 'Its process went away before the run had ended; nothing of it was kept.',
      failureType: 'transient_error',
    },
  );
}

/** The account of a run that served nothing. */
const NOTHING_READ = { pages: 0, checkpoint: null };

async function begin(options: SyncOptions): Promise<HeldRun> {
  const { database, connector, mode, now, leaseMs = LEASE_MS } = options;
  const subject = subjectOf(connector, options.settings.baseUrl, options.period ?? null);
  return database.fork().transactional(async (em) => {
    const source = await em.findOne(SourceTable, { key: connector.spec.key });
    if (source === null) throw new PlatformError('NOT_FOUND', `There is no source "${connector.spec.key}".`);
    await lockSource(em, source.id);
    const lapsed = await findLapsedRuns(em, source.id);
    for (const id of lapsed) {
      const taken = await takeOver(em, id, options, subject);
      if (taken !== null) return taken;
    }
    await endRuns(em, lapsed, now());
    const busy = await em.findOne(SyncRunTable, { sourceId: source.id, status: 'RUNNING' });
    if (busy !== null) {
      throw new PlatformError(
        'SYNC_BUSY',
        `Run ${busy.id} of the source "${source.key}" is under way; wait for its end.`,
      );
    }
    await sweepStage(em);
    const run = em.create(SyncRunTable, {
      sourceId: source.id,
      sourceVersion: connector.spec.version,
      mode,
      status: 'RUNNING',
      startedAt: now(),
      period: options.period ?? null,
      jobId: options.jobId ?? null,
      worker: workerName(),
      stopReasons: {},
      skippedRules: {},
    });
    await em.flush();
    return { run, lease: await takeLease(em, run.id, leaseMs), state: newState(subject) };
  });
}

/** Goes on with an interrupted run. @returns null when it cannot be gone on with */
async function takeOver(
  em: SqlEntityManager,
  runId: number,
  { mode, now, jobId, leaseMs = LEASE_MS }: SyncOptions,
  subject: string,
): Promise<HeldRun | null> {
  const run = await em.findOneOrFail(SyncRunTable, { id: runId });
  const saved = run.checkpoint as RunState | null;
  if (saved === null || saved.subject !== subject || saved.takeovers >= MAX_TAKEOVERS) return null;
  if (mode === 'FULL_REFRESH' && run.mode !== mode) return null;
  if (now().getTime() - run.startedAt.getTime() > RESUMABLE_MS) return null;
  const isWhole = (await countStaged(em, runId)) === total(saved, 'staged');
  const stuck = isWhole ? findStuckStream(saved) : null;
  if (!isWhole || stuck !== null) await forgetPages(em, runId, stuck);
  const kept = !isWhole ? newState(subject) : stuck === null ? saved : withoutStream(saved, stuck);
  const state = { ...kept, takeovers: saved.takeovers + 1 };
  await writeState(em, runId, state);
  await em.nativeUpdate(SyncRunTable, { id: runId }, { jobId: jobId ?? run.jobId, worker: workerName() });
  return { run, lease: await takeLease(em, runId, leaseMs), state };
}

/** For people: where a run is read. */
function workerName(): string {
  return `${hostname()} ${process.pid}`;
}

/** Renews a lease again and again; `lost` aborts when somebody else has ended the run. */
function keepLease(
  { database, leaseMs = LEASE_MS }: SyncOptions,
  lease: Lease,
): { readonly lost: AbortSignal; stop(): void } {
  const lost = new AbortController();
  const stopped = new AbortController();
  const keep = async () => {
    for (;;) {
      await sleep(leaseMs / RENEWALS_PER_LEASE, undefined, { signal: stopped.signal });
      // A database that is away may be back for the next renewal; if it is not in time, the commit finds out.
      const isHeld = await renewLease(database.fork(), lease, leaseMs).catch(() => true);
      if (!isHeld) return lost.abort();
    }
  };
  // It ends by its sleep being stopped, which is a rejection.
  keep().catch(() => undefined);
  return { lost: lost.signal, stop: () => stopped.abort() };
}

async function fail(
  { database, now, signal, patienceMs = PATIENCE_MS }: SyncOptions,
  lease: Lease,
  error: unknown,
): Promise<SyncRunRow> {
  const known = error instanceof PlatformError ? error : null;
  // Its rejects are what a person must look at.
  const keepsRejects = known?.code === 'SYNC_RULE';
  const never = new AbortController().signal;
  return withPatience({ patienceMs, signal: never }, () =>
    database.fork().transactional(async (em) => {
      const isHeld = await holdLease(em, lease);
      const ended = await em.findOneOrFail(SyncRunTable, { id: lease.runId });
      // Somebody else ended it, or its commit went through although the answer to it was lost.
      if (!isHeld && ended.status !== 'RUNNING') return ended;
      if (!isHeld) {
        throw new PlatformError(
          'SYNC_BUSY',
          `Run ${lease.runId} was taken over by another process, which goes on with it.`,
        );
      }
      // A worker that is told to end leaves its run to the next one, as one that is killed does.
      if (signal.aborted && ended.checkpoint !== null) {
        await releaseLease(em, lease);
        return ended;
      }
      if (keepsRejects) await clearStage(em, lease.runId);
      else await forgetPages(em, lease.runId, null);
      em.assign(ended, {
        ...(keepsRejects ? { checkpoint: null } : NOTHING_READ),
        status: signal.aborted ? 'CANCELLED' : 'FAILED',
        finishedAt: now(),
        errorCode: known?.code ?? 'INTERNAL_SERVER_ERROR',
        // What nobody foresaw may hold anything, so only its kind is kept.
        errorMessage: known?.message ?? `An unforeseen failure: ${error instanceof Error ? error.name : typeof error}`,
        failureType: known?.failureType ?? 'system_error',
      });
      return ended;
    }),
  );
}
