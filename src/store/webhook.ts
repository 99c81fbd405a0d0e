import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { DeliveryState, Webhook, WebhookDelivery, WebhookEvent, WebhookStatus } from '../domain/webhook.js';

/** What came of deliveries is of no use after this. */
const KEEP_DAYS = 30;

const WEBHOOK = sql`w.id, w.url, w.kinds, w.entity_ids as "entityIds", w.source_ids as "sourceIds", w.status, w.status_reason as "statusReason",
  w.failing_since as "failingSince", w.created_by as "createdBy", w.created_at as "createdAt"`;

type WebhookRow = Omit<Webhook, 'failingSince' | 'createdAt'> & {
  failingSince: Date | string | null;
  createdAt: Date | string;
};

/** A webhook that is to be. */
export interface NewWebhook
  extends Pick<Webhook, 'id' | 'url' | 'kinds' | 'entityIds' | 'sourceIds' | 'createdBy' | 'createdAt'> {
  readonly sealedSecret: string;
}

/** Inserts an active webhook. */
export async function insertWebhook(em: SqlEntityManager, webhook: NewWebhook): Promise<void> {
  await sql`insert into webhook (id, url, kinds, entity_ids, source_ids, sealed_secret, status, created_by, created_at)
    values (${webhook.id}, ${webhook.url}, ${webhook.kinds}::text[], ${webhook.entityIds}::int[], ${webhook.sourceIds}::int[],
      ${webhook.sealedSecret}, 'ACTIVE', ${webhook.createdBy}, ${webhook.createdAt.toISOString()}::timestamptz)`.execute(
    em.getKysely(),
  );
}

/** Webhooks that were not removed, by id, at most `limit` after one (null = from the first). */
export async function listWebhooks(em: SqlEntityManager, after: string | null, limit: number): Promise<Webhook[]> {
  const { rows } = await sql<WebhookRow>`select ${WEBHOOK} from webhook w
    where w.status <> 'REMOVED' and w.id collate "C" > ${after ?? ''} order by w.id collate "C" limit ${limit}`.execute(
    em.getKysely(),
  );
  return rows.map(toWebhook);
}

/** How many webhooks were not removed. */
export async function countWebhooks(em: SqlEntityManager): Promise<number> {
  const { rows } = await sql<{
    count: string;
  }>`select count(*) as count from webhook where status <> 'REMOVED'`.execute(em.getKysely());
  return Number(rows[0]?.count);
}

/** Webhooks by id, removed ones among them, in any order. */
export async function readWebhooks(em: SqlEntityManager, ids: readonly string[]): Promise<Webhook[]> {
  const { rows } = await sql<WebhookRow>`select ${WEBHOOK} from webhook w where w.id = any(${ids}::text[])`.execute(
    em.getKysely(),
  );
  return rows.map(toWebhook);
}

/** The sealed secret of a webhook; null = there is no such webhook. */
export async function readSealedSecret(em: SqlEntityManager, id: string): Promise<string | null> {
  const { rows } = await sql<{ sealed_secret: string }>`select sealed_secret from webhook where id = ${id}`.execute(
    em.getKysely(),
  );
  return rows[0]?.sealed_secret ?? null;
}

/**
 * Changes the status of a webhook; an active one begins anew, and a removed one stays so.
 * @param reason why the platform does so; null = somebody has asked
 * @returns false = there is no such webhook, or it has this status already
 */
export async function setWebhookStatus(
  em: SqlEntityManager,
  id: string,
  status: WebhookStatus,
  reason: string | null,
): Promise<boolean> {
  const { rows } = await sql`
    update webhook set status = ${status}, status_reason = ${reason}, failing_since = null
    where id = ${id} and status <> 'REMOVED' and status <> ${status} returning id`.execute(em.getKysely());
  return rows.length === 1;
}

const DELIVERY = sql`d.number, d.id, d.webhook_id as "webhookId", d.alert_id as "alertId", d.event, d.state, d.attempts,
  d.status_code as "statusCode", d.error, d.created_at as "createdAt", d.last_attempt_at as "lastAttemptAt"`;

type DeliveryRow = Omit<WebhookDelivery, 'number' | 'alertId' | 'createdAt' | 'lastAttemptAt'> & {
  number: string;
  alertId: string | null;
  createdAt: Date | string;
  lastAttemptAt: Date | string | null;
};

/**
 * Writes what is to be sent of alerts, for each active webhook that wants them, in the transaction of the alerts. What was over from the beginning is sent
 * once.
 * @param provisional false = only alerts of published results are sent, as only those are shown
 */
