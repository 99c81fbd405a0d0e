import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { type RawBuilder, sql } from 'kysely';
import type { Alert, AlertFacts, AlertKind, AlertSeverity } from '../domain/alert.js';
import { columnCondition, type Filter, filterSql, idCondition } from './condition.js';

/** What alerts can be filtered by. */
export type AlertField = 'kind' | 'severity' | 'entity' | 'source' | 'round' | 'isOpen' | 'openedAt';

/** Which alerts may be seen, and as of when. */
export interface AlertScope {
  readonly revision: number;
  /** False = only those of published results. */
  readonly provisional: boolean;
}

interface Row {
  id: string;
  key: string;
  kind: AlertKind;
  severity: AlertSeverity;
  entity_id: number | null;
  source_id: number | null;
  sync_run_id: string | null;
  round_id: number | null;
  snapshot_id: string | null;
  compared_snapshot_id: string | null;
  provisional: boolean;
  facts: AlertFacts;
  opened_at: Date | string;
  revision: string;
  resolved_at: Date | string | null;
  resolved_revision: string | null;
}

const COLUMNS = sql`a.id, a.key, a.kind, a.severity, a.entity_id, a.source_id, a.sync_run_id, a.round_id, a.snapshot_id,
  a.compared_snapshot_id, a.provisional, a.facts, a.opened_at, o.id as revision, e.resolved_at, e.revision as resolved_revision`;

/** Alerts as they stood at a revision. */
function fromAlerts({ revision, provisional }: AlertScope): RawBuilder<unknown> {
  return sql`alert a join revision o on o.change_id = a.change_id and o.id <= ${revision} and (${provisional} or not a.provisional)
    left join lateral (
      select x.resolved_at, r.id as revision from alert_end x join revision r on r.change_id = x.change_id
      where x.alert_id = a.id and r.id <= ${revision}) e on true`;
}

const FIELDS = {
  kind: columnCondition(sql`a.kind`, 'text'),
  severity: columnCondition(sql`a.severity`, 'text'),
  entity: idCondition(sql`a.entity_id`),
  source: columnCondition(sql`(select s.key from source s where s.id = a.source_id)`, 'text'),
  round: columnCondition(sql`(select r.code from round r where r.id = a.round_id)`, 'text'),
  isOpen: columnCondition(sql`(e.resolved_at is null)`, 'text'),
  openedAt: columnCondition(sql`a.opened_at`, 'timestamptz'),
};

/** Alerts, newest first, at most `limit`, older than the alert `before` (null = from the newest). */
export async function listAlerts(
  em: SqlEntityManager,
  scope: AlertScope,
  filter: Filter<AlertField> | null,
  before: number | null,
  limit: number,
): Promise<Alert[]> {
  const { rows } = await sql<Row>`select ${COLUMNS} from ${fromAlerts(scope)}
    where ${filterSql(filter, FIELDS)} and a.id < coalesce(${before}::bigint, 9223372036854775807)
    order by a.id desc limit ${limit}`.execute(em.getKysely());
  return rows.map(toAlert);
}

/** How many alerts a filter finds. */
export async function countAlerts(
  em: SqlEntityManager,
  scope: AlertScope,
  filter: Filter<AlertField> | null,
): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) as count from ${fromAlerts(scope)} where ${filterSql(filter, FIELDS)}`.execute(em.getKysely());
  return Number(rows[0]?.count);
}

/** Alerts by id as they stood at a revision, in any order; those that were not there or may not be seen are left out. */
export async function readAlerts(em: SqlEntityManager, scope: AlertScope, ids: readonly number[]): Promise<Alert[]> {
  const { rows } = await sql<Row>`select ${COLUMNS} from ${fromAlerts(scope)}
    where a.id = any(${ids}::bigint[])`.execute(em.getKysely());
  return rows.map(toAlert);
}

/** Which alerts somebody watches. */
export interface WatchedAlerts {
  /** Null = all. */
  readonly kinds: readonly AlertKind[] | null;
  /** With `sourceIds`, alerts of either; both null = all. */
  readonly entityIds: readonly number[] | null;
  readonly sourceIds: readonly number[] | null;
}

/**
 * Watched alerts, oldest first, at most `limit`.
 * @param after null = those that are open; else those that were raised or resolved after this revision
 */
export async function readWatchedAlerts(
  em: SqlEntityManager,
  scope: AlertScope,
  { kinds, entityIds, sourceIds }: WatchedAlerts,
  after: number | null,
  limit: number,
): Promise<Alert[]> {
  const isNews =
    after === null
      ? sql`e.resolved_at is null`
      : sql`a.id in (
          select n.id from revision r join alert n on n.change_id = r.change_id where r.kind = 'ALERT' and r.id > ${after}
          union all
          select x.alert_id from revision r join alert_end x on x.change_id = r.change_id where r.kind = 'ALERT' and r.id > ${after})`;
  const { rows } = await sql<Row>`select ${COLUMNS} from ${fromAlerts(scope)}
    where ${isNews} and (o.id > ${after ?? 0} or e.revision > ${after ?? 0})
      and (${kinds}::text[] is null or a.kind = any(${kinds}::text[]))
      and ((${entityIds}::int[] is null and ${sourceIds}::int[] is null)
        or a.entity_id = any(${entityIds}::int[]) or a.source_id = any(${sourceIds}::int[]))
    order by a.id limit ${limit}`.execute(em.getKysely());
  return rows.map(toAlert);
}

/** The revision of the first snapshot of a round; 0 = it has none. */
export async function readFirstSnapshotRevision(em: SqlEntityManager, roundId: number): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select r.id from snapshot s join revision r on r.change_id = s.change_id where s.round_id = ${roundId} order by s.id limit 1`.execute(
    em.getKysely(),
  );
  return Number(rows[0]?.id ?? 0);
}

function toAlert(row: Row): Alert {
  const orNull = (text: string | null) => (text === null ? null : Number(text));
  return {
    id: Number(row.id),
    key: row.key,
    kind: row.kind,
    severity: row.severity,
    entityId: row.entity_id,
    sourceId: row.source_id,
    syncRunId: orNull(row.sync_run_id),
    roundId: row.round_id,
    snapshotId: orNull(row.snapshot_id),
    comparedSnapshotId: orNull(row.compared_snapshot_id),
    provisional: row.provisional,
    facts: row.facts,
    openedAt: new Date(row.opened_at),
    revision: Number(row.revision),
    resolvedAt: row.resolved_at === null ? null : new Date(row.resolved_at),
    resolvedRevision: orNull(row.resolved_revision),
  };
}
