import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { PlatformError } from '../domain/errors.js';

/** Up to here the newest observation of each staged identity is looked up by index; beyond, those of the source are read once and joined. */
const MAX_LOOKUPS = 2_000;

/** What became of the staged records of a run. */
export interface JudgeAccount {
  readonly written: number;
  readonly unchanged: number;
  readonly superseded: number;
  readonly tombstoned: number;
}

/** Where the staged records of a run go. */
export interface JudgeTarget {
  readonly sourceId: number;
  readonly runId: number;
  readonly retrievedAt: Date;
  readonly changeId: number;
}

const IDENTITY = sql`s.entity_id, s.indicator_id, s.period`;

/**
 * Room for hashing a run; what does not fit goes to disk. The stage has no statistics, so that PostgreSQL would take a million records for a few and compare each
 * with all others.
 */
export async function prepareToJudge(em: SqlEntityManager): Promise<void> {
  await sql`select set_config('work_mem', '64MB', true), set_config('jit', 'off', true), set_config('enable_nestloop', 'off', true)`.execute(
    em.getKysely(),
  );
}

/**
 * Marks figures that a run has more than once: of equal ones that of the highest revision stays, else the first that was read.
 * @returns how many were marked, by stream; and whether identities with different figures are left
 */
export async function markRepeats(
  em: SqlEntityManager,
  runId: number,
): Promise<{ readonly skipped: ReadonlyMap<string, number>; readonly hasConflicts: boolean }> {
  const db = em.getKysely();
  const { rows: repeated } = await sql`
    select 1 from staged_record s where s.sync_run_id = ${runId} group by ${IDENTITY} having count(*) > 1 limit 1`.execute(
    db,
  );
  if (repeated.length === 0) return { skipped: new Map(), hasConflicts: false };
  const { rows } = await sql<{ stream: string; count: string }>`
    with repeated as (
      select ${IDENTITY} from staged_record s where s.sync_run_id = ${runId} group by ${IDENTITY} having count(*) > 1
    ), ranked as (
      select s.ctid as place, row_number() over (
        partition by ${IDENTITY}, s.tombstone, s.value, s.numerator, s.denominator, s.obs_status
        order by ${REVISION} desc nulls last, s.revision collate "C" desc nulls last, s.page_sequence, s.row_number, s.ordinal) as rank
      from staged_record s join repeated r using (entity_id, indicator_id, period) where s.sync_run_id = ${runId}
    ), marked as (
      update staged_record s set verdict = 'repeated' from ranked r
      where s.ctid = r.place and r.rank > 1 and s.sync_run_id = ${runId} returning s.stream
    ) select stream, count(*) as count from marked group by stream`.execute(db);
  const { rows: conflicts } = await sql`
    select 1 from staged_record s where s.sync_run_id = ${runId} and s.verdict is null
    group by ${IDENTITY} having count(*) > 1 limit 1`.execute(db);
  const skipped = new Map(rows.map(({ stream, count }) => [stream, Number(count)]));
  return { skipped, hasConflicts: conflicts.length > 0 };
}

/** Whole numbers are compared as such. */
const REVISION = sql`(case when s.revision ~ '^-?[0-9]{1,40}$' then s.revision::numeric end)`;

/** One of several different figures of an identity. */
export interface Rival {
  readonly entityId: number;
  readonly indicatorId: number;
  readonly period: string;
  readonly stream: string;
  readonly pageSequence: number;
  readonly rowNumber: number;
  readonly ordinal: number;
  /** Exact and for people: `5/10 (A)`. */
  readonly figure: string;
  /** Place in the order of revisions, 1 = the highest; null = it has none. */
  readonly revisionRank: number | null;
  /** The row as JSON. */
  readonly raw: string;
}

/** Figures that are in memory together with their rows; a mapping that takes all rows for one period gives each identity thousands. */
const MAX_RIVALS = 20_000;

/**
 * Identities that a run has different figures of, with all of their figures in the order of reading.
 * @param atOnce how many figures are read together, those of the last identity more
 */
