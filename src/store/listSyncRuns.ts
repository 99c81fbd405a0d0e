import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { type RawBuilder, sql } from 'kysely';
import type { FailureType } from '../domain/errors.js';
import type { RunMode, SyncCounts, SyncStatus } from '../domain/syncRun.js';
import { columnCondition, type Filter, filterSql } from './condition.js';
import type { Progress } from './progress.js';

/** A run of a source with its account. */
export interface ListedRun extends SyncCounts {
  readonly id: number;
  readonly sourceId: number;
  readonly mode: RunMode;
  readonly status: SyncStatus;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly pages: number;
  /** Why each stream ended: `no next cursor`. */
  readonly stopReasons: Readonly<Record<string, string>>;
  /** Records left out, by rule. */
  readonly skippedRules: Readonly<Record<string, number>>;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly failureType: FailureType | null;
  /** How the fields of its rows differ from those of the last good run. */
  readonly schemaChanges: readonly string[];
  /** Withdrawals that a full snapshot brought about by what it had no more. */
  readonly withdrawnByDifference: number;
  /** Only figures of this period were kept; null = all. */
  readonly period: string | null;
  /** Host and process that reads, or read it; null = not recorded. */
  readonly worker: string | null;
  /** While it is under way, as far as is known; null = it has ended, or has just begun. */
  readonly progress: Progress | null;
}

/** What runs can be filtered by. */
export type SyncRunField = 'status' | 'mode' | 'source' | 'startedAt' | 'finishedAt';

/** Which runs are meant. */
export interface SyncRunQuery {
  readonly filter: Filter<SyncRunField> | null;
  /** Leaves out runs that had not ended by then; null = all. */
  readonly until: Date | null;
}

interface Row {
  id: string;
  source_id: number;
  mode: RunMode;
  status: SyncStatus;
  started_at: Date | string;
  finished_at: Date | string | null;
  read: number;
  written: number;
  unchanged: number;
  superseded: number;
  tombstoned: number;
  rejected: number;
  skipped: number;
  pages: number;
  stop_reasons: Record<string, string>;
  skipped_rules: Record<string, number>;
  error_code: string | null;
  error_message: string | null;
  failure_type: FailureType | null;
  schema_changes: string[];
  withdrawn_by_difference: number;
  period: string | null;
  worker: string | null;
  progress: Progress | null;
}

const COLUMNS = sql`r.id, r.source_id, r.mode, r.status, r.started_at, r.finished_at, r.read, r.written, r.unchanged, r.superseded,
  r.tombstoned, r.rejected, r.skipped, r.pages, r.stop_reasons, r.skipped_rules, r.error_code, r.error_message, r.failure_type, r.period, r.worker,
  r.schema_changes, r.withdrawn_by_difference,
  (select to_jsonb(p) from sync_progress p where r.status = 'RUNNING' and p.sync_run_id = r.id) as progress`;

const FIELDS = {
  status: columnCondition(sql`r.status`, 'text'),
  mode: columnCondition(sql`r.mode`, 'text'),
  source: columnCondition(sql`s.key`, 'text'),
  startedAt: columnCondition(sql`r.started_at`, 'timestamptz'),
  finishedAt: columnCondition(sql`r.finished_at`, 'timestamptz'),
};

/** Runs, newest first, at most `limit`, older than the run `before` (null = from the newest). */
export async function listSyncRuns(
  em: SqlEntityManager,
  query: SyncRunQuery,
  before: number | null,
  limit: number,
): Promise<ListedRun[]> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from sync_run r join source s on s.id = r.source_id
    where ${filterSql(query.filter, FIELDS)} and ${endedBy(query.until)}
      and r.id < coalesce(${before}::bigint, 9223372036854775807)
    order by r.id desc limit ${limit}`.execute(em.getKysely());
  return rows.map(toRun);
}

/** How many runs there are in all. */
export async function countSyncRuns(em: SqlEntityManager, query: SyncRunQuery): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) as count from sync_run r join source s on s.id = r.source_id
    where ${filterSql(query.filter, FIELDS)} and ${endedBy(query.until)}`.execute(em.getKysely());
  return Number(rows[0]?.count);
}

/** Runs by id, in any order; unknown ids are left out. */
export async function readSyncRuns(em: SqlEntityManager, ids: readonly number[]): Promise<ListedRun[]> {
  const { rows } = await sql<Row>`select ${COLUMNS} from sync_run r where r.id = any(${ids}::bigint[])`.execute(
    em.getKysely(),
  );
  return rows.map(toRun);
}

/** Which runs somebody watches. */
export interface WatchedRuns {
  /** Null = of all sources. */
  readonly sourceId: number | null;
  /** Null = all runs. */
  readonly id: number | null;
}

