import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { AlertFacts, AlertKind, AlertRule, NewAlert } from '../domain/alert.js';

/** Up to where the workers have looked for alerts. */
export interface AlertCursor {
  /** Grows with every write of alerts. */
  readonly version: number;
  readonly revision: number;
  readonly syncRunId: number;
}

/** Where the workers are. */
export async function readAlertCursor(em: SqlEntityManager): Promise<AlertCursor> {
  const { rows } = await sql<Record<keyof AlertCursor, string>>`
    select version, revision, sync_run_id as "syncRunId" from alert_cursor`.execute(em.getKysely());
  const [row] = rows;
  if (row === undefined) throw new Error('the cursor of the alerts is not there');
  return { version: Number(row.version), revision: Number(row.revision), syncRunId: Number(row.syncRunId) };
}

/**
 * Moves the cursor, for whoever writes alerts: one at a time, and only on top of what it has read.
 * @returns false = somebody else has written since, or is doing so; look again
 */
export async function moveAlertCursor(
  em: SqlEntityManager,
  seen: AlertCursor,
  next: Omit<AlertCursor, 'version'>,
): Promise<boolean> {
  const { rows } = await sql`
    update alert_cursor set version = version + 1, revision = ${next.revision}, sync_run_id = ${next.syncRunId}
    where id = (select id from alert_cursor where version = ${seen.version} for update skip locked) returning id`.execute(
    em.getKysely(),
  );
  return rows.length === 1;
}

/** Appends alerts. @returns the ids of those that were not there yet, in order */
export async function insertAlerts(
  em: SqlEntityManager,
  alerts: readonly NewAlert[],
  changeId: number,
): Promise<number[]> {
  const ids: number[] = [];
  for (const alert of alerts) {
    const { rows } = await sql<{ id: string }>`
      insert into alert (key, kind, severity, entity_id, source_id, sync_run_id, round_id, snapshot_id, compared_snapshot_id, provisional,
        facts, opened_at, change_id)
      select ${alert.key}, ${alert.kind}, ${alert.severity}, ${alert.entityId}::int, ${alert.sourceId}::int, ${alert.syncRunId}::bigint,
        ${alert.roundId}::int, ${alert.snapshotId}::bigint, ${alert.comparedSnapshotId}::bigint, ${alert.provisional},
        ${JSON.stringify(alert.facts)}::jsonb, ${alert.openedAt.toISOString()}::timestamptz, ${changeId}
      where not exists (select from alert where key = ${alert.key})
      on conflict (key) do nothing returning id`.execute(em.getKysely());
    ids.push(...rows.map(({ id }) => Number(id)));
  }
  return ids;
}

/** Says that the matter of alerts is over. */
export async function endAlerts(
  em: SqlEntityManager,
  ids: readonly number[],
  now: Date,
  changeId: number,
): Promise<void> {
  if (ids.length === 0) return;
  await sql`insert into alert_end (alert_id, resolved_at, change_id)
    select unnest(${ids}::bigint[]), ${now.toISOString()}::timestamptz, ${changeId} on conflict do nothing`.execute(
    em.getKysely(),
  );
}

/** An alert whose matter is not over, as far as it takes to tell when it is. */
export interface OpenAlert {
  readonly id: number;
  readonly kind: AlertKind;
  readonly entityId: number | null;
  readonly sourceId: number | null;
  readonly syncRunId: number | null;
  readonly roundId: number | null;
  readonly facts: AlertFacts;
}

/** All alerts that are open now. */
export async function readOpenAlerts(em: SqlEntityManager): Promise<OpenAlert[]> {
  const { rows } = await sql<Omit<OpenAlert, 'id' | 'syncRunId'> & { id: string; syncRunId: string | null }>`
    select a.id, a.kind, a.entity_id as "entityId", a.source_id as "sourceId", a.sync_run_id as "syncRunId", a.round_id as "roundId", a.facts
    from alert a where not exists (select from alert_end e where e.alert_id = a.id) order by a.id`.execute(
    em.getKysely(),
  );
  return rows.map((row) => ({
    ...row,
    id: Number(row.id),
    syncRunId: row.syncRunId === null ? null : Number(row.syncRunId),
  }));
}

/** The rules, by kind and level. */
export async function readAlertRules(em: SqlEntityManager): Promise<AlertRule[]> {
  const { rows } = await sql<Omit<AlertRule, 'level'> & { level: string }>`
    select kind, level, threshold, enabled from alert_rule order by kind collate "C", level collate "C"`.execute(
    em.getKysely(),
  );
  return rows.map((row) => ({ ...row, level: row.level === '' ? null : row.level }));
}

/** Writes a rule in the place of the one for the same kind and level. */
export async function writeAlertRule(em: SqlEntityManager, rule: AlertRule, updatedBy: string): Promise<void> {
  await sql`insert into alert_rule (kind, level, threshold, enabled, updated_by, updated_at)
    values (${rule.kind}, ${rule.level ?? ''}, ${rule.threshold}, ${rule.enabled}, ${updatedBy}, clock_timestamp())
    on conflict (kind, level) do update set threshold = excluded.threshold, enabled = excluded.enabled, updated_by = excluded.updated_by,
      updated_at = excluded.updated_at`.execute(em.getKysely());
}