export async function* findRivals(
  em: SqlEntityManager,
  runId: number,
  atOnce = MAX_RIVALS,
): AsyncGenerator<readonly Rival[]> {
  let after: readonly [number, number, string] = [0, 0, ''];
  for (;;) {
    const { rows } = await sql<Rival>`
      with repeated as (
        select ${IDENTITY}, sum(count(*)) over (order by ${IDENTITY}) - count(*) as before from staged_record s
        where s.sync_run_id = ${runId} and s.verdict is null and (${IDENTITY}) > (${after[0]}::int, ${after[1]}::int, ${after[2]}::text)
        group by ${IDENTITY} having count(*) > 1
      ), found as (select entity_id, indicator_id, period from repeated where before < ${atOnce})
      select s.entity_id as "entityId", s.indicator_id as "indicatorId", s.period, s.stream, s.page_sequence as "pageSequence",
        s.row_number as "rowNumber", s.ordinal,
        case when s.tombstone then 'withdrawn' else coalesce(s.value::text, concat(s.numerator, '/', s.denominator)) || ' (' || s.obs_status || ')'
          end as figure,
        case when s.revision is not null then rank() over (partition by ${IDENTITY}
          order by ${REVISION} desc nulls last, s.revision collate "C" desc nulls last)::int end as "revisionRank",
        coalesce(s.raw, w.raw, 'null') as raw
      from staged_record s join found using (entity_id, indicator_id, period)
      left join staged_record w on s.ordinal > 0 and w.sync_run_id = ${runId} and w.page_sequence = s.page_sequence
        and w.row_number = s.row_number and w.ordinal = 0
      where s.sync_run_id = ${runId} and s.verdict is null
      order by ${IDENTITY}, s.page_sequence, s.row_number, s.ordinal`.execute(em.getKysely());
    const groups = Map.groupBy(rows, (rival) => `${rival.entityId} ${rival.indicatorId} ${rival.period}`);
    for (const group of groups.values()) yield group;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = [last.entityId, last.indicatorId, last.period];
  }
}

/** Takes records out of what is judged. */
export async function markLosers(em: SqlEntityManager, runId: number, losers: readonly Rival[]): Promise<void> {
  if (losers.length === 0) return;
  const column = <K extends keyof Rival>(key: K) => losers.map((loser) => loser[key]);
  await sql`
    update staged_record s set verdict = 'lost'
    from unnest(${column('pageSequence')}::int[], ${column('rowNumber')}::int[], ${column('ordinal')}::int[]) as l (page, line, place)
    where s.sync_run_id = ${runId} and s.page_sequence = l.page and s.row_number = l.line and s.ordinal = l.place`.execute(
    em.getKysely(),
  );
}

/**
 * Appends what the staged records of a run say that is new: a record equal to the newest observation of its identity is unchanged, a different one
 * supersedes it. Must run in a transaction that holds the source.
 */