/**
 * Runs that may have changed since they were looked at: those under way, newer ones, and those that were under way then; oldest first.
 * @param after newest run that was looked at
 * @param known runs that were under way then
 */
export async function readWatchedRuns(
  em: SqlEntityManager,
  { sourceId, id }: WatchedRuns,
  after: number,
  known: readonly number[],
): Promise<ListedRun[]> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from sync_run r
    where (r.status = 'RUNNING' or r.id > ${after} or r.id = any(${known}::bigint[]))
      and r.source_id = coalesce(${sourceId}::int, r.source_id) and r.id = coalesce(${id}::bigint, r.id)
    order by r.id`.execute(em.getKysely());
  return rows.map(toRun);
}

/** The newest run; of one source, or of all when that is null. Null = there is none. */
export async function readNewestRun(em: SqlEntityManager, sourceId: number | null): Promise<ListedRun | null> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from sync_run r where ${sourceId}::int is null or r.source_id = ${sourceId}
    order by r.id desc limit 1`.execute(em.getKysely());
  return rows[0] === undefined ? null : toRun(rows[0]);
}

/** The newest run that a job has made; null = none yet. */
export async function readRunOfJob(em: SqlEntityManager, jobId: string): Promise<ListedRun | null> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from sync_run r where r.job_id = ${jobId}::uuid order by r.id desc limit 1`.execute(
    em.getKysely(),
  );
  return rows[0] === undefined ? null : toRun(rows[0]);
}

/** A page of one source's runs. */
export interface RunsOfSource {
  readonly sourceId: number;
  readonly until: Date | null;
  readonly before: number | null;
  readonly limit: number;
  /** True = those that read the source; a replay does not. Absent = all. */
  readonly readsOnly?: boolean;
}

/** Pages of the runs of many sources in one statement, newest first; answers are in the order of the keys. */
export async function listRunsOfSources(em: SqlEntityManager, keys: readonly RunsOfSource[]): Promise<ListedRun[][]> {
  const { rows } = await sql<Row & { key: number }>`
    select k.ordinality::int as key, ${COLUMNS}
    from unnest(${keys.map((key) => key.sourceId)}::int[], ${keys.map((key) => key.until?.toISOString() ?? null)}::timestamptz[],
      ${keys.map((key) => key.before)}::bigint[], ${keys.map((key) => key.limit)}::int[], ${keys.map((key) => key.readsOnly ?? false)}::boolean[])
      with ordinality as k (source_id, until, before, page_size, reads_only, ordinality)
    cross join lateral (
      select * from sync_run i
      where i.source_id = k.source_id and i.id < coalesce(k.before, 9223372036854775807)
        and (k.until is null or i.finished_at <= k.until) and (not k.reads_only or i.mode <> 'REPLAY')
      order by i.id desc limit k.page_size) r
    order by k.ordinality, r.id desc`.execute(em.getKysely());
  const found: ListedRun[][] = keys.map(() => []);
  for (const row of rows) found[row.key - 1]?.push(toRun(row));
  return found;
}

/** How many runs each source has, in the order of the keys. */
export async function countRunsOfSources(
  em: SqlEntityManager,
  keys: readonly Pick<RunsOfSource, 'sourceId' | 'until'>[],
): Promise<number[]> {
  const { rows } = await sql<{ key: number; count: string }>`
    select k.ordinality::int as key, count(*) as count
    from unnest(${keys.map((key) => key.sourceId)}::int[], ${keys.map((key) => key.until?.toISOString() ?? null)}::timestamptz[])
      with ordinality as k (source_id, until, ordinality)
    join sync_run r on r.source_id = k.source_id and (k.until is null or r.finished_at <= k.until)
    group by k.ordinality`.execute(em.getKysely());
  const counts = new Map(rows.map((row) => [row.key, Number(row.count)]));
  return keys.map((_, index) => counts.get(index + 1) ?? 0);
}

function endedBy(until: Date | null): RawBuilder<boolean> {
  return until === null
    ? sql<boolean>`true`
    : sql<boolean>`coalesce(r.finished_at <= ${until.toISOString()}::timestamptz, false)`;
}

function toRun(row: Row): ListedRun {
  const { read, written, unchanged, superseded, tombstoned, rejected, skipped, pages } = row;
  return {
    ...{ read, written, unchanged, superseded, tombstoned, rejected, skipped, pages },
    id: Number(row.id),
    sourceId: row.source_id,
    mode: row.mode,
    status: row.status,
    startedAt: new Date(row.started_at),
    finishedAt: row.finished_at === null ? null : new Date(row.finished_at),
    stopReasons: row.stop_reasons,
    skippedRules: row.skipped_rules,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    failureType: row.failure_type,
    schemaChanges: row.schema_changes,
    withdrawnByDifference: row.withdrawn_by_difference,
    period: row.period,
    worker: row.worker,
    progress: row.progress,
  };
}
