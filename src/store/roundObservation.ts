import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { type RawBuilder, sql } from 'kysely';
import type { Observation, ObsStatus } from '../domain/observation.js';
import type { SourceKind } from '../domain/source.js';
import type { Reader } from './reading.js';

/** A row of the observation table with its source's kind and its revision. */
export interface ObservationRecord {
  id: string;
  source_id: number;
  source_kind: SourceKind;
  entity_id: number;
  indicator_id: number;
  period: string;
  value: string | null;
  numerator: string | null;
  denominator: string | null;
  obs_status: ObsStatus;
  tombstone: boolean;
  revision: string;
}

/** Turns a database row into an observation. */
export function toObservation(row: ObservationRecord): Observation {
  return {
    id: Number(row.id),
    sourceId: row.source_id,
    sourceKind: row.source_kind,
    entityId: row.entity_id,
    indicatorId: row.indicator_id,
    period: row.period,
    value: row.value,
    numerator: row.numerator,
    denominator: row.denominator,
    obsStatus: row.obs_status,
    tombstone: row.tombstone,
    revision: Number(row.revision),
  };
}

/** What {@link toObservation} reads, of `observation o`, its `revision r` and its `source s`; decimals in canonical form. */
export const OBSERVATION_COLUMNS: RawBuilder<unknown> = sql`o.id, o.source_id, s.kind as source_kind, o.entity_id, o.indicator_id, o.period,
  trim_scale(o.value) as value, trim_scale(o.numerator) as numerator, trim_scale(o.denominator) as denominator,
  o.obs_status, o.tombstone, r.id as revision`;

/**
 * The newest version, at a revision, of every observation about these entities and this year: what a computation merges.
 * @returns ordered by indicator and entity, so that one pass can group them
 */
export async function readRoundObservations(
  em: SqlEntityManager,
  entityIds: readonly number[],
  year: number,
  revision: number,
): Promise<Observation[]> {
  const { rows } = await sql<ObservationRecord>`
    select distinct on (o.indicator_id, o.entity_id, o.source_id, o.period) ${OBSERVATION_COLUMNS}
    from observation o join revision r on r.change_id = o.change_id join source s on s.id = o.source_id
    where o.year = ${year} and o.entity_id = any(${entityIds}::int[]) and r.id <= ${revision}
    order by o.indicator_id, o.entity_id, o.source_id, o.period, o.id desc`.execute(em.getKysely());
  return rows.map(toObservation);
}

/** One indicator of one entity. */
export interface FigureKey {
  readonly entityId: number;
  readonly indicatorId: number;
}

/**
 * The figures of a year that any observation tells of which was learnt after one revision and up to another.
 * @param limit with more than so many of them, or more than so many revisions, the answer is null: then it is cheaper to read everything
 */
export async function readChangedFigures(
  em: SqlEntityManager,
  year: number,
  after: number,
  upTo: number,
  limit: number,
): Promise<FigureKey[] | null> {
  // Revisions are numbered by the clock, so how many there are must be counted; one more than the limit is enough.
  const { rows: counted } = await sql<{ count: number }>`
    select count(*)::int as count from (select from revision where id > ${after} and id <= ${upTo} limit ${limit + 1}) as r`.execute(
    em.getKysely(),
  );
  if ((counted[0]?.count ?? 0) > limit) return null;
  // A change may have one row or a million, and the planner expects the mean. Change by change, and with the year kept out of it by the offset, it takes the
  // index by change; left free, it read all rows of the year for one of them: 1,200 ms in place of 5 with ten million observations.
  const { rows } = await sql<FigureKey>`
    select distinct o.entity_id as "entityId", o.indicator_id as "indicatorId"
    from revision r cross join lateral (
      select entity_id, indicator_id, year from observation where change_id = r.change_id offset 0) o
    where r.id > ${after} and r.id <= ${upTo} and o.year = ${year} limit ${limit + 1}`.execute(em.getKysely());
  return rows.length > limit ? null : rows;
}

/**
 * The newest version, at a revision, of every observation behind some figures of a year; {@link readRoundObservations} for a few.
 * @returns those of the same figure in a row; figures without an observation are left out
 */
export async function readFigureObservations(
  em: SqlEntityManager,
  keys: readonly FigureKey[],
  year: number,
  revision: number,
): Promise<Observation[]> {
  const { rows } = await sql<ObservationRecord>`
    select distinct on (k.place, o.source_id, o.period) ${OBSERVATION_COLUMNS}
    from unnest(${keys.map((key) => key.entityId)}::int[], ${keys.map((key) => key.indicatorId)}::int[])
      with ordinality as k (entity_id, indicator_id, place)
    join observation o on o.indicator_id = k.indicator_id and o.entity_id = k.entity_id and o.year = ${year}
    join revision r on r.change_id = o.change_id and r.id <= ${revision}
    join source s on s.id = o.source_id
    order by k.place, o.source_id, o.period, o.id desc`.execute(em.getKysely());
  return rows.map(toObservation);
}

/** What a computation says of a source: it is in the hash of the input. */
export interface SourceName {
  readonly id: number;
  readonly key: string;
  readonly kind: SourceKind;
}

/** All sources, in no order. */
export async function readSourceNames(em: SqlEntityManager): Promise<SourceName[]> {
  return (await sql<SourceName>`select id, key, kind from source`.execute(em.getKysely())).rows;
}

/** What provenance asks for: one indicator of one entity in one year, as known at a revision. */
export interface CandidateKey {
  readonly entityId: number;
  readonly indicatorId: number;
  readonly year: number;
  readonly revision: number;
}

/** All observations, superseded ones too, behind many keys in one statement; answers are in the order of the keys. */
export async function readCandidates(em: Reader, keys: readonly CandidateKey[]): Promise<Observation[][]> {
  const { rows } = await sql<ObservationRecord & { key: number }>`
    select k.ordinality::int as key, ${OBSERVATION_COLUMNS}
    from unnest(${keys.map((key) => key.entityId)}::int[], ${keys.map((key) => key.indicatorId)}::int[],
      ${keys.map((key) => key.year)}::int[], ${keys.map((key) => key.revision)}::bigint[])
      with ordinality as k (entity_id, indicator_id, year, revision, ordinality)
    join observation o on o.indicator_id = k.indicator_id and o.entity_id = k.entity_id and o.year = k.year
    join revision r on r.change_id = o.change_id and r.id <= k.revision
    join source s on s.id = o.source_id
    order by o.id`.execute(em.getKysely());
  const found: Observation[][] = keys.map(() => []);
  for (const row of rows) found[row.key - 1]?.push(toObservation(row));
  return found;
}