export async function appendStaged(em: SqlEntityManager, target: JudgeTarget): Promise<JudgeAccount> {
  const db = em.getKysely();
  const { sourceId, runId, changeId } = target;
  const { rows: counted } = await sql<{ count: number; known: boolean }>`
    select (select count(*)::int from staged_record s where s.sync_run_id = ${runId} and s.verdict is null) as count,
      exists (select from observation o where o.source_id = ${sourceId}) as known`.execute(db);
  const { count = 0, known = true } = counted[0] ?? {};
  const newest = sql`select o.id, o.entity_id, o.indicator_id, o.period, o.value, o.numerator, o.denominator, o.obs_status, o.tombstone
    from observation o where o.source_id = ${sourceId}`;
  const latest = !known
    ? sql`left join (select null::bigint as id, null::numeric as value, null::numeric as numerator, null::numeric as denominator,
        null::text as obs_status, null::boolean as tombstone) l on false`
    : count <= MAX_LOOKUPS
      ? sql`left join lateral (${newest} and o.indicator_id = s.indicator_id and o.entity_id = s.entity_id and o.year = s.year
          and o.period = s.period order by o.id desc limit 1) l on true`
      : sql`left join (select distinct on (n.indicator_id, n.entity_id, n.period) n.* from (${newest}) n
          order by n.indicator_id, n.entity_id, n.period, n.id desc) l
          on l.indicator_id = s.indicator_id and l.entity_id = s.entity_id and l.period = s.period`;
  const { rows } = await sql<Record<keyof JudgeAccount | 'inserted', number>>`
    with judged as materialized (
      select s.entity_id, s.indicator_id, s.year, s.period, s.value, s.numerator, s.denominator, s.obs_status, s.tombstone, s.published_at,
        s.page_sequence, s.row_number, s.row_hash, s.stream, l.id as latest_id, case
          when s.tombstone then case when coalesce(l.tombstone, true) then 'unchanged' else 'tombstoned' end
          when l.id is null then 'written'
          when l.tombstone or (l.value, l.numerator, l.denominator, l.obs_status)
            is distinct from (s.value, s.numerator, s.denominator, s.obs_status) then 'superseded'
          else 'unchanged' end as verdict
      from staged_record s ${latest}
      where s.sync_run_id = ${runId} and s.verdict is null
    ), inserted as (
      insert into observation (source_id, entity_id, indicator_id, year, period, value, numerator, denominator, obs_status, tombstone,
        published_at, retrieved_at, sync_run_id, page_sequence, row_number, row_hash, supersedes_id, change_id, stream)
      select ${sourceId}::int, entity_id, indicator_id, year, period, value, numerator, denominator, obs_status, tombstone, published_at,
        ${target.retrievedAt.toISOString()}::timestamptz, ${runId}::bigint, page_sequence, row_number, row_hash, latest_id,
        ${changeId}::bigint, stream
      from judged where verdict <> 'unchanged' returning 1
    )
    select count(*) filter (where verdict = 'written')::int as written, count(*) filter (where verdict = 'superseded')::int as superseded,
      count(*) filter (where verdict = 'tombstoned')::int as tombstoned, count(*) filter (where verdict = 'unchanged')::int as unchanged,
      (select count(*)::int from inserted) as inserted
    from judged`.execute(db);
  const { written = 0, superseded = 0, tombstoned = 0, unchanged = 0, inserted = 0 } = rows[0] ?? {};
  // Counted apart, so that the account of the run can fail: a record that met two newest ones would be judged twice.
  if (inserted !== written + superseded + tombstoned || inserted + unchanged !== count) {
    const details = { staged: count, inserted, written, superseded, tombstoned, unchanged };
    throw new PlatformError('SYNC_ACCOUNTING', 'The records that were judged are not those that were read.', {
      details,
      failureType: 'system_error',
    });
  }
  return { written, superseded, tombstoned, unchanged };
}

/**
 * Withdraws what streams said before and say no more: identities of the source whose newest observation is of one of the streams, and that the run has not.
 * @param streams names of streams of which the run has everything
 * @param isWhole true when they are all streams of the source, so that observations of unknown stream are theirs too
 * @returns how many
 */
export async function withdrawMissing(
  em: SqlEntityManager,
  target: JudgeTarget,
  streams: readonly string[],
  isWhole: boolean,
): Promise<number> {
  const { sourceId, runId, changeId } = target;
  const { numAffectedRows = 0n } = await sql`
    insert into observation (source_id, entity_id, indicator_id, year, period, obs_status, tombstone, retrieved_at, sync_run_id,
      supersedes_id, change_id, stream)
    select ${sourceId}::int, l.entity_id, l.indicator_id, l.year, l.period, l.obs_status, true,
      ${target.retrievedAt.toISOString()}::timestamptz, ${runId}::bigint, l.id, ${changeId}::bigint, l.stream
    from (select distinct on (o.indicator_id, o.entity_id, o.period) o.* from observation o where o.source_id = ${sourceId}
      order by o.indicator_id, o.entity_id, o.period, o.id desc) l
    where not l.tombstone and l.change_id <> ${changeId}
      and (l.stream = any(${streams}::text[]) or (${isWhole}::boolean and l.stream is null))
      and not exists (select from staged_record s where s.sync_run_id = ${runId} and s.verdict is null
        and s.entity_id = l.entity_id and s.indicator_id = l.indicator_id and s.period = l.period)`.execute(
    em.getKysely(),
  );
  return Number(numAffectedRows);
}

/** Entities and years of the observations that a change has appended. */
export async function readTouched(
  em: SqlEntityManager,
  changeId: number,
): Promise<{ readonly entityId: number; readonly year: number }[]> {
  const { rows } = await sql<{ entity_id: number; year: number }>`
    select distinct entity_id, year from observation where change_id = ${changeId}`.execute(em.getKysely());
  return rows.map(({ entity_id, year }) => ({ entityId: entity_id, year }));
}
