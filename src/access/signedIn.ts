import { errors } from 'jose';
import type { Credential } from '../domain/credential.js';
import { PlatformError } from '../domain/errors.js';
import { invalid } from './claim.js';
import { PUBLIC_VIEWER, type Viewer } from './viewer.js';

/** A viewer, and how long it stays one. */
export interface SignedIn {
  readonly viewer: Viewer;
  /** Milliseconds since 1970; null = no end. */
  readonly expiresAt: number | null;
  /** What can be revoked; null = nothing can, as with the public or a token without an id. */
  readonly credential: Credential | null;
}

/** Nobody has signed in. */
export const NOT_SIGNED_IN: SignedIn = { viewer: PUBLIC_VIEWER, expiresAt: null, credential: null };

/** Failures of jose that are the token's fault; all others are those of the issuer's key set. */
const TOKEN_FAILURES = new Set([
  ...['ERR_JWT_EXPIRED', 'ERR_JWT_CLAIM_VALIDATION_FAILED', 'ERR_JWT_INVALID', 'ERR_JWS_INVALID'],
  ...['ERR_JWS_SIGNATURE_VERIFICATION_FAILED', 'ERR_JOSE_ALG_NOT_ALLOWED', 'ERR_JOSE_NOT_SUPPORTED'],
  ...['ERR_JWKS_NO_MATCHING_KEY', 'ERR_JWKS_MULTIPLE_MATCHING_KEYS'],
]);

/** What a failed verification means: AUTH_INVALID, or AUTH_UNAVAILABLE when the issuer's keys cannot be had. */
export function explainToken(error: unknown): PlatformError {
  if (error instanceof PlatformError) return error;
  if (error instanceof errors.JWTExpired) return invalid('the token has expired', error);
  if (error instanceof errors.JWTClaimValidationFailed)
    return invalid(`the claim "${error.claim}" is not right`, error);
  if (error instanceof errors.JOSEError && TOKEN_FAILURES.has(error.code)) {
    return invalid('the token is malformed or its signature is not right', error);
  }
  return unavailable(error);
}

/** The issuer cannot be asked. */
export function unavailable(cause: unknown): PlatformError {
  return new PlatformError('AUTH_UNAVAILABLE', 'The issuer of tokens does not answer; try again soon.', { cause });
}
