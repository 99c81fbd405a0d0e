import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { isTamperProof } from '../domain/credential.js';
import { viewerOfClaims } from './claim.js';
import { explainToken, type SignedIn, unavailable } from './signedIn.js';

/** Signatures that are taken: asymmetric ones only, since with HS256 whoever can verify can also sign. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** Clocks of issuer and gateway may differ by this; it lengthens a token's life by as much. */
const CLOCK_SECONDS = 30;
const TIMEOUT_MS = 5_000;
/** After a failed discovery the issuer is left alone for this long. */
const RETRY_MS = 5_000;
/** Keys are read anew after this, and at once for an unknown key, but then at most every half minute. */
const KEYS_MS = 600_000;
const UNKNOWN_KEY_MS = 30_000;
const MAX_DISCOVERY_BYTES = 100_000;

/** An OpenID Connect issuer. */
export interface OidcOptions {
  /** Exactly as in `iss`: `https://login.example.vn/realms/dti`. */
  readonly issuer: string;
  /** What `aud` must hold. */
  readonly audience: string;
  /** Shortest time between two readings of the key set for unknown keys, in milliseconds; for tests. */
  readonly unknownKeyMs?: number;
}

/** Verifies tokens of one OpenID Connect issuer, whose keys it finds by discovery and follows when they rotate. */
export class OidcVerifier {
  #keys: Promise<JWTVerifyGetKey> | null = null;
  #retryAt = 0;

  constructor(readonly options: OidcOptions) {}

  /**
   * Verifies a token.
   * @throws PlatformError AUTH_INVALID, AUTH_UNAVAILABLE
   */
  async verify(token: string): Promise<SignedIn> {
    const { issuer, audience } = this.options;
    const keys = await this.#open();
    const { payload } = await jwtVerify(token, keys, {
      ...{ algorithms: ALGORITHMS, issuer, audience, clockTolerance: CLOCK_SECONDS, requiredClaims: ['exp', 'sub'] },
    }).catch((error: unknown) => {
      throw explainToken(error);
    });
    return {
      viewer: viewerOfClaims(payload, 'oidc'),
      expiresAt: (Number(payload.exp) + CLOCK_SECONDS) * 1000,
      credential: payload.jti === undefined ? null : { kind: 'token', id: payload.jti },
    };
  }

  #open(): Promise<JWTVerifyGetKey> {
    if (this.#keys === null || this.#retryAt < Date.now()) {
      this.#retryAt = Number.POSITIVE_INFINITY;
      this.#keys = this.#discover().catch((error: unknown) => {
        this.#retryAt = Date.now() + RETRY_MS;
        throw unavailable(error);
      });
    }
    return this.#keys;
  }

  async #discover(): Promise<JWTVerifyGetKey> {
    const { issuer, unknownKeyMs = UNKNOWN_KEY_MS } = this.options;
    const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const response = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    if (!response.ok || text.length > MAX_DISCOVERY_BYTES) throw new Error(`discovery answered ${response.status}`);
    const found = JSON.parse(text) as { issuer?: unknown; jwks_uri?: unknown } | null;
    if (found?.issuer !== issuer) throw new Error('discovery speaks of another issuer');
    const keys = typeof found.jwks_uri === 'string' ? URL.parse(found.jwks_uri) : null;
    if (keys === null || !isTamperProof(keys)) throw new Error('discovery names no usable key set');
    return createRemoteJWKSet(keys, {
      timeoutDuration: TIMEOUT_MS,
      cooldownDuration: unknownKeyMs,
      cacheMaxAge: KEYS_MS,
    });
  }
}
