import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

/** A figure that a computation could not score and took as missing. */
export interface SnapshotProblem {
  readonly entityId: number;
  readonly indicatorId: number;
  /** For people. */
  readonly message: string;
}

/** What a computation could not score. */
export interface SnapshotProblems {
  readonly snapshotId: number;
  /** All of them. */
  readonly count: number;
  /** The first hundred. */
  readonly problems: readonly SnapshotProblem[];
}

/** What the computations of snapshots could not score, by snapshot id, in any order. */
export async function readSnapshotProblems(em: SqlEntityManager, ids: readonly number[]): Promise<SnapshotProblems[]> {
  const { rows } = await sql<{ id: string; count: number; problems: readonly SnapshotProblem[] }>`
    select id, jsonb_array_length(problems) as count, jsonb_path_query_array(problems, '$[0 to 99]') as problems
    from snapshot where id = any(${ids}::bigint[])`.execute(em.getKysely());
  return rows.map(({ id, count, problems }) => ({ snapshotId: Number(id), count, problems }));
}
