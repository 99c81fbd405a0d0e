import { insertDeliveries, markQueued, readUnqueuedDeliveries } from '../store/webhook.js';
import { type DeliveryStage, deliverWebhook } from './deliverWebhook.js';
import type { Jobs } from './jobs.js';
import type { AlertStage } from './raiseAlerts.js';

/** Deliveries at a time: one slow receiver must leave room for others. */
const CONCURRENCY = 3;
const BATCH = 500;

/** Takes the jobs of deliveries from now on. */
export async function startDeliveries(stage: DeliveryStage, jobs: Jobs): Promise<void> {
  await jobs.deliver(CONCURRENCY, async ({ id, isLast }) => {
    const state = await deliverWebhook(stage, id, isLast);
    // The queue tries again what throws, later and later.
    if (state === 'PENDING') throw new Error('the webhook has not accepted the message');
  });
}

/** Makes the jobs of deliveries that have none. The job has the id of the delivery, so that two workers make one. */
export async function queueDeliveries({ database }: Pick<DeliveryStage, 'database'>, jobs: Jobs): Promise<void> {
  for (const id of await readUnqueuedDeliveries(database.fork(), BATCH)) {
    await jobs.enqueueDelivery(id);
    await markQueued(database.fork(), id);
  }
}

/** Writes the deliveries of alerts in their transaction. @param provisional false = only alerts of published results are sent */
export function deliverAlerts(provisional: boolean): NonNullable<AlertStage['onAlerts']> {
  return (em, news) => insertDeliveries(em, news, provisional);
}
