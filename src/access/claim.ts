import type { JWTPayload } from 'jose';
import { PlatformError } from '../domain/errors.js';
import { ROLES, type Role, type Viewer } from './viewer.js';

/** Claim with the role of a token's subject: one of the roles, or a list, of which the highest counts. */
export const ROLE_CLAIM = 'dti_role';
/** Claim with the entity of an officer: `GSO-2025:79`. */
export const ENTITY_CLAIM = 'dti_entity';

/** An entity as tokens and keys name it: code system and code. */
export const ENTITY_KEY = /^[A-Z][A-Z0-9-]{0,30}:[A-Za-z0-9]{1,30}$/;
const MAX_SUBJECT = 200;

/**
 * The viewer that verified claims speak of. Without a role claim a token names somebody who may do what the public may.
 * @param issuer prefix of the subject, so that subjects of two issuers are never the same: `local`
 * @throws PlatformError AUTH_INVALID when the role is unknown, an officer has no entity, or there is no subject
 */
export function viewerOfClaims(claims: JWTPayload, issuer: string): Viewer {
  const { sub } = claims;
  if (typeof sub !== 'string' || sub === '' || sub.length > MAX_SUBJECT) throw invalid('it has no usable "sub"');
  const role = roleOf(claims[ROLE_CLAIM]);
  const entity = claims[ENTITY_CLAIM];
  const entityKey = typeof entity === 'string' && ENTITY_KEY.test(entity) ? entity : null;
  if (role === 'officer' && entityKey === null) throw invalid(`an officer's "${ENTITY_CLAIM}" names the entity`);
  return { role, subject: `${issuer}:${sub}`, entityKey: role === 'officer' ? entityKey : null };
}

function roleOf(claim: unknown): Role {
  const named: readonly unknown[] = claim === undefined ? ['public'] : Array.isArray(claim) ? claim : [claim];
  const role = ROLES.findLast((each) => named.includes(each));
  if (role === undefined) throw invalid(`"${ROLE_CLAIM}" names none of ${ROLES.join(', ')}`);
  return role;
}

/** The refusal of a credential. */
export function invalid(reason: string, cause?: unknown): PlatformError {
  const message = `The credentials are not valid: ${reason}. Sign in again, or leave them out to ask as the public.`;
  return new PlatformError('AUTH_INVALID', message, cause === undefined ? {} : { cause });
}