export async function insertDeliveries(
  em: SqlEntityManager,
  { opened, resolved }: { readonly opened: readonly number[]; readonly resolved: readonly number[] },
  provisional: boolean,
): Promise<void> {
  const isNew = new Set(opened);
  const ended = resolved.filter((id) => !isNew.has(id));
  await sql`
    insert into webhook_delivery (webhook_id, alert_id, event, state, created_at)
    select w.id, a.id, n.event, 'PENDING', clock_timestamp()
    from (select unnest(${opened}::bigint[]) as alert_id, 'alert.opened' as event
      union all select unnest(${ended}::bigint[]), 'alert.resolved') n
    join alert a on a.id = n.alert_id and (${provisional} or not a.provisional)
    join webhook w on w.status = 'ACTIVE' and (w.kinds is null or a.kind = any(w.kinds))
      and ((w.entity_ids is null and w.source_ids is null) or a.entity_id = any(w.entity_ids) or a.source_id = any(w.source_ids))
    order by a.id, w.id on conflict do nothing`.execute(em.getKysely());
  await sql`delete from webhook_delivery where created_at < clock_timestamp() - make_interval(days => ${KEEP_DAYS}::int)
    and state <> 'PENDING'`.execute(em.getKysely());
}

/** Writes a delivery that tries a webhook out. @returns its id */
export async function insertTestDelivery(em: SqlEntityManager, webhookId: string): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    insert into webhook_delivery (webhook_id, event, state, created_at) values (${webhookId}, 'test', 'PENDING', clock_timestamp())
    returning id`.execute(em.getKysely());
  return rows[0]?.id ?? '';
}

/** Deliveries that no job is known to carry, oldest first; one that was queued a day ago has lost its job. */
export async function readUnqueuedDeliveries(em: SqlEntityManager, limit: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from webhook_delivery
    where state = 'PENDING' and event <> 'test' and (queued_at is null or queued_at < clock_timestamp() - interval '1 day')
    order by number limit ${limit}`.execute(em.getKysely());
  return rows.map(({ id }) => id);
}

/** Says that a job carries a delivery. */
export async function markQueued(em: SqlEntityManager, id: string): Promise<void> {
  await sql`update webhook_delivery set queued_at = clock_timestamp() where id = ${id}::uuid`.execute(em.getKysely());
}

/** Deliveries to a webhook, newest first, at most `limit`, older than the one with the number `before` (null = from the newest). */
export async function listDeliveries(
  em: SqlEntityManager,
  webhookId: string,
  before: number | null,
  limit: number,
): Promise<WebhookDelivery[]> {
  const { rows } = await sql<DeliveryRow>`select ${DELIVERY} from webhook_delivery d
    where d.webhook_id = ${webhookId} and d.number < coalesce(${before}::bigint, 9223372036854775807)
    order by d.number desc limit ${limit}`.execute(em.getKysely());
  return rows.map(toDelivery);
}

/** How many deliveries to a webhook there are. */
export async function countDeliveries(em: SqlEntityManager, webhookId: string): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) as count from webhook_delivery where webhook_id = ${webhookId}`.execute(em.getKysely());
  return Number(rows[0]?.count);
}

/** Deliveries by id, in any order. */
export async function readDeliveries(em: SqlEntityManager, ids: readonly string[]): Promise<WebhookDelivery[]> {
  const { rows } =
    await sql<DeliveryRow>`select ${DELIVERY} from webhook_delivery d where d.id = any(${ids}::uuid[])`.execute(
      em.getKysely(),
    );
  return rows.map(toDelivery);
}

/** What came of an attempt. */
export interface Attempt {
  readonly state: DeliveryState;
  readonly statusCode: number | null;
  readonly error: string | null;
  readonly at: Date;
}

/** Writes what came of an attempt, and since when its webhook fails. @returns since when; null = it does not */
export async function writeAttempt(
  em: SqlEntityManager,
  { id, webhookId }: Pick<WebhookDelivery, 'id' | 'webhookId'>,
  { state, statusCode, error, at }: Attempt,
): Promise<Date | null> {
  const time = at.toISOString();
  await sql`update webhook_delivery set state = ${state}, status_code = ${statusCode}, error = ${error}, attempts = attempts + 1,
    last_attempt_at = ${time}::timestamptz where id = ${id}::uuid`.execute(em.getKysely());
  const isAccepted = state === 'DELIVERED';
  const { rows } = await sql<{ failing_since: Date | string | null }>`
    update webhook set failing_since = case when ${isAccepted} then null else coalesce(failing_since, ${time}::timestamptz) end
    where id = ${webhookId} returning failing_since`.execute(em.getKysely());
  const since = rows[0]?.failing_since ?? null;
  return since === null ? null : new Date(since);
}

/** Ends a delivery without an attempt. */
export async function endDelivery(em: SqlEntityManager, id: string, error: string): Promise<void> {
  await sql`update webhook_delivery set state = 'FAILED', error = ${error} where id = ${id}::uuid and state = 'PENDING'`.execute(
    em.getKysely(),
  );
}

function toWebhook(row: WebhookRow): Webhook {
  return {
    ...row,
    failingSince: row.failingSince === null ? null : new Date(row.failingSince),
    createdAt: new Date(row.createdAt),
  };
}

function toDelivery(row: DeliveryRow): WebhookDelivery {
  return {
    ...row,
    number: Number(row.number),
    alertId: row.alertId === null ? null : Number(row.alertId),
    event: row.event as WebhookEvent,
    createdAt: new Date(row.createdAt),
    lastAttemptAt: row.lastAttemptAt === null ? null : new Date(row.lastAttemptAt),
  };
}
