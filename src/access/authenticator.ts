import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import type { ApiKey, Credential } from '../domain/credential.js';
import { PlatformError } from '../domain/errors.js';
import { splitApiKey, verifyApiKey } from './apiKey.js';
import { invalid } from './claim.js';
import { LOCAL_ISSUER, type LocalKey, verifyLocalToken } from './localToken.js';
import type { OidcVerifier } from './oidc.js';
import { NOT_SIGNED_IN, type SignedIn } from './signedIn.js';
import { Throttle } from './throttle.js';

/** Wrong credentials a minute, of one client and of one API key; beyond that, credentials are not looked at. */
export const FAILURES_PER_MINUTE = 10;
/** Longest text that can be a credential, in characters. */
const MAX_CREDENTIAL = 8192;
/** How many credentials that were right are remembered, and for how long. */
const MAX_ACCEPTED = 10_000;
const ACCEPTED_MS = 600_000;

/** What is stored of credentials. */
export interface CredentialStore {
  /** An API key with the hash of its secret; null = there is none. */
  findKey(id: string): Promise<(ApiKey & { readonly hash: string }) | null>;
  /** Notes, to the hour, that a key was used. */
  touchKey(id: string): Promise<void>;
  /** Those of the credentials that were revoked. */
  findRevoked(credentials: readonly Credential[]): Promise<readonly Credential[]>;
}

/** What an {@link Authenticator} goes by. */
export interface AuthenticatorOptions {
  /** Null = local tokens are not taken. */
  readonly localKey: LocalKey | null;
  /** Null = there is no issuer beside the platform itself. */
  readonly oidc: OidcVerifier | null;
  readonly store: CredentialStore;
  /** The time in milliseconds. */
  readonly now?: () => number;
}

/**
 * Says who asks: by a local token, a token of the OpenID Connect issuer, or an API key.
 *
 * Wrong credentials are counted per client and per API key. A client with none left is refused without a look, so that a right guess looks like a
 * wrong one. What was right within the last ten minutes goes on: it is no guess, and others behind the same address may be at fault.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #now: () => number;
  readonly #failures: Throttle;
  /** Hashes of credentials that were right, and until when that counts. */
  readonly #accepted = new Map<string, number>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#failures = new Throttle({ perMinute: FAILURES_PER_MINUTE, now: this.#now });
  }

  /**
   * Says who asks.
   * @param authorization `Bearer <token or API key>`; undefined = nobody has signed in
   * @param client whom failures are counted against, an address
   * @throws PlatformError AUTH_INVALID; AUTH_THROTTLED with details { retryAfterSeconds }; AUTH_UNAVAILABLE
   */
  async authenticate(authorization: string | undefined, client: string): Promise<SignedIn> {
    if (authorization === undefined) return NOT_SIGNED_IN;
    const text = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
    const key = splitApiKey(text);
    const counted = [`client ${client}`, ...(key === null ? [] : [`key ${key.id}`])];
    const digest = createHash('sha256').update(text).digest('base64');
    const isKnown = (this.#accepted.get(digest) ?? 0) > this.#now();
    if (!isKnown) this.#refuseThrottled(counted);
    let signedIn: SignedIn;
    try {
      signedIn = await this.#verify(text, key);
    } catch (error) {
      this.#accepted.delete(digest);
      if (error instanceof PlatformError && error.code === 'AUTH_INVALID') this.#countFailure(counted);
      throw error;
    }
    // Again, since others may have failed while this one was looked at: many guesses at once get no more answers than one by one.
    if (!isKnown) this.#refuseThrottled(counted);
    this.#remember(digest);
    return signedIn;
  }

  /** Those of the credentials that were revoked. */
  findRevoked(credentials: readonly Credential[]): Promise<readonly Credential[]> {
    return this.#options.store.findRevoked(credentials);
  }

  async #verify(text: string, key: ReturnType<typeof splitApiKey>): Promise<SignedIn> {
    const { store } = this.#options;
    if (text === '' || text.length > MAX_CREDENTIAL) throw invalid('they are not "Bearer <token or API key>"');
    if (key !== null) {
      const signedIn = verifyApiKey(key.secret, await store.findKey(key.id), this.#now());
      await store.touchKey(key.id);
      return signedIn;
    }
    const signedIn = await this.#verifyToken(text);
    const { credential } = signedIn;
    if (credential !== null && (await store.findRevoked([credential])).length > 0) {
      throw invalid('the token was revoked');
    }
    return signedIn;
  }

  #verifyToken(text: string): Promise<SignedIn> {
    const { localKey, oidc } = this.#options;
    const issuer = issuerOf(text);
    if (localKey !== null && issuer === LOCAL_ISSUER) return verifyLocalToken(localKey, text);
    if (oidc !== null && issuer === oidc.options.issuer) return oidc.verify(text);
    throw invalid('they are no token of an issuer that is trusted here, and no API key');
  }

  #refuseThrottled(counted: readonly string[]): void {
    const wait = Math.max(...counted.map((each) => this.#failures.wait(each)));
    if (wait > 0) throw throttled(wait);
  }

  #countFailure(counted: readonly string[]): void {
    const wait = Math.max(...counted.map((each) => this.#failures.take(each)));
    if (wait > 0) throw throttled(wait);
  }

  #remember(digest: string): void {
    this.#accepted.delete(digest);
    this.#accepted.set(digest, this.#now() + ACCEPTED_MS);
    if (this.#accepted.size <= MAX_ACCEPTED) return;
    const oldest = this.#accepted.keys().next();
    if (!oldest.done) this.#accepted.delete(oldest.value);
  }
}

/** What a token says of its issuer, before anything of it is believed. */
function issuerOf(token: string): string | null {
  try {
    return decodeJwt(token).iss ?? null;
  } catch {
    return null;
  }
}

function throttled(retryAfterSeconds: number): PlatformError {
  const message = `Too many credentials that were not valid came from here; try again in ${retryAfterSeconds} s.`;
  return new PlatformError('AUTH_THROTTLED', message, { details: { retryAfterSeconds } });
}
