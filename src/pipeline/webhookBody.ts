import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { type Alert, alertMessage } from '../domain/alert.js';
import type { Catalogue } from '../domain/catalogue.js';
import { entityKey } from '../domain/entity.js';
import type { WebhookDelivery } from '../domain/webhook.js';
import { readAlerts } from '../store/listAlerts.js';
import { SourceTable } from '../store/tables/source.js';

/** All revisions, provisional results among them: whoever wrote the delivery has judged who may see it. */
const EVERYTHING = { revision: Number.MAX_SAFE_INTEGER, provisional: true };

/**
 * The message of a delivery: the alert as it stood at the event that is told, so that every attempt sends the same.
 * @returns JSON; null = its alert is not there
 */
export async function writeWebhookBody(
  em: SqlEntityManager,
  catalogue: Catalogue,
  { event, alertId, createdAt }: WebhookDelivery,
): Promise<string | null> {
  if (alertId === null) return JSON.stringify({ type: event, timestamp: createdAt.toISOString(), data: {} });
  const [alert] = await readAlerts(em, EVERYTHING, [alertId]);
  if (alert === undefined) return null;
  const isOver = alert.resolvedAt !== null && (event === 'alert.resolved' || alert.resolvedRevision === alert.revision);
  const then: Alert = isOver ? alert : { ...alert, resolvedAt: null, resolvedRevision: null };
  const timestamp = (event === 'alert.resolved' ? then.resolvedAt : null) ?? then.openedAt;
  return JSON.stringify({ type: event, timestamp: timestamp.toISOString(), data: await describe(em, catalogue, then) });
}

/** An alert in the words of the graph. */
async function describe(em: SqlEntityManager, catalogue: Catalogue, alert: Alert): Promise<object> {
  const { entityId, sourceId, syncRunId, roundId, snapshotId, facts } = alert;
  const entity = entityId === null ? undefined : catalogue.entity(entityId);
  const source = sourceId === null ? null : await em.findOne(SourceTable, { id: sourceId });
  const round = roundId === null ? undefined : catalogue.round(roundId);
  const sourceName = source && { vi: source.nameVi, en: source.nameEn };
  return {
    id: `Alert:${alert.id}`,
    kind: alert.kind,
    severity: alert.severity,
    revision: String(alert.revision),
    openedAt: alert.openedAt.toISOString(),
    resolvedAt: alert.resolvedAt?.toISOString() ?? null,
    resolvedRevision: alert.resolvedRevision === null ? null : String(alert.resolvedRevision),
    message: alertMessage(alert, { entity: entity?.name ?? null, source: sourceName, round: round ?? null }),
    rank: facts.rank ?? null,
    previousRank: facts.previousRank ?? null,
    entity: entity
      ? { id: `Entity:${entityKey(entity)}`, code: entity.code, codeSystem: entity.codeSystem, name: entity.name }
      : null,
    source: source && { id: `Source:${source.key}`, key: source.key, name: sourceName },
    syncRun: syncRunId === null ? null : { id: `SyncRun:${syncRunId}` },
    round: round ? { id: `AssessmentRound:${round.code}`, code: round.code } : null,
    snapshot: snapshotId === null ? null : { id: `Snapshot:${snapshotId}` },
  };
}
