import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { type RawBuilder, sql } from 'kysely';
import type { FailureType } from '../domain/errors.js';
import type { SyncCounts, SyncMode, SyncStatus } from '../domain/syncRun.js';
import { columnCondition, type Filter, filterSql } from './condition.js';

/** A run of a source with its account. */
export interface ListedRun extends SyncCounts {
  readonly id: number;
  readonly sourceId: number;
  readonly mode: SyncMode;
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
  mode: SyncMode;
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
}

const COLUMNS = sql`r.id, r.source_id, r.mode, r.status, r.started_at, r.finished_at, r.read, r.written, r.unchanged, r.superseded,
  r.tombstoned, r.rejected, r.skipped, r.pages, r.stop_reasons, r.skipped_rules, r.error_code, r.error_message, r.failure_type`;

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

/** A page of one source's runs. */
export interface RunsOfSource {
  readonly sourceId: number;
  readonly until: Date | null;
  readonly before: number | null;
  readonly limit: number;
}

/** Pages of the runs of many sources in one statement, newest first; answers are in the order of the keys. */
export async function listRunsOfSources(em: SqlEntityManager, keys: readonly RunsOfSource[]): Promise<ListedRun[][]> {
  const { rows } = await sql<Row & { key: number }>`
    select k.ordinality::int as key, ${COLUMNS}
    from unnest(${keys.map((key) => key.sourceId)}::int[], ${keys.map((key) => key.until?.toISOString() ?? null)}::timestamptz[],
      ${keys.map((key) => key.before)}::bigint[], ${keys.map((key) => key.limit)}::int[])
      with ordinality as k (source_id, until, before, page_size, ordinality)
    cross join lateral (
      select * from sync_run i
      where i.source_id = k.source_id and i.id < coalesce(k.before, 9223372036854775807)
        and (k.until is null or i.finished_at <= k.until)
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
  };
}
