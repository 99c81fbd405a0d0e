import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { PlatformError } from '../domain/errors.js';
import type { SnapshotHead, SnapshotStatus } from '../domain/snapshot.js';
import type { Reader } from './reading.js';

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** A computed snapshot on its way into the database. */
export interface NewSnapshot {
  readonly roundId: number;
  readonly status: SnapshotStatus;
  readonly inputRevision: number;
  readonly frameworkId: number;
  readonly policyCode: string;
  readonly policyVersion: number;
  readonly engineVersion: string;
  readonly inputHash: string;
  readonly resultHash: string;
  /** Figures that could not be scored, for people. */
  readonly problems: readonly unknown[];
  /** Encoded columns. */
  readonly columns: Uint8Array;
  readonly computedAt: Date;
  readonly changeId: number;
}

/** Inserts a snapshot; it becomes visible with the revision that its transaction takes. */
export async function insertSnapshot(em: SqlEntityManager, snapshot: NewSnapshot): Promise<number> {
  const columns = await pack(snapshot.columns, { level: 4 });
  const publishedAt = snapshot.status === 'PUBLISHED' ? snapshot.computedAt.toISOString() : null;
  const { rows } = await sql<{ id: string }>`
    insert into snapshot (round_id, status, input_revision, framework_id, policy_code, policy_version, engine_version, input_hash,
      result_hash, problems, columns_gzip, computed_at, published_at, change_id)
    values (${snapshot.roundId}, ${snapshot.status}, ${snapshot.inputRevision}, ${snapshot.frameworkId}, ${snapshot.policyCode},
      ${snapshot.policyVersion}, ${snapshot.engineVersion}, ${snapshot.inputHash}, ${snapshot.resultHash},
      ${JSON.stringify(snapshot.problems)}::jsonb, ${columns}, ${snapshot.computedAt.toISOString()}::timestamptz,
      ${publishedAt}::timestamptz, ${snapshot.changeId})
    returning id`.execute(em.getKysely());
  return Number(rows[0]?.id);
}

interface HeadRow {
  id: string;
  round_id: number;
  revision: string;
  status: SnapshotStatus;
  input_revision: string;
  framework_code: string;
  policy_code: string;
  policy_version: number;
  engine_version: string;
  input_hash: string;
  result_hash: string;
  computed_at: Date | string;
  published_at: Date | string | null;
}

/**
 * Heads of snapshots, oldest revision first.
 * @param after only those of a later revision; 0 = all
 * @param limit at most so many; null = all
 */
export async function readSnapshotHeads(
  em: Reader,
  after: number,
  limit: number | null = null,
): Promise<SnapshotHead[]> {
  const { rows } = await sql<HeadRow>`
    select s.id, s.round_id, r.id as revision, s.status, s.input_revision, f.code as framework_code, s.policy_code, s.policy_version,
      s.engine_version, s.input_hash, s.result_hash, s.computed_at, s.published_at
    from snapshot s join revision r on r.change_id = s.change_id join framework f on f.id = s.framework_id
    where r.id > ${after} order by r.id limit ${limit}::bigint`.execute(em.getKysely());
  return rows.map((row) => ({
    id: Number(row.id),
    roundId: row.round_id,
    revision: Number(row.revision),
    status: row.status,
    inputRevision: Number(row.input_revision),
    frameworkCode: row.framework_code,
    policyCode: row.policy_code,
    policyVersion: row.policy_version,
    engineVersion: row.engine_version,
    inputHash: row.input_hash,
    resultHash: row.result_hash,
    computedAt: new Date(row.computed_at).toISOString(),
    publishedAt: row.published_at === null ? null : new Date(row.published_at).toISOString(),
  }));
}

/** The newest head of a round by revision; null = the round has no snapshot. */
export async function readNewestHead(
  em: SqlEntityManager,
  roundId: number,
): Promise<Pick<SnapshotHead, 'inputHash' | 'resultHash' | 'inputRevision'> | null> {
  const { rows } = await sql<{ input_hash: string; result_hash: string; input_revision: string }>`
    select s.input_hash, s.result_hash, s.input_revision from snapshot s join revision r on r.change_id = s.change_id
    where s.round_id = ${roundId} order by r.id desc limit 1`.execute(em.getKysely());
  const [row] = rows;
  if (row === undefined) return null;
  return { inputHash: row.input_hash, resultHash: row.result_hash, inputRevision: Number(row.input_revision) };
}

/**
 * Encoded columns of a snapshot; null when they were dropped and have to be computed again.
 * @throws PlatformError SNAPSHOT_CORRUPT when they cannot be unpacked
 */
export async function readSnapshotColumns(em: Reader, id: number): Promise<Uint8Array | null> {
  const { rows } = await sql<{
    columns_gzip: Buffer | null;
  }>`select columns_gzip from snapshot where id = ${id}`.execute(em.getKysely());
  const packed = rows[0]?.columns_gzip ?? null;
  if (packed === null) return null;
  return unpack(packed).catch((cause: unknown) => {
    throw new PlatformError(
      'SNAPSHOT_CORRUPT',
      `The stored columns of snapshot ${id} cannot be unpacked; restore them, or set columns_gzip to null to have them computed again.`,
      { details: { snapshotId: id }, cause },
    );
  });
}

/** How many provisional snapshots of a round have their columns. */
export async function countWhole(em: SqlEntityManager, roundId: number): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) as count from snapshot
    where round_id = ${roundId} and status = 'PROVISIONAL' and columns_gzip is not null`.execute(em.getKysely());
  return Number(rows[0]?.count);
}

/**
 * Drops the columns of old provisional snapshots of a round; their heads and hashes stay, so that they can be computed again and checked. The newest
 * `keep` and the last one of each day are left whole.
 */
export async function dropOldColumns(em: SqlEntityManager, roundId: number, keep: number): Promise<void> {
  await sql`
    update snapshot set columns_gzip = null where id in (
      select id from (
        select id, row_number() over (order by id desc) as place,
          row_number() over (partition by date_trunc('day', computed_at) order by id desc) as place_of_day
        from snapshot where round_id = ${roundId} and status = 'PROVISIONAL' and columns_gzip is not null) s
      where place > ${keep} and place_of_day > 1)`.execute(em.getKysely());
}
