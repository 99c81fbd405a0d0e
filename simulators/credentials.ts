import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { PlatformError } from '../src/domain/errors.js';

/** What lets a client in. There are no defaults: the parent makes them up and tells both sides. */
export interface Credentials {
  readonly einvoice: { readonly username: string; readonly password: string };
  readonly publicServices: { readonly clientId: string; readonly clientSecret: string };
  readonly population: { readonly consumerCode: string; readonly secretKey: string };
  /** Expected in `x-control-token` by the control interface. */
  readonly controlToken: string;
}

/** Makes new credentials, each secret of 192 random bits. */
export function generateCredentials(): Credentials {
  const secret = (): string => randomBytes(24).toString('base64url');
  return {
    einvoice: { username: 'dti-platform', password: secret() },
    publicServices: { clientId: 'dti-platform', clientSecret: secret() },
    population: { consumerCode: 'DTI-PLATFORM', secretKey: secret() },
    controlToken: secret(),
  };
}

/**
 * Reads credentials as JSON, in the shape of {@link Credentials}.
 * @throws PlatformError CONFIG_INVALID that names the missing part, never its value
 */
export function parseCredentials(json: string): Credentials {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw new PlatformError('CONFIG_INVALID', 'The simulators got credentials that are not JSON.');
  }
  const text = (...path: readonly string[]): string => {
    let value = parsed;
    for (const name of path) {
      value =
        typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : null;
    }
    if (typeof value === 'string' && value !== '') return value;
    throw new PlatformError('CONFIG_INVALID', `The simulators' credentials have no "${path.join('.')}".`);
  };
  return {
    einvoice: { username: text('einvoice', 'username'), password: text('einvoice', 'password') },
    publicServices: {
      clientId: text('publicServices', 'clientId'),
      clientSecret: text('publicServices', 'clientSecret'),
    },
    population: { consumerCode: text('population', 'consumerCode'), secretKey: text('population', 'secretKey') },
    controlToken: text('controlToken'),
  };
}

/** Compares two texts in a time that does not tell where they differ. */
export function isSameText(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

/** Remembers identifiers that may be used once, for a while. */
export class UsedOnce {
  readonly #expiry = new Map<string, number>();
  readonly #lifetimeMs: number;

  constructor(lifetimeMs: number) {
    this.#lifetimeMs = lifetimeMs;
  }

  /** Takes an identifier; false when it was taken before. */
  take(id: string, nowMs: number): boolean {
    for (const [known, expiry] of this.#expiry) {
      // Insertion order is order of expiry.
      if (expiry > nowMs) break;
      this.#expiry.delete(known);
    }
    if (this.#expiry.has(id)) return false;
    this.#expiry.set(id, nowMs + this.#lifetimeMs);
    return true;
  }
}
