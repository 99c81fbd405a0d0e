import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Catalogue } from '../domain/catalogue.js';
import type { Connector, RejectedRecord, RowRecord } from '../domain/connector.js';
import { PlatformError } from '../domain/errors.js';
import { periodYear } from '../domain/period.js';
import { accountAddsUp } from '../domain/syncRun.js';
import { canonicalJson, sha256 } from '../source/hash.js';
import { createRecordResolver, type ResolvedRecord } from '../source/resolve.js';
import { writeAudit } from '../store/audit.js';
import { lockSource } from '../store/lock.js';
import { type NewObservation, writeObservations } from '../store/observation.js';
import type { Database } from '../store/orm.js';
import { type Reject, writeRejects } from '../store/page.js';
import {
  copyPages,
  markReplayed,
  type OpenReject,
  readNewestWhole,
  readOpenRejects,
  readOriginRuns,
} from '../store/replay.js';
import { nextChangeId, takeRevision } from '../store/revision.js';
import { SourceTable } from '../store/tables/source.js';
import { type SyncRunRow, SyncRunTable } from '../store/tables/syncRun.js';
import type { Actor } from './changeSource.js';
import { recordLookupIn } from './recordLookup.js';
import { roundsTouched } from './touchedRound.js';

/** Records at a time; they are in memory together. Whoever has more calls again. */
const MAX_REJECTS = 20_000;

/** What a replay needs. */
export interface ReplayOptions {
  readonly database: Database;
  readonly catalogue: Catalogue;
  /** The version in use of the source that is replayed. */
  readonly connector: Connector;
  readonly now: () => Date;
  /** Who asks, for the audit; absent or null = the platform itself. */
  readonly viewer?: Actor | null;
}

/** What is replayed. */
export interface ReplayRequest {
  readonly sourceKey: string;
  /** Absent = the open rejects of all runs. */
  readonly runId?: number;
}

/** A row in quarantine with all of its records as they are mapped now. */
interface ReplayedRow {
  readonly reject: OpenReject;
  readonly records: readonly (ResolvedRecord | Exclude<RowRecord, { kind: 'record' }>)[];
}

/** What became of the rows: as with a run that reads. */
interface Outcome {
  readonly observations: NewObservation[];
  readonly rejects: Reject[];
  readonly skippedRules: Record<string, number>;
}

/**
 * Maps the rows in quarantine again, by the connector as it is now, and keeps what is good now in a run of its own (mode `REPLAY`). Every row that was looked at
 * is replayed; what is still refused is in quarantine anew, with the reason of now. A figure that a later page or run has said, or that the source was
 * read for again as a whole, is left as it is (`newer_known`). At most 20,000 records at a time, the newest first.
 * @returns the run; null = there was nothing to replay
 * @throws PlatformError NOT_FOUND, SYNC_CONFIG when no stream of the connector can map a single row
 */
export async function replayRejected(options: ReplayOptions, request: ReplayRequest): Promise<SyncRunRow | null> {
  const { database, catalogue, connector, now } = options;
  const streams = connector.streams.filter(({ mapRaw }) => mapRaw !== undefined).map(({ name }) => name);
  if (connector.spec.key !== request.sourceKey || streams.length === 0) {
    throw new PlatformError(
      'SYNC_CONFIG',
      `The source "${request.sourceKey}" cannot map rows one by one; sync it again.`,
    );
  }
  return database.fork().transactional(async (em) => {
    const source = await em.findOne(SourceTable, { key: request.sourceKey });
    if (source === null) throw new PlatformError('NOT_FOUND', `There is no source "${request.sourceKey}".`);
    await lockSource(em, source.id);
    const selection = { sourceId: source.id, runId: request.runId ?? null, streams };
    const open = await readOpenRejects(em, selection, MAX_REJECTS);
    if (open.length === 0) return null;
    const pages = [
      ...new Map(open.map((each) => [pageKey(each), { runId: each.runId, sequence: each.pageSequence }])).values(),
    ];
    const places = new Map(pages.map(({ runId, sequence }, at) => [`${runId}:${sequence}`, at]));
    const rows = mapRows(options, open);
    const outcome = await settle(em, source.id, rows, places);
    const run = em.create(SyncRunTable, {
      ...{ sourceId: source.id, sourceVersion: connector.spec.version, mode: 'REPLAY', status: 'SUCCEEDED' },
      ...{
        startedAt: now(),
        finishedAt: now(),
        pages: pages.length,
        stopReasons: {},
        skippedRules: outcome.skippedRules,
      },
    });
    await em.flush();
    await copyPages(em, run.id, pages);
    await writeRejects(em, run.id, outcome.rejects);
    const changeId = await nextChangeId(em);
    const origin = { sourceId: source.id, syncRunId: run.id, retrievedAt: now(), changeId };
    const { touched, ...account } = await writeObservations(em, origin, outcome.observations);
    const counts = {
      read: rows.reduce((sum, { records }) => sum + records.length, 0),
      ...account,
      rejected: outcome.rejects.length,
      skipped: Object.values(outcome.skippedRules).reduce((sum, count) => sum + count, 0),
    };
    if (!accountAddsUp(counts)) {
      throw new PlatformError('SYNC_ACCOUNTING', 'The account of the replay does not add up; nothing was written.', {
        details: { ...counts },
        failureType: 'system_error',
      });
    }
    em.assign(run, { ...counts, status: counts.rejected > 0 ? 'SUCCEEDED_WITH_REJECTS' : 'SUCCEEDED' });
    await em.flush();
    await markReplayed(
      em,
      run.id,
      open.map(({ id }) => id),
    );
    const target = `SyncRun:${run.id}`;
    await writeAudit(em, { viewer: options.viewer ?? null, action: 'replayRejected', target, details: { ...counts } });
    if (touched.length > 0) {
      const roundIds = roundsTouched(catalogue, touched);
      await takeRevision(em, { changeId, kind: 'OBSERVATIONS', roundIds, sourceId: source.id });
    }
    return run;
  });
}

