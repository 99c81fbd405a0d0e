import { type RawBuilder, sql } from 'kysely';
import type { Observation } from '../domain/observation.js';
import { columnCondition, type Filter, filterSql, idCondition } from './condition.js';
import type { Reader } from './reading.js';
import { OBSERVATION_COLUMNS, type ObservationRecord, toObservation } from './roundObservation.js';

/** What observations can be filtered by; entities and indicators by ids, since their codes are reference data. */
export type ObservationField = 'entityId' | 'indicatorId' | 'period' | 'source' | 'value' | 'obsStatus';

/** Which observations are meant. */
export interface ObservationQuery {
  readonly filter: Filter<ObservationField> | null;
  /** As known at this revision. */
  readonly revision: number;
  /** True = every version ever known; false = those in force: not corrected or withdrawn. */
  readonly history: boolean;
}

const FIELDS = {
  entityId: idCondition(sql`o.entity_id`),
  indicatorId: idCondition(sql`o.indicator_id`),
  period: columnCondition(sql`o.period`, 'text'),
  source: columnCondition(sql`s.key`, 'text'),
  value: columnCondition(sql`o.value`, 'numeric'),
  obsStatus: columnCondition(sql`o.obs_status`, 'text'),
};

/** Observations, newest first, at most `limit`, older than the observation `before` (null = from the newest). */
export async function listObservations(
  em: Reader,
  query: ObservationQuery,
  before: number | null,
  limit: number,
): Promise<Observation[]> {
  const { rows } = await sql<ObservationRecord>`
    select ${OBSERVATION_COLUMNS} ${selection(query)} and o.id < coalesce(${before}::bigint, 9223372036854775807)
    order by o.id desc limit ${limit}`.execute(em.getKysely());
  return rows.map(toObservation);
}

/** How many observations there are in all. */
export async function countObservations(em: Reader, query: ObservationQuery): Promise<number> {
  const { rows } = await sql<{ count: string }>`select count(*) as count ${selection(query)}`.execute(em.getKysely());
  return Number(rows[0]?.count);
}

function selection({ filter, revision, history }: ObservationQuery): RawBuilder<unknown> {
  const inForce = history
    ? sql`true`
    : sql`not o.tombstone and not exists (
        select 1 from observation n join revision nr on nr.change_id = n.change_id
        where n.indicator_id = o.indicator_id and n.entity_id = o.entity_id and n.year = o.year and n.source_id = o.source_id
          and n.period = o.period and n.id > o.id and nr.id <= ${revision})`;
  return sql`from observation o join revision r on r.change_id = o.change_id join source s on s.id = o.source_id
    where r.id <= ${revision} and ${filterSql(filter, FIELDS)} and ${inForce}`;
}

/** Observations by id, of whatever revision, in any order; unknown ones are left out. */
export async function readObservations(em: Reader, ids: readonly number[]): Promise<Observation[]> {
  const { rows } = await sql<ObservationRecord>`
    select ${OBSERVATION_COLUMNS} from observation o join revision r on r.change_id = o.change_id join source s on s.id = o.source_id
    where o.id = any(${ids}::bigint[])`.execute(em.getKysely());
  return rows.map(toObservation);
}

/** Where one observation came from: the run, page and row, or the item of a self-report. */
export interface ObservationTrace {
  readonly observationId: number;
  readonly publishedAt: Date | null;
  readonly retrievedAt: Date;
  readonly syncRunId: number | null;
  /** Number of the page within the run. */
  readonly page: number | null;
  /** Number of the row within the page. */
  readonly row: number | null;
  /** SHA-256 of the row as it came. */
  readonly rowHash: string | null;
  readonly submissionItemId: number | null;
}

/** Traces of observations, in any order. */
export async function readTraces(em: Reader, ids: readonly number[]): Promise<ObservationTrace[]> {
  const { rows } = await sql<{
    id: string;
    published_at: Date | string | null;
    retrieved_at: Date | string;
    sync_run_id: string | null;
    page_sequence: number | null;
    row_number: number | null;
    row_hash: string | null;
    submission_item_id: string | null;
  }>`select id, published_at, retrieved_at, sync_run_id, page_sequence, row_number, row_hash, submission_item_id
     from observation where id = any(${ids}::bigint[])`.execute(em.getKysely());
  return rows.map((row) => ({
    observationId: Number(row.id),
    publishedAt: row.published_at === null ? null : new Date(row.published_at),
    retrievedAt: new Date(row.retrieved_at),
    syncRunId: row.sync_run_id === null ? null : Number(row.sync_run_id),
    page: row.page_sequence,
    row: row.row_number,
    rowHash: row.row_hash,
    submissionItemId: row.submission_item_id === null ? null : Number(row.submission_item_id),
  }));
}
