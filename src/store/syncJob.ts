import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { SyncMode } from '../domain/syncRun.js';

const GOOD = sql`r.status in ('SUCCEEDED', 'SUCCEEDED_WITH_REJECTS')`;

/** True when a job has a run that ended well. */
export async function isJobDone(em: SqlEntityManager, jobId: string): Promise<boolean> {
  const { rows } = await sql`select from sync_run r where r.job_id = ${jobId}::uuid and ${GOOD} limit 1`.execute(
    em.getKysely(),
  );
  return rows.length > 0;
}

/** True when a source has a run of all periods that read as much as a mode asks for, began after a time and ended well. A replay has read nothing. */
export async function hasRunSince(
  em: SqlEntityManager,
  sourceId: number,
  mode: SyncMode,
  since: Date,
): Promise<boolean> {
  const enough = mode === 'FULL_REFRESH' ? [mode] : [mode, 'FULL_REFRESH'];
  const { rows } = await sql`
    select from sync_run r where r.source_id = ${sourceId} and ${GOOD} and r.period is null and r.mode = any(${enough}::text[])
      and r.started_at > ${since.toISOString()}::timestamptz limit 1`.execute(em.getKysely());
  return rows.length > 0;
}

/** A run that its process left behind, and what is needed to run its source again. */
export interface OrphanedRun {
  readonly id: number;
  readonly sourceKey: string;
  readonly mode: SyncMode;
  readonly period: string | null;
  /** Null = it was no job's. */
  readonly jobId: string | null;
}

/** The runs with these ids that are still under way. */
export async function readOrphanedRuns(em: SqlEntityManager, ids: readonly number[]): Promise<OrphanedRun[]> {
  const { rows } = await sql<{
    id: string;
    key: string;
    mode: SyncMode;
    period: string | null;
    job_id: string | null;
  }>`select r.id, s.key, r.mode, r.period, r.job_id from sync_run r join source s on s.id = r.source_id
    where r.id = any(${ids}::bigint[]) and r.status = 'RUNNING' order by r.id`.execute(em.getKysely());
  return rows.map(({ id, key, mode, period, job_id }) => ({
    ...{ id: Number(id), sourceKey: key, mode, period, jobId: job_id },
  }));
}
