import { setImmediate as immediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, gunzip, zstdCompress, zstdDecompress } from 'node:zlib';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { PlatformError } from '../domain/errors.js';
import type { SnapshotColumns, SnapshotHead, SnapshotStatus } from '../domain/snapshot.js';
import { applyDifference, type StoredColumns } from '../snapshot/delta.js';
import { decodeSteps, digestOf } from '../snapshot/encode.js';
import type { Reader } from './reading.js';

const compress = promisify(zstdCompress);
const PACKING = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const unpack = { gzip: promisify(gunzip), zstd: promisify(zstdDecompress) };
/** First bytes of what earlier versions packed. */
const GZIP_MAGIC = 0x1f;

/** Where a difference stands among those that build on one whole snapshot, each on the one before it, without a gap. */
export interface SnapshotChain {
  /** Id of the whole snapshot. */
  readonly wholeId: number;
  /** 1 for the first difference. */
  readonly steps: number;
}

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
  /** Encoded columns, or the encoded difference to the snapshot of the round before it. */
  readonly columns: Uint8Array;
  /** What a difference builds on in the end; absent = the columns are whole. */
  readonly chain?: SnapshotChain;
  readonly computedAt: Date;
  readonly changeId: number;
}

/** Inserts a snapshot; it becomes visible with the revision that its transaction takes. */
export async function insertSnapshot(em: SqlEntityManager, snapshot: NewSnapshot): Promise<number> {
  const columns = await compress(snapshot.columns, PACKING);
  const publishedAt = snapshot.status === 'PUBLISHED' ? snapshot.computedAt.toISOString() : null;
  const { rows } = await sql<{ id: string }>`
    insert into snapshot (round_id, status, input_revision, framework_id, policy_code, policy_version, engine_version, input_hash,
      result_hash, problems, columns_packed, whole_id, steps, computed_at, published_at, change_id)
    values (${snapshot.roundId}, ${snapshot.status}, ${snapshot.inputRevision}, ${snapshot.frameworkId}, ${snapshot.policyCode},
      ${snapshot.policyVersion}, ${snapshot.engineVersion}, ${snapshot.inputHash}, ${snapshot.resultHash},
      ${JSON.stringify(snapshot.problems)}::jsonb, ${columns}, ${snapshot.chain?.wholeId ?? null}, ${snapshot.chain?.steps ?? 0},
      ${snapshot.computedAt.toISOString()}::timestamptz,
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

/** What the next computation of a round looks at. */
export interface NewestHead extends Pick<SnapshotHead, 'id' | 'inputHash' | 'resultHash' | 'inputRevision'> {
  readonly chain: SnapshotChain;
}

/**
 * The newest head of a round; null = the round has no snapshot.
 * @returns `chain` is that of a difference; a whole snapshot is its own, with 0 steps
 */
export async function readNewestHead(em: SqlEntityManager, roundId: number): Promise<NewestHead | null> {
  // By id, which has an index with the round: snapshots of a round are written one after the other, so their ids rise with their revisions.
  const { rows } = await sql<{
    id: string;
    input_hash: string;
    result_hash: string;
    input_revision: string;
    whole_id: string | null;
    steps: number;
  }>`
    select s.id, s.input_hash, s.result_hash, s.input_revision, s.whole_id, s.steps
    from snapshot s join revision r on r.change_id = s.change_id
    where s.round_id = ${roundId} order by s.id desc limit 1`.execute(em.getKysely());
  const [row] = rows;
  if (row === undefined) return null;
  return {
    id: Number(row.id),
    inputHash: row.input_hash,
    resultHash: row.result_hash,
    inputRevision: Number(row.input_revision),
    chain: { wholeId: Number(row.whole_id ?? row.id), steps: row.steps },
  };
}

/** Columns of a snapshot that are in memory. */
export interface HeldColumns extends StoredColumns {
  readonly id: number;
}

/**
 * Columns of a snapshot: the whole one and the differences after it, one on the other.
 * @param held an older snapshot of the same round; from there on only differences are read
 * @returns null when they were dropped and have to be computed again
 * @throws PlatformError SNAPSHOT_CORRUPT when they cannot be unpacked or do not match their digests
 */
export async function readColumns(
  em: Reader,
  id: number,
  held: HeldColumns | null = null,
): Promise<HeldColumns | null> {
  const heldId = held === null || held.id >= id ? 0 : held.id;
  const { rows } = await sql<{ id: string; is_whole: boolean; packed: Buffer | null }>`
    select s.id, s.whole_id is null as is_whole, s.columns_packed as packed
    from snapshot t join snapshot s on s.round_id = t.round_id and s.id <= t.id
      and s.id >= greatest(coalesce(t.whole_id, t.id), ${heldId}::bigint + 1)
    where t.id = ${id} order by s.id`.execute(em.getKysely());
  if (rows.length === 0 || rows.some(({ packed }) => packed === null)) return null;
  let stored: StoredColumns | null = rows[0]?.is_whole === true ? null : held;
  for (const row of rows) {
    const bytes = await unpackColumns(Number(row.id), row.packed ?? Buffer.alloc(0));
    stored =
      stored === null
        ? { columns: await decodeInTurns(bytes), digest: digestOf(bytes) }
        : applyDifference(stored, bytes);
  }
  return stored === null ? null : { ...stored, id };
}

/** Decodes without holding others up for longer than a step. */
async function decodeInTurns(bytes: Uint8Array): Promise<SnapshotColumns> {
  const steps = decodeSteps(bytes);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await immediate();
  }
}

async function unpackColumns(id: number, packed: Buffer): Promise<Uint8Array> {
  return unpack[packed[0] === GZIP_MAGIC ? 'gzip' : 'zstd'](packed).catch((cause: unknown) => {
    throw new PlatformError(
      'SNAPSHOT_CORRUPT',
      `The stored columns of snapshot ${id} cannot be unpacked; restore them, or set columns_packed to null to have them computed again.`,
      { details: { snapshotId: id }, cause },
    );
  });
}

/**
 * Drops the columns of old provisional snapshots of a round; their heads and hashes stay, so that they can be computed again and checked. The newest
 * `keep`, the last one of each day, and what these build on are left.
 */
export async function dropOldColumns(em: SqlEntityManager, roundId: number, keep: number): Promise<void> {
  await sql`
    with stored as (
      select id, coalesce(whole_id, id) as whole_id, row_number() over (order by id desc) as place,
        row_number() over (partition by date_trunc('day', computed_at) order by id desc) as place_of_day
      from snapshot where round_id = ${roundId} and status = 'PROVISIONAL' and columns_packed is not null),
    needed as (select whole_id, max(id) as last_id from stored where place <= ${keep} or place_of_day = 1 group by whole_id)
    update snapshot set columns_packed = null where id in (
      select s.id from stored s left join needed n on n.whole_id = s.whole_id where n.last_id is null or s.id > n.last_id)`.execute(
    em.getKysely(),
  );
}
