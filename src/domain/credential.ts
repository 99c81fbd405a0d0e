/** What somebody signed in with, as far as it can be revoked. */
export interface Credential {
  readonly kind: 'token' | 'key';
  /** The `jti` of a token, the id of an API key. */
  readonly id: string;
}

/** An API key as it is stored: never its secret. */
export interface ApiKey {
  readonly id: string;
  readonly role: string;
  /** The officer's own entity, `GSO-2025:79`; null for other roles. */
  readonly entityKey: string | null;
  /** What it is for, in the words of whoever made it. */
  readonly name: string;
  /** Subject of whoever made it. */
  readonly createdBy: string;
  readonly createdAt: Date;
  /** Null = it does not expire. */
  readonly expiresAt: Date | null;
  /** Null = it was not revoked. */
  readonly revokedAt: Date | null;
  /** To the hour, so that reading does not write; null = never. */
  readonly lastUsedAt: Date | null;
}

/** Whether nobody on the way can change what comes from an address: HTTPS, or this machine. */
export function isTamperProof({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname));
}
