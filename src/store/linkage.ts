import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { type RawBuilder, sql } from 'kysely';
import type { Linkage, StatedLinkage } from '../domain/linkage.js';
import type { Reader } from './reading.js';

/** A stated linkage whose entity is known. */
export interface NewLinkage extends StatedLinkage {
  readonly entityId: number;
  readonly page: number;
}

/** Where a batch comes from. */
export interface LinkageOrigin {
  readonly sourceId: number;
  readonly runId: number;
  readonly retrievedAt: Date;
  readonly changeId: number;
}

/**
 * Appends what differs from the newest linkage of its identity: source, database, entity and period. Must run in a transaction that holds the source.
 * @param rows no two of the same identity
 * @returns how many were appended
 */
export async function writeLinkages(
  em: SqlEntityManager,
  { sourceId, runId, retrievedAt, changeId }: LinkageOrigin,
  rows: readonly NewLinkage[],
): Promise<number> {
  const column = <K extends keyof NewLinkage>(key: K) => rows.map((row) => row[key]);
  const { rows: written } = await sql<{ id: string }>`
    with incoming as (
      select * from unnest(
        ${column('database')}::text[], ${column('owner')}::text[], ${column('entityId')}::int[], ${column('period')}::text[],
        ${column('obsStatus')}::text[], ${column('recordsTotal')}::bigint[], ${column('recordsMatched')}::bigint[],
        ${column('connectedOn')}::date[], ${column('publishedAt')}::timestamptz[], ${column('page')}::int[], ${column('row')}::int[]
      ) as i (database_key, owner, entity_id, period, obs_status, records_total, records_matched, connected_on, published_at,
              page_sequence, row_number)
    )
    insert into linkage (source_id, database_key, owner, entity_id, period, obs_status, records_total, records_matched, connected_on,
      published_at, page_sequence, row_number, sync_run_id, retrieved_at, supersedes_id, change_id)
    select ${sourceId}, i.*, ${runId}, ${retrievedAt.toISOString()}::timestamptz, l.id, ${changeId}
    from incoming i left join lateral (
      select * from linkage l where l.source_id = ${sourceId} and l.database_key = i.database_key and l.entity_id = i.entity_id
        and l.period = i.period order by l.id desc limit 1) l on true
    where l.id is null or (l.owner, l.obs_status, l.records_total, l.records_matched, l.connected_on)
      is distinct from (i.owner, i.obs_status, i.records_total, i.records_matched, i.connected_on)
    returning id`.execute(em.getKysely());
  return written.length;
}

/** Which linkages are meant. */
export interface LinkageQuery {
  /** Key of the linked database; null = all. */
  readonly database: string | null;
  /** null = all. */
  readonly entityIds: readonly number[] | null;
  /** As known at this revision. */
  readonly revision: number;
}

interface LinkageRecord {
  id: string;
  source_id: number;
  database_key: string;
  owner: string;
  entity_id: number;
  period: string;
  obs_status: 'A' | 'P';
  records_total: string;
  records_matched: string;
  connected_on: string | null;
  published_at: Date | string | null;
  page_sequence: number;
  row_number: number;
  sync_run_id: string;
  retrieved_at: Date | string;
  revision: string;
}

/** The linkages in force, newest first, at most `limit`, older than the linkage `before` (null = from the newest). */
export async function listLinkages(
  em: Reader,
  query: LinkageQuery,
  before: number | null,
  limit: number,
): Promise<Linkage[]> {
  const { rows } = await sql<LinkageRecord>`
    select l.id, l.source_id, l.database_key, l.owner, l.entity_id, l.period, l.obs_status, l.records_total, l.records_matched,
      to_char(l.connected_on, 'YYYY-MM-DD') as connected_on, l.published_at, l.page_sequence, l.row_number, l.sync_run_id,
      l.retrieved_at, r.id as revision
    ${selection(query)} and l.id < coalesce(${before}::bigint, 9223372036854775807)
    order by l.id desc limit ${limit}`.execute(em.getKysely());
  return rows.map((row) => ({
    id: Number(row.id),
    sourceId: row.source_id,
    database: row.database_key,
    owner: row.owner,
    entityId: row.entity_id,
    period: row.period,
    obsStatus: row.obs_status,
    recordsTotal: String(row.records_total),
    recordsMatched: String(row.records_matched),
    connectedOn: row.connected_on,
    publishedAt: row.published_at === null ? null : new Date(row.published_at).toISOString(),
    page: row.page_sequence,
    row: row.row_number,
    syncRunId: Number(row.sync_run_id),
    retrievedAt: new Date(row.retrieved_at),
    revision: Number(row.revision),
  }));
}

/** How many linkages are in force. */
export async function countLinkages(em: Reader, query: LinkageQuery): Promise<number> {
  const { rows } = await sql<{ count: string }>`select count(*) as count ${selection(query)}`.execute(em.getKysely());
  return Number(rows[0]?.count);
}

function selection({ database, entityIds, revision }: LinkageQuery): RawBuilder<unknown> {
  const isOfDatabase = database === null ? sql`true` : sql`l.database_key = ${database}`;
  const isOfEntity = entityIds === null ? sql`true` : sql`l.entity_id = any(${entityIds}::int[])`;
  return sql`from linkage l join revision r on r.change_id = l.change_id
    where r.id <= ${revision} and ${isOfDatabase} and ${isOfEntity} and not exists (
      select 1 from linkage n join revision nr on nr.change_id = n.change_id
      where n.source_id = l.source_id and n.database_key = l.database_key and n.entity_id = l.entity_id and n.period = l.period
        and n.id > l.id and nr.id <= ${revision})`;
}
