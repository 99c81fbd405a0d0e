import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';

/** A webhook's name and its secret, which its receiver needs to verify what comes. */
export interface NewWebhookKey {
  readonly id: string;
  /** `whsec_` and 32 random bytes in base64; shown once. */
  readonly secret: string;
}

/** Makes both. */
export function makeWebhookKey(): NewWebhookKey {
  return { id: randomBytes(6).toString('hex'), secret: `${PREFIX}${randomBytes(32).toString('base64')}` };
}

/** What is signed. */
export interface SignedMessage {
  /** The same for every attempt, so that a receiver knows what it has already. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * Signs a message as the Standard Webhooks specification says: HMAC-SHA256 over `id.timestamp.body` with the decoded secret.
 * @returns `v1,` and the signature in base64
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signWebhook(secret: string, { id, timestamp, body }: SignedMessage): string {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}
