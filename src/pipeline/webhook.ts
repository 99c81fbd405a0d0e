import { makeWebhookKey } from '../access/webhookSignature.js';
import type { AlertKind } from '../domain/alert.js';
import { PlatformError } from '../domain/errors.js';
import type { WebhookDelivery, WebhookStatus } from '../domain/webhook.js';
import { checkAddress, PUBLIC_ONLY } from '../source/address.js';
import { writeAudit } from '../store/audit.js';
import {
  countWebhooks,
  insertTestDelivery,
  insertWebhook,
  readDeliveries,
  readWebhooks,
  setWebhookStatus,
} from '../store/webhook.js';
import type { Actor } from './changeSource.js';
import { deliverWebhook, webhookPlace } from './deliverWebhook.js';
import type { SourceStage } from './sourceStage.js';

const MAX_WEBHOOKS = 100;
const MAX_URL_CHARACTERS = 2000;

/** A webhook as somebody asks for it. */
export interface WebhookWish {
  readonly url: string;
  /** Null = all; of the other two one is enough. */
  readonly kinds: readonly AlertKind[] | null;
  readonly entityIds: readonly number[] | null;
  readonly sourceIds: readonly number[] | null;
}

/**
 * Registers a webhook. Its address is judged now and again at each delivery.
 * @returns its id, and the secret that its receiver verifies with: it is kept sealed and shown this once
 * @throws PlatformError BAD_USER_INPUT, SYNC_ADDRESS, SYNC_TRANSIENT when its host has no address now
 */
export async function registerWebhook(
  stage: SourceStage,
  actor: Actor,
  { url, kinds, entityIds, sourceIds }: WebhookWish,
): Promise<{ readonly id: string; readonly secret: string }> {
  const target = URL.canParse(url) ? new URL(url) : null;
  const isPlain =
    target !== null && /^https?:$/.test(target.protocol) && target.username + target.password + target.hash === '';
  // It may hold a token, so it is not repeated.
  if (!isPlain || url.length > MAX_URL_CHARACTERS) {
    throw wrong(
      `The address of a webhook must be http(s)://host/path of at most ${MAX_URL_CHARACTERS} characters, without credentials or fragment`,
    );
  }
  await checkAddress(url, stage.addressGuard ?? PUBLIC_ONLY);
  const key = makeWebhookKey();
  await stage.database.fork().transactional(async (em) => {
    if ((await countWebhooks(em)) >= MAX_WEBHOOKS)
      throw wrong(`There are ${MAX_WEBHOOKS} webhooks already; remove one first`);
    const sealedSecret = stage.library.sealer.seal(key.secret, webhookPlace(key.id));
    const createdBy = actor?.subject ?? actor?.role ?? 'platform';
    await insertWebhook(em, {
      ...{ id: key.id, url: target.href, kinds, entityIds, sourceIds, sealedSecret, createdBy },
      createdAt: stage.now(),
    });
    await writeAudit(em, { viewer: actor, action: 'registerWebhook', target: `Webhook:${key.id}`, details: { kinds } });
  });
  return key;
}

/** Has a webhook sent to, or not, or removes it for good. The same again changes nothing. @throws PlatformError NOT_FOUND */
export async function changeWebhook(
  stage: SourceStage,
  actor: Actor,
  id: string,
  status: WebhookStatus,
): Promise<void> {
  const action = { ACTIVE: 'activateWebhook', PAUSED: 'pauseWebhook', REMOVED: 'removeWebhook' }[status];
  await stage.database.fork().transactional(async (em) => {
    await requireWebhook(stage, id);
    const isChange = await setWebhookStatus(em, id, status, null);
    if (isChange) await writeAudit(em, { viewer: actor, action, target: `Webhook:${id}` });
  });
}

/**
 * Sends a test at once, to a paused webhook too.
 * @returns what came of it
 * @throws PlatformError NOT_FOUND
 */
export async function testWebhook(stage: SourceStage, actor: Actor, id: string): Promise<WebhookDelivery> {
  await requireWebhook(stage, id);
  const deliveryId = await stage.database.fork().transactional(async (em) => {
    await writeAudit(em, { viewer: actor, action: 'testWebhook', target: `Webhook:${id}` });
    return insertTestDelivery(em, id);
  });
  await deliverWebhook(
    { ...stage, sealer: stage.library.sealer, catalogue: () => stage.library.catalogue() },
    deliveryId,
    true,
  );
  const [delivery] = await readDeliveries(stage.database.fork(), [deliveryId]);
  if (delivery === undefined) throw new Error('the delivery that was just made is not there');
  return delivery;
}

async function requireWebhook({ database }: SourceStage, id: string): Promise<void> {
  const [webhook] = await readWebhooks(database.fork(), [id]);
  if (webhook !== undefined && webhook.status !== 'REMOVED') return;
  throw new PlatformError('NOT_FOUND', `There is no webhook "${id.slice(0, 80)}".`);
}

function wrong(message: string): PlatformError {
  return new PlatformError('BAD_USER_INPUT', `${message}.`);
}
