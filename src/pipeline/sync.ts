import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Catalogue } from '../domain/catalogue.js';
import type { Connector, Cursor, HostGovernor, SourceSettings } from '../domain/connector.js';
import { PlatformError } from '../domain/errors.js';
import { periodYear } from '../domain/period.js';
import { accountAddsUp, type SyncMode } from '../domain/syncRun.js';
import type { AddressGuard } from '../source/address.js';
import { limitToPeriod } from '../source/limitToPeriod.js';
import type { ReadPage, ReadProgress } from '../source/readPage.js';
import { readSource } from '../source/readSource.js';
import { findLapsedRuns, holdLease, type Lease, lockSource, renewLease, takeLease } from '../store/lock.js';
import { type NewObservation, writeObservations } from '../store/observation.js';
import type { Database } from '../store/orm.js';
import { type PageRecord, type Reject, writePages, writeRejects } from '../store/page.js';
import { nextChangeId, takeRevision } from '../store/revision.js';
import { SourceTable, StreamCursorTable } from '../store/tables/source.js';
import { type SyncRunRow, SyncRunTable } from '../store/tables/syncRun.js';
import { keepProgress } from './progress.js';
import { roundsTouched } from './touchedRound.js';

/** Long enough for a restart of the database, short enough that nobody waits long for a source whose process was lost. */
const LEASE_MS = 20_000;
/** A lease outlives three renewals that fail. */
const RENEWALS_PER_LEASE = 4;

/** What a run needs. */
export interface SyncOptions {
  readonly database: Database;
  readonly catalogue: Catalogue;
  readonly connector: Connector;
  readonly settings: SourceSettings;
  readonly mode: SyncMode;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly onProgress?: (progress: ReadProgress) => void;
  /** Where its connections may go; absent = public addresses only. */
  readonly addressGuard?: AddressGuard;
  /** Limits and circuit breaker per host, shared with other runs; absent = none. */
  readonly governor?: HostGovernor;
  /** Only figures of this period are kept, and cursors stay where they are; absent = all. */
  readonly period?: string;
  /** The job that wants the run; absent = none. */
  readonly jobId?: string;
  /** How long the run may be silent before somebody else may end it; absent = 20 s. */
  readonly leaseMs?: number;
}

/**
 * Runs one source: reads all of it or what changed, then commits pages, observations, rejects, cursors and the account in one transaction. A failed run
 * changes nothing that is served; it stays on the record with its reason. While it reads it renews its lease; a run that lost it commits nothing.
 * @returns the finished run, failed ones too
 * @throws PlatformError SYNC_BUSY when a run of the same source is under way
 */
export async function syncSource(options: SyncOptions): Promise<SyncRunRow> {
  const { run, lease } = await begin(options);
  const keeper = keepLease(options, lease);
  const progress = keepProgress(options.database, run.id);
  const onProgress = (now: ReadProgress) => {
    progress.note(now);
    options.onProgress?.(now);
  };
  try {
    const signal = AbortSignal.any([options.signal, keeper.lost]);
    const batch = await read({ ...options, signal, onProgress }, run);
    keeper.stop();
    return await commit(options, run, lease, batch);
  } catch (error) {
    return await fail(options, lease, error);
  } finally {
    keeper.stop();
    progress.stop();
  }
}

/**
 * Ends the runs that a lost process left behind: those whose lease has passed. Runs of other living processes go on.
 * @returns how many it ended
 */
export async function failInterruptedRuns(database: Database, now: Date): Promise<number> {
  return database.fork().transactional((em) => endLapsedRuns(em, null, now));
}

async function endLapsedRuns(em: SqlEntityManager, sourceId: number | null, now: Date): Promise<number> {
  const ids = await findLapsedRuns(em, sourceId);
  if (ids.length === 0) return 0;
  return em.nativeUpdate(
    SyncRunTable,
    { id: { $in: ids } },
    {
      status: 'FAILED',
      finishedAt: now,
      errorCode: 'SYNC_CANCELLED',
      errorMessage: 'Its process went away before the run had ended; nothing of it was kept.',
      failureType: 'transient_error',
    },
  );
}

