import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares two texts in a time that does not tell where they differ. */
export function isSameText(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

/** True when a request carries HTTP Basic with this user name and password. */
export function isBasic(headers: Readonly<Record<string, string>>, username: string, password: string): boolean {
  const expected = Buffer.from(`${username}:${password}`).toString('base64');
  return isSameText(headers.authorization ?? '', `Basic ${expected}`);
}

/** True when a request carries this bearer token. */
export function isBearer(headers: Readonly<Record<string, string>>, token: string): boolean {
  return isSameText(headers.authorization ?? '', `Bearer ${token}`);
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
