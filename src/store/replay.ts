import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

/** A record in quarantine that nobody has replayed yet. */
export interface OpenReject {
  readonly id: number;
  readonly runId: number;
  readonly pageSequence: number;
  readonly stream: string;
  readonly rowNumber: number;
  readonly raw: unknown;
  readonly mapContext: unknown;
}

/** Which rejects are meant. */
export interface RejectSelection {
  readonly sourceId: number;
  /** Null = of all runs. */
  readonly runId: number | null;
  readonly streams: readonly string[];
}

/**
 * Open rejects of good runs, those of the newest run first, each run in the order of reading. Figures that contradict each other (`unique`) are left out:
 * no mapping mends them.
 */
export async function readOpenRejects(
  em: SqlEntityManager,
  { sourceId, runId, streams }: RejectSelection,
  limit: number,
): Promise<OpenReject[]> {
  const { rows } = await sql<OpenReject>`
    select j.id::int8::float8 as id, j.sync_run_id::float8 as "runId", j.page_sequence as "pageSequence", j.stream, j.row_number as "rowNumber",
      j.raw, j.map_context as "mapContext"
    from rejected_record j join sync_run r on r.id = j.sync_run_id
    where r.source_id = ${sourceId} and r.status = 'SUCCEEDED_WITH_REJECTS' and r.id = coalesce(${runId}::bigint, r.id)
      and j.stream = any(${streams}::text[]) and j.rule <> 'unique'
      and not exists (select from replayed_record d where d.rejected_record_id = j.id)
    order by j.sync_run_id desc, j.page_sequence, j.row_number, j.id limit ${limit}`.execute(em.getKysely());
  return rows;
}

/**
 * By stream, the newest run that has read it as a whole since; what was refused before that has been read again. A run of one period has read the stream too,
 * but kept nothing of the other periods.
 */
export async function readNewestWhole(em: SqlEntityManager, sourceId: number): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ stream: string; run_id: number }>`
    select s.key as stream, max(r.id)::float8 as run_id from sync_run r, jsonb_each(r.streams) s
    where r.source_id = ${sourceId} and r.status in ('SUCCEEDED', 'SUCCEEDED_WITH_REJECTS') and r.mode <> 'REPLAY' and r.period is null
      and (s.value ->> 'whole')::boolean group by s.key`.execute(em.getKysely());
  return new Map(rows.map(({ stream, run_id }) => [stream, run_id]));
}

/** An identity of a source. */
export interface Identity {
  readonly entityId: number;
  readonly indicatorId: number;
  readonly year: number;
  readonly period: string;
}

/** The runs that read the newest observations of identities, in their order; null = there is none. For a replayed figure the run that had refused it. */
export async function readOriginRuns(
  em: SqlEntityManager,
  sourceId: number,
  identities: readonly Identity[],
): Promise<(number | null)[]> {
  const column = <K extends keyof Identity>(key: K) => identities.map((identity) => identity[key]);
  const { rows } = await sql<{ run_id: number | null }>`
    select l.run_id from unnest(${column('entityId')}::int[], ${column('indicatorId')}::int[], ${column('year')}::int[],
        ${column('period')}::text[]) with ordinality as i (entity_id, indicator_id, year, period, place)
    left join lateral (
      select coalesce((select split_part(p.fingerprint, ':', 1)::float8 from sync_run r join page p on p.sync_run_id = r.id
        where r.id = o.sync_run_id and r.mode = 'REPLAY' and p.sequence = o.page_sequence), o.sync_run_id::float8) as run_id
      from observation o where o.indicator_id = i.indicator_id and o.entity_id = i.entity_id and o.year = i.year
        and o.source_id = ${sourceId} and o.period = i.period order by o.id desc limit 1) l on true
    order by i.place`.execute(em.getKysely());
  return rows.map(({ run_id }) => run_id);
}

/** A page of a run. */
export interface PageName {
  readonly runId: number;
  readonly sequence: number;
}

/** Copies pages to another run, numbered in their order; those that have been given up meanwhile are left out. */
export async function copyPages(em: SqlEntityManager, toRunId: number, pages: readonly PageName[]): Promise<void> {
  await sql`
    insert into page (sync_run_id, stream, sequence, request, http_status, retrieved_at, body_sha256, body_gzip, partition, row_count,
      declared_total, fingerprint)
    select ${toRunId}::bigint, p.stream, (n.place - 1)::int, p.request, p.http_status, p.retrieved_at, p.body_sha256, p.body_gzip, p.partition,
      p.row_count, p.declared_total, concat(p.sync_run_id, ':', p.sequence)
    from unnest(${pages.map(({ runId }) => runId)}::bigint[], ${pages.map(({ sequence }) => sequence)}::int[]) with ordinality
      as n (run_id, sequence, place) join page p on p.sync_run_id = n.run_id and p.sequence = n.sequence`.execute(
    em.getKysely(),
  );
}

/** Says of rejects which run has replayed them. */
export async function markReplayed(em: SqlEntityManager, runId: number, ids: readonly number[]): Promise<void> {
  await sql`insert into replayed_record (rejected_record_id, sync_run_id)
    select id, ${runId}::bigint from unnest(${ids}::bigint[]) as t (id)`.execute(em.getKysely());
}

/** What a run has read as a whole. */
export interface WholeReading {
  readonly sourceId: number;
  readonly runId: number;
  readonly streams: readonly string[];
}

/**
 * Closes what earlier runs refused because two figures contradicted each other (`unique`), in streams that a later one has read as a whole: that one took the
 * figure if there was only one left, or refused both anew in its own account. Nothing else can close them, since no mapping mends them.
 */
export async function closeContradictions(
  em: SqlEntityManager,
  { sourceId, runId, streams }: WholeReading,
): Promise<void> {
  await sql`
    insert into replayed_record (rejected_record_id, sync_run_id)
    select j.id, ${runId}::bigint from rejected_record j join sync_run r on r.id = j.sync_run_id
    where j.rule = 'unique' and r.source_id = ${sourceId} and r.id < ${runId}::bigint and r.status = 'SUCCEEDED_WITH_REJECTS'
      and j.stream = any(${streams}::text[])
      and not exists (select from replayed_record d where d.rejected_record_id = j.id)`.execute(em.getKysely());
}
