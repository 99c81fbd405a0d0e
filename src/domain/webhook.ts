import type { AlertKind } from './alert.js';

/** Whether alerts are sent to a webhook. A removed one is kept for its record. */
export const WEBHOOK_STATUSES = ['ACTIVE', 'PAUSED', 'REMOVED'] as const;
/** See {@link WEBHOOK_STATUSES}. */
export type WebhookStatus = (typeof WEBHOOK_STATUSES)[number];

/** What is sent. */
export type WebhookEvent = 'alert.opened' | 'alert.resolved' | 'test';

/** The life of a delivery: it is tried until it is accepted, or often enough. */
export const DELIVERY_STATES = ['PENDING', 'DELIVERED', 'FAILED'] as const;
/** See {@link DELIVERY_STATES}. */
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Somebody's address that alerts are sent to. */
export interface Webhook {
  readonly id: string;
  readonly url: string;
  /** Null = all; so are the next two, of which one is enough. */
  readonly kinds: readonly AlertKind[] | null;
  readonly entityIds: readonly number[] | null;
  readonly sourceIds: readonly number[] | null;
  readonly status: WebhookStatus;
  /** Why the platform has paused it; null = it has not. */
  readonly statusReason: string | null;
  /** Since when nothing was accepted; null = the last delivery was. */
  readonly failingSince: Date | null;
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** One message to one webhook. */
export interface WebhookDelivery {
  /** Order of creation. */
  readonly number: number;
  /** UUID, as in the header `webhook-id`. */
  readonly id: string;
  readonly webhookId: string;
  /** Null = a test. */
  readonly alertId: number | null;
  readonly event: WebhookEvent;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** Of the last attempt; null = no answer, or no attempt yet. */
  readonly statusCode: number | null;
  /** What was wrong at the last attempt, without addresses and bodies; null = nothing. */
  readonly error: string | null;
  readonly createdAt: Date;
  readonly lastAttemptAt: Date | null;
}
