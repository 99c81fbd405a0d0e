import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ApiKey } from '../domain/credential.js';
import { invalid } from './claim.js';
import type { SignedIn } from './signedIn.js';
import { ROLES } from './viewer.js';

/** `dti_<id>_<secret>`: 12 characters that name it, 32 random bytes that prove it. */
const FORM = /^dti_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

/** A key that was just made. */
export interface NewApiKey {
  readonly id: string;
  /** What its owner sends; shown once. */
  readonly text: string;
  /** What is stored. */
  readonly hash: string;
}

/**
 * Makes a key.
 * @param seed makes the same id of the same text, so that a repeated request finds the key of the first; null = a random one
 */
export function makeApiKey(seed: string | null): NewApiKey {
  const id =
    seed === null ? randomBytes(6).toString('hex') : createHash('sha256').update(seed).digest('hex').slice(0, 12);
  const secret = randomBytes(32).toString('base64url');
  return { id, text: `dti_${id}_${secret}`, hash: hashSecret(secret) };
}

/** Id and secret of a key; null = the text is not a key. */
export function splitApiKey(text: string): { readonly id: string; readonly secret: string } | null {
  const [, id, secret] = FORM.exec(text) ?? [];
  return id === undefined || secret === undefined ? null : { id, secret };
}

/**
 * Judges the secret of a key.
 * @param stored null = there is no such key; takes as long as one that is there
 * @throws PlatformError AUTH_INVALID
 */
export function verifyApiKey(
  secret: string,
  stored: (ApiKey & { readonly hash: string }) | null,
  now: number,
): SignedIn {
  const isRight = timingSafeEqual(Buffer.from(hashSecret(secret), 'hex'), hashOf(stored?.hash));
  if (stored === null || !isRight) throw invalid('there is no such API key');
  if (stored.revokedAt !== null) throw invalid('the API key was revoked');
  if (stored.expiresAt !== null && stored.expiresAt.getTime() <= now) throw invalid('the API key has expired');
  const role = ROLES.find((each) => each === stored.role);
  if (role === undefined) throw invalid('the role of the API key is not known here');
  return {
    viewer: { role, subject: `key:${stored.id}`, entityKey: stored.entityKey },
    expiresAt: stored.expiresAt?.getTime() ?? null,
    credential: { kind: 'key', id: stored.id },
  };
}

function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** As bytes of the right length, whatever is stored. */
function hashOf(hash: string | undefined): Buffer {
  return Buffer.from((hash ?? '').padEnd(64, '0').slice(0, 64), 'hex');
}
