import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { ObsStatus } from '../domain/observation.js';

const CHUNK = 5000;

/** A record that is ready to become an observation. */
export interface NewObservation {
  readonly entityId: number;
  readonly indicatorId: number;
  readonly year: number;
  readonly period: string;
  readonly value: string | null;
  readonly numerator: string | null;
  readonly denominator: string | null;
  readonly obsStatus: ObsStatus;
  readonly tombstone: boolean;
  readonly publishedAt: string | null;
  readonly pageSequence: number | null;
  readonly rowNumber: number | null;
  readonly rowHash: string | null;
  readonly submissionItemId: number | null;
  /** The stream of its source that said it; absent or null = none. */
  readonly stream?: string | null;
}

/** Where a batch comes from. */
export interface ObservationOrigin {
  readonly sourceId: number;
  readonly syncRunId: number | null;
  readonly retrievedAt: Date;
  readonly changeId: number;
}

/** What became of a batch. */
export interface WriteAccount {
  readonly written: number;
  readonly unchanged: number;
  readonly superseded: number;
  readonly tombstoned: number;
  /** Entities and years whose observations changed. */
  readonly touched: readonly { readonly entityId: number; readonly year: number }[];
}

type Verdict = 'written' | 'unchanged' | 'superseded' | 'tombstoned';

/**
 * Appends what is new: a record equal to the newest observation of its identity (source, entity, indicator, period) is unchanged, a different one
 * supersedes it. Must run in a transaction that holds the source, so that two runs cannot both find a record new.
 * @param records no two of the same identity
 */
export async function writeObservations(
  em: SqlEntityManager,
  origin: ObservationOrigin,
  records: readonly NewObservation[],
): Promise<WriteAccount> {
  const counts: Record<Verdict, number> = { written: 0, unchanged: 0, superseded: 0, tombstoned: 0 };
  const touched = new Map<string, { entityId: number; year: number }>();
  for (let from = 0; from < records.length; from += CHUNK) {
    for (const row of await writeChunk(em, origin, records.slice(from, from + CHUNK))) {
      counts[row.verdict] += Number(row.count);
      if (row.verdict !== 'unchanged') {
        touched.set(`${row.entity_id}:${row.year}`, { entityId: row.entity_id, year: row.year });
      }
    }
  }
  return { ...counts, touched: [...touched.values()] };
}

async function writeChunk(em: SqlEntityManager, origin: ObservationOrigin, records: readonly NewObservation[]) {
  const column = <K extends keyof NewObservation>(key: K) => records.map((record) => record[key]);
  const { rows } = await sql<{ verdict: Verdict; entity_id: number; year: number; count: string }>`
    with incoming as (
      select * from unnest(
        ${column('entityId')}::int[], ${column('indicatorId')}::int[], ${column('year')}::int[], ${column('period')}::text[],
        ${column('value')}::numeric[], ${column('numerator')}::numeric[], ${column('denominator')}::numeric[],
        ${column('obsStatus')}::text[], ${column('tombstone')}::boolean[], ${column('publishedAt')}::timestamptz[],
        ${column('pageSequence')}::int[], ${column('rowNumber')}::int[], ${column('rowHash')}::text[],
        ${column('submissionItemId')}::bigint[], ${records.map(({ stream }) => stream ?? null)}::text[]
      ) as i (entity_id, indicator_id, year, period, value, numerator, denominator, obs_status, tombstone, published_at,
              page_sequence, row_number, row_hash, submission_item_id, stream)
    ), judged as (
      select i.*, l.id as latest_id, case
          when i.tombstone then case when l.id is null or l.tombstone then 'unchanged' else 'tombstoned' end
          when l.id is null then 'written'
          when l.tombstone or (l.value, l.numerator, l.denominator, l.obs_status)
            is distinct from (i.value, i.numerator, i.denominator, i.obs_status) then 'superseded'
          else 'unchanged' end as verdict
      from incoming i left join lateral (
        select o.id, o.value, o.numerator, o.denominator, o.obs_status, o.tombstone from observation o
        where o.indicator_id = i.indicator_id and o.entity_id = i.entity_id and o.year = i.year
          and o.source_id = ${origin.sourceId} and o.period = i.period
        order by o.id desc limit 1) l on true
    ), inserted as (
      insert into observation (source_id, entity_id, indicator_id, year, period, value, numerator, denominator, obs_status,
        tombstone, published_at, retrieved_at, sync_run_id, page_sequence, row_number, row_hash, submission_item_id,
        supersedes_id, change_id, stream)
      select ${origin.sourceId}, entity_id, indicator_id, year, period, value, numerator, denominator, obs_status,
        tombstone, published_at, ${origin.retrievedAt.toISOString()}::timestamptz, ${origin.syncRunId}::bigint, page_sequence,
        row_number, row_hash, submission_item_id, latest_id, ${origin.changeId}::bigint, stream
      from judged where verdict <> 'unchanged'
    )
    select verdict, entity_id, year, count(*) as count from judged group by verdict, entity_id, year`.execute(
    em.getKysely(),
  );
  return rows;
}
