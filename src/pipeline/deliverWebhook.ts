import type { Sealer } from '../access/seal.js';
import { signWebhook } from '../access/webhookSignature.js';
import type { Catalogue } from '../domain/catalogue.js';
import type { SourceBounds } from '../domain/connector.js';
import { PlatformError } from '../domain/errors.js';
import type { DeliveryState, Webhook, WebhookDelivery } from '../domain/webhook.js';
import type { AddressGuard } from '../source/address.js';
import { type PostOutcome, post } from '../source/post.js';
import { writeAudit } from '../store/audit.js';
import type { Database } from '../store/orm.js';
import {
  endDelivery,
  readDeliveries,
  readSealedSecret,
  readWebhooks,
  setWebhookStatus,
  writeAttempt,
} from '../store/webhook.js';
import { writeWebhookBody } from './webhookBody.js';

/** A webhook that has accepted nothing for so long is paused. */
const GIVE_UP_MS = 24 * 3_600_000;

/** What deliveries need. */
export interface DeliveryStage {
  readonly database: Database;
  readonly sealer: Sealer;
  catalogue(): Catalogue;
  readonly now: () => Date;
  /** Ends requests that are under way. */
  readonly signal: AbortSignal;
  /** Where connections may go; absent = public addresses only. */
  readonly addressGuard?: AddressGuard;
  /** For tests. */
  readonly bounds?: SourceBounds;
  readonly giveUpMs?: number;
}

/** Where the secret of a webhook belongs, for the sealer. */
export function webhookPlace(id: string): string {
  return `webhook/${id}`;
}

/**
 * Attempts a delivery once and writes what came of it. A receiver that says 410 Gone, or that has accepted nothing for a day, is paused.
 * @param isLast no other attempt follows
 * @returns PENDING = try again later; null = there is no such delivery (any more)
 */
export async function deliverWebhook(stage: DeliveryStage, id: string, isLast: boolean): Promise<DeliveryState | null> {
  const em = stage.database.fork();
  const [delivery] = await readDeliveries(em, [id]);
  if (delivery === undefined) return null;
  if (delivery.state !== 'PENDING') return delivery.state;
  const [webhook] = await readWebhooks(em, [delivery.webhookId]);
  // A test is also sent to one that is paused, to find out whether it is back.
  const mayBeSent =
    webhook !== undefined &&
    (webhook.status === 'ACTIVE' || (delivery.event === 'test' && webhook.status === 'PAUSED'));
  if (!mayBeSent) {
    await endDelivery(em, id, 'the webhook does not take messages any more');
    return 'FAILED';
  }
  const outcome = await send(stage, webhook, delivery);
  // What was cut off by the end of this process is not the receiver's failure.
  if (outcome.error !== null && stage.signal.aborted) return 'PENDING';
  const isGone = outcome.statusCode === 410;
  const state = outcome.error === null ? 'DELIVERED' : isLast || isGone ? 'FAILED' : 'PENDING';
  await stage.database.fork().transactional(async (tx) => {
    const failingSince = await writeAttempt(tx, delivery, { state, ...outcome, at: stage.now() });
    const failsForMs = failingSince === null ? 0 : stage.now().getTime() - failingSince.getTime();
    const reason = isGone
      ? 'the receiver says that it is gone'
      : failsForMs > (stage.giveUpMs ?? GIVE_UP_MS)
        ? 'nothing was accepted for a day'
        : null;
    if (reason === null || !(await setWebhookStatus(tx, webhook.id, 'PAUSED', reason))) return;
    await writeAudit(tx, {
      viewer: null,
      action: 'pauseWebhook',
      target: `Webhook:${webhook.id}`,
      details: { reason },
    });
  });
  return state;
}

async function send(stage: DeliveryStage, webhook: Webhook, delivery: WebhookDelivery): Promise<PostOutcome> {
  const em = stage.database.fork();
  const body = await writeWebhookBody(em, stage.catalogue(), delivery);
  const sealed = await readSealedSecret(em, webhook.id);
  if (body === null || sealed === null) return { statusCode: null, error: 'there is nothing to send' };
  let secret: string;
  try {
    secret = stage.sealer.unseal(sealed, webhookPlace(webhook.id));
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    return { statusCode: null, error: 'its secret cannot be opened; register it again' };
  }
  const timestamp = Math.floor(stage.now().getTime() / 1000);
  const { addressGuard, bounds, signal } = stage;
  return post(webhook.url, {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'dti-graph',
      'webhook-id': delivery.id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signWebhook(secret, { id: delivery.id, timestamp, body }),
    },
    body,
    signal,
    ...(addressGuard === undefined ? {} : { addressGuard }),
    ...(bounds === undefined ? {} : { bounds }),
  });
}
