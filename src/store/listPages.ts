import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { type RawBuilder, sql } from 'kysely';

/** A record that a run refused. */
export interface ListedReject {
  readonly id: number;
  readonly stream: string;
  /** Number of the page within the run. */
  readonly page: number;
  /** Number of the row within the page. */
  readonly row: number;
  readonly rule: string;
  readonly message: string;
  /** The row as JSON data, without secrets. */
  readonly raw: unknown;
  /** The run that has mapped it again; null = none. */
  readonly replayedRunId: number | null;
}

/** A page that a run read. */
export interface ListedPage {
  /** Number within the run, from 0. */
  readonly sequence: number;
  readonly stream: string;
  readonly partition: string | null;
  readonly request: string;
  readonly httpStatus: number;
  readonly retrievedAt: Date;
  /** SHA-256, hex, of the body without secrets. */
  readonly bodySha256: string;
  readonly rows: number;
}

/** Rejects of a run in the order of reading, at most `limit`, after the reject `after` (null = from the first). */
export async function listRejects(
  em: SqlEntityManager,
  runId: number,
  after: number | null,
  limit: number,
): Promise<ListedReject[]> {
  const { rows } = await sql<ListedReject>`
    select j.id::float8 as id, j.stream, j.page_sequence as page, j.row_number as row, j.rule, j.message, j.raw,
      (select d.sync_run_id::float8 from replayed_record d where d.rejected_record_id = j.id) as "replayedRunId"
    from rejected_record j where j.sync_run_id = ${runId} and j.id > coalesce(${after}::bigint, 0)
    order by j.id limit ${limit}`.execute(em.getKysely());
  return rows;
}

/** How many rejects a run has. */
export function countRejects(em: SqlEntityManager, runId: number): Promise<number> {
  return count(em, sql`rejected_record where sync_run_id = ${runId}`);
}

/**
 * Pages of a run that are kept, in the order of reading, at most `limit`, after the page `after` (null = from the first).
 * @param number only the page of this number; null = all
 */
export async function listPages(
  em: SqlEntityManager,
  runId: number,
  after: number | null,
  limit: number,
  number: number | null = null,
): Promise<ListedPage[]> {
  const { rows } = await sql<Omit<ListedPage, 'retrievedAt'> & { readonly retrievedAt: Date | string }>`
    select sequence, stream, partition, request, http_status as "httpStatus", retrieved_at as "retrievedAt",
      body_sha256 as "bodySha256", row_count as rows
    from page where sync_run_id = ${runId} and sequence > coalesce(${after}::int, -1) and ${isNumber(number)}
    order by sequence limit ${limit}`.execute(em.getKysely());
  return rows.map((row) => ({ ...row, retrievedAt: new Date(row.retrievedAt) }));
}

/** How many pages of a run are kept; of one number, where it is given. */
export function countPages(em: SqlEntityManager, runId: number, number: number | null = null): Promise<number> {
  return count(em, sql`page where sync_run_id = ${runId} and ${isNumber(number)}`);
}

function isNumber(number: number | null): RawBuilder<boolean> {
  return number === null ? sql<boolean>`true` : sql<boolean>`sequence = ${number}`;
}

async function count(em: SqlEntityManager, from: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql<{ count: string }>`select count(*) as count from ${from}`.execute(em.getKysely());
  return Number(rows[0]?.count);
}

/**
 * Deletes pages that were fetched before a moment, of runs that have ended, unless a row of theirs is the origin of an observation or linkage in force or
 * waits in quarantine.
 * @returns how many
 */
export async function deletePages(em: SqlEntityManager, before: Date, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from page p where p.id in (
      select old.id from page old join sync_run r on r.id = old.sync_run_id
      where old.retrieved_at < ${before.toISOString()}::timestamptz and r.status <> 'RUNNING'
        and not exists (select from observation o where o.sync_run_id = old.sync_run_id and o.page_sequence = old.sequence
          and not exists (select from observation n where n.indicator_id = o.indicator_id and n.entity_id = o.entity_id and n.year = o.year
            and n.source_id = o.source_id and n.period = o.period and n.id > o.id))
        and not exists (select from linkage k where k.sync_run_id = old.sync_run_id and k.page_sequence = old.sequence
          and not exists (select from linkage n where n.source_id = k.source_id and n.database_key = k.database_key
            and n.entity_id = k.entity_id and n.period = k.period and n.id > k.id))
        and not exists (select from rejected_record j where j.sync_run_id = old.sync_run_id and j.page_sequence = old.sequence
          and not exists (select from replayed_record d where d.rejected_record_id = j.id))
      order by old.retrieved_at limit ${limit})`.execute(em.getKysely());
  return Number(numAffectedRows);
}
