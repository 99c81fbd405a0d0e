import { gzipSync } from 'node:zlib';
import type { Catalogue } from '../domain/catalogue.js';
import type { Connector, Cursor, SourceSettings } from '../domain/connector.js';
import { PlatformError } from '../domain/errors.js';
import { periodYear } from '../domain/period.js';
import { accountAddsUp, type SyncMode } from '../domain/syncRun.js';
import type { ReadPage, ReadProgress } from '../source/readPage.js';
import { readSource } from '../source/readSource.js';
import { type NewObservation, writeObservations } from '../store/observation.js';
import type { Database } from '../store/orm.js';
import { type PageRecord, type Reject, writePages, writeRejects } from '../store/page.js';
import { nextChangeId, takeRevision } from '../store/revision.js';
import { SourceTable, StreamCursorTable } from '../store/tables/source.js';
import { type SyncRunRow, SyncRunTable } from '../store/tables/syncRun.js';
import { roundsTouched } from './touchedRound.js';

const SOURCE_LOCK = 7309;

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
}

/**
 * Runs one source: reads all of it or what changed, then commits pages, observations, rejects, cursors and the account in one transaction. A failed run
 * changes nothing that is served; it stays on the record with its reason.
 * @returns the finished run, failed ones too
 * @throws PlatformError SYNC_BUSY when a run of the same source is under way
 */
export async function syncSource(options: SyncOptions): Promise<SyncRunRow> {
  const run = await begin(options);
  try {
    const batch = await read(options, run);
    return await commit(options, run, batch);
  } catch (error) {
    return await fail(options, run, error);
  }
}

/** Ends runs that a killed process left behind; called when no run of this platform can be under way. */
export async function failInterruptedRuns(database: Database, now: Date): Promise<number> {
  return database.fork().nativeUpdate(
    SyncRunTable,
    { status: 'RUNNING' },
    {
      status: 'FAILED',
      finishedAt: now,
      errorCode: 'SYNC_CANCELLED',
      errorMessage: 'The process ended before the run did; nothing of it was kept.',
      failureType: 'transient_error',
    },
  );
}

async function begin({ database, connector, mode, now }: SyncOptions): Promise<SyncRunRow> {
  return database.fork().transactional(async (em) => {
    const source = await em.findOne(SourceTable, { key: connector.spec.key });
    if (source === null) throw new PlatformError('NOT_FOUND', `There is no source "${connector.spec.key}".`);
    await em.execute('select pg_advisory_xact_lock(?, ?)', [SOURCE_LOCK, source.id]);
    const busy = await em.findOne(SyncRunTable, { sourceId: source.id, status: 'RUNNING' });
    if (busy !== null) {
      throw new PlatformError(
        'SYNC_BUSY',
        `Run ${busy.id} of the source "${source.key}" is under way; wait for its end.`,
      );
    }
    return em.create(SyncRunTable, {
      sourceId: source.id,
      sourceVersion: connector.spec.version,
      mode,
      status: 'RUNNING',
      startedAt: now(),
      stopReasons: {},
      skippedRules: {},
    });
  });
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
  const { database, catalogue, connector, settings, mode, signal, now, onProgress } = options;
  const cursors = await database.fork().find(StreamCursorTable, { sourceId: run.sourceId });
  const batch: Batch = {
    ...{ pages: [], rejects: [], observations: [], cursors: new Map(), stopReasons: {}, skippedRules: {} },
    ...{ read: 0, skipped: 0 },
  };
  const pages = readSource(connector, {
    ...{ settings, mode, signal, now },
    cursors: Object.fromEntries(cursors.map(({ stream, cursor }) => [stream, cursor])),
    lookup: {
      entityId: (codeSystem, code) => catalogue.entityByKey(`${codeSystem}:${code}`)?.id ?? null,
      indicatorId(frameworkCode, code) {
        const measure = catalogue.measureByCode(frameworkCode, code);
        return measure?.kind === 'INDICATOR' ? measure.id : null;
      },
    },
    ...(onProgress === undefined ? {} : { onProgress }),
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
    ...{ stream, sequence, request: page.request, httpStatus: page.status, retrievedAt: page.retrievedAt },
    bodySha256: page.bodySha256,
    bodyGzip: gzipSync(page.body),
  });
  for (const { row, raw, rule, message } of page.rejected) {
    batch.rejects.push({ pageSequence: sequence, stream, rowNumber: row, raw, rule, message });
  }
  for (const record of page.records) {
    batch.observations.push({
      ...{ entityId: record.entityId, indicatorId: record.indicatorId, period: record.period },
      ...{ value: record.value, numerator: record.numerator, denominator: record.denominator },
      year: periodYear(record.period),
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

async function commit({ database, catalogue, now }: SyncOptions, run: SyncRunRow, batch: Batch): Promise<SyncRunRow> {
  return database.fork().transactional(async (em) => {
    await em.execute('select pg_advisory_xact_lock(?, ?)', [SOURCE_LOCK, run.sourceId]);
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
    if (ended.status !== 'RUNNING') {
      throw new PlatformError('SYNC_CANCELLED', `Run ${run.id} was ended by somebody else.`);
    }
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

async function fail({ database, now, signal }: SyncOptions, run: SyncRunRow, error: unknown): Promise<SyncRunRow> {
  const known = error instanceof PlatformError ? error : null;
  return database.fork().transactional(async (em) => {
    const ended = await em.findOneOrFail(SyncRunTable, { id: run.id });
    // Somebody else ended it, or its commit went through although the answer to it was lost.
    if (ended.status !== 'RUNNING') return ended;
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