async function begin(options: SyncOptions): Promise<{ run: SyncRunRow; lease: Lease }> {
  const { database, connector, mode, now, leaseMs = LEASE_MS } = options;
  return database.fork().transactional(async (em) => {
    const source = await em.findOne(SourceTable, { key: connector.spec.key });
    if (source === null) throw new PlatformError('NOT_FOUND', `There is no source "${connector.spec.key}".`);
    await lockSource(em, source.id);
    await endLapsedRuns(em, source.id, now());
    const busy = await em.findOne(SyncRunTable, { sourceId: source.id, status: 'RUNNING' });
    if (busy !== null) {
      throw new PlatformError(
        'SYNC_BUSY',
        `Run ${busy.id} of the source "${source.key}" is under way; wait for its end.`,
      );
    }
    const run = em.create(SyncRunTable, {
      sourceId: source.id,
      sourceVersion: connector.spec.version,
      mode,
      status: 'RUNNING',
      startedAt: now(),
      period: options.period ?? null,
      jobId: options.jobId ?? null,
      worker: `${hostname()} ${process.pid}`,
      stopReasons: {},
      skippedRules: {},
    });
    await em.flush();
    return { run, lease: await takeLease(em, run.id, leaseMs) };
  });
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

/** What was read, waiting to be committed. */
interface Batch {
  readonly pages: PageRecord[];
  readonly rejects: Reject[];
  readonly observations: NewObservation[];
  readonly cursors: Map<string, Cursor>;
  readonly stopReasons: Record<string, string>;
  readonly skippedRules: Record<string, number>;
  read: number;
  skipped: number;
}

async function read(options: SyncOptions, run: SyncRunRow): Promise<Batch> {
  const { database, catalogue, connector, settings, mode, signal, now, period } = options;
  const { onProgress, addressGuard, governor } = options;
  const cursors = await database.fork().find(StreamCursorTable, { sourceId: run.sourceId });
  const batch: Batch = {
    pages: [],
    rejects: [],
    observations: [],
    cursors: new Map(),
    stopReasons: {},
    skippedRules: {},
    read: 0,
    skipped: 0,
  };
  const pages = readSource(period === undefined ? connector : limitToPeriod(connector, period), {
    settings,
    mode,
    signal,
    now,
    cursors: Object.fromEntries(cursors.map(({ stream, cursor }) => [stream, cursor])),
    lookup: {
      entityId: (codeSystem, code) => catalogue.entityByKey(`${codeSystem}:${code}`)?.id ?? null,
      indicatorId(frameworkCode, code) {
        const measure = catalogue.measureByCode(frameworkCode, code);
        return measure?.kind === 'INDICATOR' ? measure.id : null;
      },
    },
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(addressGuard === undefined ? {} : { addressGuard }),
    ...(governor === undefined ? {} : { governor }),
  });
  for await (const page of pages) take(batch, page);
  return batch;
}

function take(batch: Batch, page: ReadPage): void {
  const { stream, sequence } = page;
  batch.read += page.records.length + page.rejected.length + page.skipped.length;
  batch.skipped += page.skipped.length;
  for (const { rule } of page.skipped) batch.skippedRules[rule] = (batch.skippedRules[rule] ?? 0) + 1;
  if (page.stopReason !== null) batch.stopReasons[stream] = page.stopReason;
  if (page.cursor !== null) batch.cursors.set(stream, page.cursor);
  batch.pages.push({
    stream,
    sequence,
    request: page.request,
    httpStatus: page.status,
    retrievedAt: page.retrievedAt,
    bodySha256: page.bodySha256,
    bodyGzip: gzipSync(page.body),
  });
  for (const { row, raw, rule, message } of page.rejected) {
    batch.rejects.push({ pageSequence: sequence, stream, rowNumber: row, raw, rule, message });
  }
  for (const record of page.records) {
    batch.observations.push({
      entityId: record.entityId,
      indicatorId: record.indicatorId,
      year: periodYear(record.period),
      period: record.period,
      value: record.value,
      numerator: record.numerator,
      denominator: record.denominator,
      obsStatus: record.obsStatus,
      tombstone: record.deleted,
      publishedAt: record.publishedAt,
      pageSequence: sequence,
      rowNumber: record.row,
      rowHash: record.rowHash,
      submissionItemId: null,
    });
  }
}

async function commit(
  { database, catalogue, now }: SyncOptions,
  run: SyncRunRow,
  lease: Lease,
  batch: Batch,
): Promise<SyncRunRow> {
  return database.fork().transactional(async (em) => {
    await lockSource(em, run.sourceId);
    if (!(await holdLease(em, lease))) {
      throw new PlatformError('SYNC_CANCELLED', `Run ${run.id} was ended by somebody else.`);
    }
    const changeId = await nextChangeId(em);
    await writePages(em, run.id, batch.pages);
    await writeRejects(em, run.id, batch.rejects);
    const origin = { sourceId: run.sourceId, syncRunId: run.id, retrievedAt: now(), changeId };
    const { touched, ...account } = await writeObservations(em, origin, batch.observations);
    const counts = { read: batch.read, ...account, rejected: batch.rejects.length, skipped: batch.skipped };
    if (!accountAddsUp(counts)) {
      const details = { ...counts };
      throw new PlatformError('SYNC_ACCOUNTING', 'The account of the run does not add up; nothing was written.', {
        details,
        failureType: 'system_error',
      });
    }
    if (batch.cursors.size > 0) {
      const cursors = [...batch.cursors].map(([stream, cursor]) => ({ sourceId: run.sourceId, stream, cursor }));
      await em.upsertMany(StreamCursorTable, cursors, { onConflictFields: ['sourceId', 'stream'] });
    }
    const ended = await em.findOneOrFail(SyncRunTable, { id: run.id });
    em.assign(ended, {
      ...counts,
      status: batch.rejects.length > 0 ? 'SUCCEEDED_WITH_REJECTS' : 'SUCCEEDED',
      finishedAt: now(),
      pages: batch.pages.length,
      stopReasons: batch.stopReasons,
      skippedRules: batch.skippedRules,
    });
    await em.flush();
    if (touched.length > 0) {
      const roundIds = roundsTouched(catalogue, touched);
      await takeRevision(em, { changeId, kind: 'OBSERVATIONS', roundIds, sourceId: run.sourceId });
    }
    return ended;
  });
}

async function fail({ database, now, signal }: SyncOptions, lease: Lease, error: unknown): Promise<SyncRunRow> {
  const known = error instanceof PlatformError ? error : null;
  return database.fork().transactional(async (em) => {
    const isHeld = await holdLease(em, lease);
    const ended = await em.findOneOrFail(SyncRunTable, { id: lease.runId });
    // Somebody else ended it, or its commit went through although the answer to it was lost.
    if (!isHeld) return ended;
    em.assign(ended, {
      status: signal.aborted ? 'CANCELLED' : 'FAILED',
      finishedAt: now(),
      errorCode: known?.code ?? 'INTERNAL_SERVER_ERROR',
      // What nobody foresaw may hold anything, so only its kind is kept.
      errorMessage: known?.message ?? `An unforeseen failure: ${error instanceof Error ? error.name : typeof error}`,
      failureType: known?.failureType ?? 'system_error',
    });
    return ended;
  });
}
