/** Roles, from the least to the most that they may do. */
export const ROLES = ['public', 'officer', 'reviewer', 'integrator', 'admin'] as const;
/** See {@link ROLES}. */
export type Role = (typeof ROLES)[number];

/** Who asks: what every permission is judged by. */
export interface Viewer {
  readonly role: Role;
  /** Whom the audit names: the subject of a token or the id of a key; null = nobody has signed in. */
  readonly subject: string | null;
  /** The officer's own entity, such as `GSO-2025:79`; null for other roles. */
  readonly entityKey: string | null;
}

/** Somebody without a token. */
export const PUBLIC_VIEWER: Viewer = { role: 'public', subject: null, entityKey: null };

/**
 * Everything of a viewer that a refusal or an answer may depend on, other than answers that tell who asks. Equal operations of viewers
 * of one scope have equal answers, so it is part of every key that answers are kept or shared by.
 */
export function viewerScope({ role, subject, entityKey }: Viewer): string {
  return `${role} ${subject === null ? 'unknown' : 'signed-in'} ${entityKey ?? ''}`;
}
