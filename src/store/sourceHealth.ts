import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

/** How an active source does. */
export interface SourceHealth {
  readonly sourceId: number;
  readonly createdAt: Date;
  /** Null = it is never stale. */
  readonly freshnessLimitSeconds: number | null;
  /** The newest good run that read it, which a replay does not; null = none. */
  readonly lastGoodRunId: number | null;
  readonly lastGoodRunAt: Date | null;
  /** The newest alert that says it is stale; 0 = none yet. */
  readonly lastStaleAlertId: number;
}

/** How the active sources do. */
export async function readSourceHealth(em: SqlEntityManager): Promise<SourceHealth[]> {
  const { rows } = await sql<{
    id: number;
    created_at: Date | string;
    freshness_limit_seconds: number | null;
    run_id: string | null;
    finished_at: Date | string | null;
    alert_id: string;
  }>`
    select s.id, s.created_at, s.freshness_limit_seconds, g.id as run_id, g.finished_at,
      (select coalesce(max(a.id), 0) from alert a where a.source_id = s.id and a.kind = 'STALE_SOURCE') as alert_id
    from source s left join lateral (
      select r.id, r.finished_at from sync_run r
      where r.source_id = s.id and r.status in ('SUCCEEDED', 'SUCCEEDED_WITH_REJECTS') and r.mode <> 'REPLAY'
      order by r.id desc limit 1) g on true
    where s.status = 'ACTIVE'`.execute(em.getKysely());
  return rows.map((row) => ({
    sourceId: row.id,
    createdAt: new Date(row.created_at),
    freshnessLimitSeconds: row.freshness_limit_seconds,
    lastGoodRunId: row.run_id === null ? null : Number(row.run_id),
    lastGoodRunAt: row.finished_at === null ? null : new Date(row.finished_at),
    lastStaleAlertId: Number(row.alert_id),
  }));
}

/** A run that failed where the one before it had not. */
export interface FirstFailure {
  readonly runId: number;
  readonly sourceId: number;
  readonly errorCode: string;
  readonly failureType: string | null;
  readonly finishedAt: Date;
  /** End of the first good run after it; null = none yet. */
  readonly mendedAt: Date | null;
}

/** Runs after one by which their sources began to fail, oldest first. */
export async function readFirstFailures(em: SqlEntityManager, afterRunId: number): Promise<FirstFailure[]> {
  const { rows } = await sql<{
    id: string;
    source_id: number;
    error_code: string | null;
    failure_type: string | null;
    finished_at: Date | string;
    mended_at: Date | string | null;
  }>`
    select r.id, r.source_id, r.error_code, r.failure_type, r.finished_at, (
      select n.finished_at from sync_run n
      where n.source_id = r.source_id and n.id > r.id and n.status in ('SUCCEEDED', 'SUCCEEDED_WITH_REJECTS') and n.mode <> 'REPLAY'
      order by n.id limit 1) as mended_at
    from sync_run r
    where r.status = 'FAILED' and r.id > ${afterRunId} and not exists (select from alert a where a.key = 'FAILED_RUN:' || r.id)
      and not exists (
      select from (
        select p.status from sync_run p
        where p.source_id = r.source_id and p.id < r.id and p.status not in ('RUNNING', 'CANCELLED') and p.mode <> 'REPLAY'
        order by p.id desc limit 1) b
      where b.status = 'FAILED')
    order by r.id`.execute(em.getKysely());
  return rows.map((row) => ({
    runId: Number(row.id),
    sourceId: row.source_id,
    errorCode: row.error_code ?? 'INTERNAL_SERVER_ERROR',
    failureType: row.failure_type,
    finishedAt: new Date(row.finished_at),
    mendedAt: row.mended_at === null ? null : new Date(row.mended_at),
  }));
}

/** Runs get their number before they can be seen, so that one may turn up behind newer ones. */
const LATE_RUNS = 100;

/** The newest run up to which all have ended. */
export async function readSettledRunId(em: SqlEntityManager): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select greatest(0, least(
      (select coalesce(max(id), 0) - ${LATE_RUNS}::int from sync_run),
      (select coalesce(min(id) - 1, 9223372036854775807) from sync_run where status = 'RUNNING'))) as id`.execute(
    em.getKysely(),
  );
  return Number(rows[0]?.id);
}
