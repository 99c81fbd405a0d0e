import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { PlatformError } from '../domain/errors.js';
import type { Database } from '../store/orm.js';
import type { SourceRow } from '../store/tables/source.js';
import { SourceSecretTable } from '../store/tables/sourceVersion.js';
import { type Actor, changeSource } from './changeSource.js';
import { placeOf, type SourceLibrary } from './sourceLibrary.js';

/** One secret; its value is only ever written. */
export interface NewSecret {
  readonly name: string;
  /** Empty = the secret is removed. */
  readonly value: string;
}

/** Settings to change; what is absent stays as it is. */
export interface NewSettings {
  /** Null = where the manifest says. */
  readonly baseUrl?: string | null;
  readonly secrets?: readonly NewSecret[];
  /** Null = as the manifest says. */
  readonly schedule?: string | null;
}

const SECRET_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const MAX_SECRET_CHARACTERS = 16_384;

/**
 * Changes what stands beside the versions of a source: where it is, what lets us in, when it is read.
 * @throws PlatformError NOT_FOUND, BAD_USER_INPUT
 */
export async function setSourceSettings(
  library: SourceLibrary,
  database: Database,
  actor: Actor,
  key: string,
  settings: NewSettings,
  now: Date,
): Promise<void> {
  await changeSource(database, actor, key, async (em, source) => {
    const changed = await writeSettings(em, library, source, settings, now);
    return changed.length === 0 ? null : { action: 'setSourceSettings', details: { changed } };
  });
}

/**
 * Writes settings within a transaction that holds the source.
 * @returns what it changed, for the record: `baseUrl`, `schedule`, and `secret <name>`
 * @throws PlatformError BAD_USER_INPUT
 */
export async function writeSettings(
  em: SqlEntityManager,
  library: SourceLibrary,
  source: SourceRow,
  { baseUrl, secrets = [], schedule }: NewSettings,
  now: Date,
): Promise<string[]> {
  const changed: string[] = [];
  if (baseUrl !== undefined) {
    const address = baseUrl === null ? null : checkBaseUrl(baseUrl);
    if (address !== (source.baseUrl ?? null)) changed.push('baseUrl');
    source.baseUrl = address;
  }
  if (schedule !== undefined && schedule !== (source.schedule ?? null)) {
    source.schedule = schedule;
    changed.push('schedule');
  }
  for (const { name, value } of secrets) {
    if (await writeSecret(em, library, source, { name, value }, now)) changed.push(`secret ${name}`);
  }
  if (changed.length > 0) source.settingsUpdatedAt = now;
  return changed;
}

/** Two settings are the same when their secrets are; sealed texts never are. @returns whether anything changed */
async function writeSecret(
  em: SqlEntityManager,
  { sealer }: SourceLibrary,
  source: SourceRow,
  { name, value }: NewSecret,
  now: Date,
): Promise<boolean> {
  // The value is never repeated, nor a name that may be a value in the wrong place.
  if (!SECRET_NAME.test(name) || value.length > MAX_SECRET_CHARACTERS) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `A secret has a name of letters, digits, - and _ that begins with a letter, and at most ${MAX_SECRET_CHARACTERS} characters.`,
    );
  }
  const place = placeOf(source.key, name);
  const known = await em.findOne(SourceSecretTable, { sourceId: source.id, name });
  if (value === '') {
    if (known !== null) em.remove(known);
    return known !== null;
  }
  if (known === null) {
    em.create(SourceSecretTable, { sourceId: source.id, name, sealed: sealer.seal(value, place), updatedAt: now });
    return true;
  }
  if (sealer.isCurrent(known.sealed) && isEqual(() => sealer.unseal(known.sealed, place), value)) return false;
  em.assign(known, { sealed: sealer.seal(value, place), updatedAt: now });
  return true;
}

/** What does not open is to be replaced. */
function isEqual(open: () => string, value: string): boolean {
  try {
    return open() === value;
  } catch {
    return false;
  }
}

/** @returns without a slash at the end @throws PlatformError BAD_USER_INPUT */
function checkBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === '') {
    return text.trim().replace(/\/+$/, '');
  }
  // It may hold a password, so it is not repeated.
  throw new PlatformError(
    'BAD_USER_INPUT',
    'The base URL must be http(s)://host/path without credentials, query or fragment. Credentials go into secrets.',
  );
}