function pageKey({ runId, pageSequence }: OpenReject): string {
  return `${runId}:${pageSequence}`;
}

/** A row whose figures were refused one by one is mapped once. */
function mapRows({ connector, catalogue, now }: ReplayOptions, open: readonly OpenReject[]): ReplayedRow[] {
  const resolve = createRecordResolver(recordLookupIn(catalogue), now);
  const rows = new Map(open.map((reject) => [`${pageKey(reject)}:${reject.rowNumber}`, reject]));
  return [...rows.values()].map((reject) => {
    const stream = connector.streams.find(({ name }) => name === reject.stream);
    const records = stream?.mapRaw?.(reject.raw, reject.mapContext) ?? [];
    return { reject, records: records.map((record) => (record.kind === 'record' ? resolve(record) : record)) };
  });
}

async function settle(
  em: SqlEntityManager,
  sourceId: number,
  rows: readonly ReplayedRow[],
  places: ReadonlyMap<string, number>,
): Promise<Outcome> {
  const outcome: Outcome = { observations: [], rejects: [], skippedRules: {} };
  const skip = (rule: string): void => {
    outcome.skippedRules[rule] = (outcome.skippedRules[rule] ?? 0) + 1;
  };
  const wholes = await readNewestWhole(em, sourceId);
  /** By identity, the newest figure and the run that had refused it. */
  const chosen = new Map<string, { readonly runId: number; readonly observation: NewObservation }>();
  for (const { reject, records } of rows) {
    const place = places.get(pageKey(reject)) ?? 0;
    const isOld = reject.runId < (wholes.get(reject.stream) ?? 0);
    const refuse = ({ rule, message }: Pick<RejectedRecord, 'rule' | 'message'>): void => {
      const { stream, rowNumber, raw, mapContext } = reject;
      outcome.rejects.push({ pageSequence: place, stream, rowNumber, raw, rule, message, mapContext });
    };
    for (const record of records) {
      if (record.kind === 'skipped') skip(record.rule);
      else if (isOld) skip('newer_known');
      else if (record.kind === 'rejected') refuse(record);
      else {
        const observation = toObservation(record, reject, place);
        const key = `${record.entityId} ${record.indicatorId} ${record.period}`;
        const rival = chosen.get(key);
        if (rival === undefined) chosen.set(key, { runId: reject.runId, observation });
        else if (rival.runId > reject.runId) skip('newer_known');
        else if (figureOf(rival.observation) === figureOf(observation)) skip('duplicate_identical');
        else refuse({ rule: 'unique', message: 'the run has other figures for the same entity, indicator and period' });
      }
    }
  }
  const candidates = [...chosen.values()];
  const origins = await readOriginRuns(
    em,
    sourceId,
    candidates.map(({ observation }) => observation),
  );
  for (const [at, { runId, observation }] of candidates.entries()) {
    const origin = origins[at] ?? null;
    // The same run has said it too: by another row, which was good from the beginning.
    if (origin !== null && origin >= runId) skip('newer_known');
    else outcome.observations.push(observation);
  }
  return outcome;
}

function figureOf({ tombstone, value, numerator, denominator, obsStatus }: NewObservation): string {
  return [tombstone, value, numerator, denominator, obsStatus].join(' ');
}

function toObservation(record: ResolvedRecord, reject: OpenReject, place: number): NewObservation {
  return {
    ...{ entityId: record.entityId, indicatorId: record.indicatorId, year: periodYear(record.period) },
    ...{ period: record.period, value: record.value, numerator: record.numerator, denominator: record.denominator },
    ...{ obsStatus: record.obsStatus, tombstone: record.deleted, publishedAt: record.publishedAt },
    ...{ pageSequence: place, rowNumber: reject.rowNumber, rowHash: sha256(canonicalJson(reject.raw)) },
    ...{ submissionItemId: null, stream: reject.stream },
  };
}
