import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { PlatformError } from '../domain/errors.js';
import { findScheduleFault } from '../domain/schedule.js';
import { isBaseUrl } from '../source/address.js';
import type { SourceRow } from '../store/tables/source.js';
import { SourceSecretTable } from '../store/tables/sourceVersion.js';
import { type Actor, changeSource } from './changeSource.js';
import { placeOf, type SourceLibrary } from './sourceLibrary.js';
import type { SourceStage } from './sourceStage.js';

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
const MIN_SECRET_CHARACTERS = 4;

/**
 * Changes what stands beside the versions of a source: where it is, what lets us in, when it is read.
 * @throws PlatformError NOT_FOUND, BAD_USER_INPUT
 */
export async function setSourceSettings(
  stage: Pick<SourceStage, 'database' | 'library' | 'now'>,
  actor: Actor,
  key: string,
  settings: NewSettings,
): Promise<void> {
  await changeSource(stage.database, actor, key, async (em, source) => {
    const changed = await writeSettings(em, stage.library, source, settings, stage.now());
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
    await keepTrust(em, source, address, secrets);
    source.baseUrl = address;
  }
  const fault = schedule === undefined || schedule === null ? null : findScheduleFault(schedule);
  if (fault !== null) throw new PlatformError('BAD_USER_INPUT', fault);
  if (schedule !== undefined && schedule !== (source.schedule ?? null)) {
    source.schedule = schedule;
    changed.push('schedule');
  }
  const origin = await library.originsOf(em, source);
  // The first address that becomes known is the one that earlier secrets were meant for.
  await em.nativeUpdate(SourceSecretTable, { sourceId: source.id, origin: null }, { origin });
  await requireDeclared(em, library, source, secrets);
  for (const secret of secrets) {
    if (await writeSecret(em, library, source, secret, origin, now)) changed.push(`secret ${secret.name}`);
  }
  if (changed.length > 0) source.settingsUpdatedAt = now;
  return changed;
}

/**
 * What was trusted to one host must not be sent to another by whoever may change addresses but never see a secret.
 * @throws PlatformError BAD_USER_INPUT when a secret is not given again with the address of another host
 */
async function keepTrust(
  em: SqlEntityManager,
  source: SourceRow,
  address: string | null,
  secrets: readonly NewSecret[],
): Promise<void> {
  const before = source.baseUrl ?? null;
  if (before === null || address === null || new URL(before).origin === new URL(address).origin) return;
  const given = new Set(secrets.map(({ name }) => name));
  const kept = (await em.find(SourceSecretTable, { sourceId: source.id })).filter(({ name }) => !given.has(name));
  if (kept.length === 0) return;
  throw new PlatformError(
    'BAD_USER_INPUT',
    `The address is that of another host: give the secrets ${kept.map(({ name }) => name).join(', ')} again, in the same call.`,
  );
}

/**
 * Names under which a source takes secrets: those that its newest version declares, and those that it has from an older one.
 * @returns null = any, since nothing reads the source
 */
export async function secretNamesOf(
  em: SqlEntityManager,
  library: SourceLibrary,
  source: SourceRow,
): Promise<{ declared: readonly string[]; taken: ReadonlySet<string> } | null> {
  const declared = await library.secretNamesOf(em, source);
  if (declared === null) return null;
  const known = await em.find(SourceSecretTable, { sourceId: source.id });
  return { declared, taken: new Set([...declared, ...known.map(({ name }) => name)]) };
}

/** A secret of another name would never be sent, and nobody would know why. @throws PlatformError BAD_USER_INPUT */
async function requireDeclared(
  em: SqlEntityManager,
  library: SourceLibrary,
  source: SourceRow,
  secrets: readonly NewSecret[],
): Promise<void> {
  if (secrets.every(({ value }) => value === '')) return;
  const names = await secretNamesOf(em, library, source);
  if (names === null || secrets.every(({ name, value }) => value === '' || names.taken.has(name))) return;
  // The name is not repeated: it may be a value in the wrong place.
  throw new PlatformError(
    'BAD_USER_INPUT',
    `A secret has a name that the source "${source.key}" does not declare. Its newest version declares: ${names.declared.join(', ') || 'none'}.`,
  );
}

/** Two settings are the same when their secrets are; sealed texts never are. @returns whether anything changed */
async function writeSecret(
  em: SqlEntityManager,
  { sealer }: SourceLibrary,
  source: SourceRow,
  { name, value }: NewSecret,
  origin: string | null,
  now: Date,
): Promise<boolean> {
  // The value is never repeated, nor a name that may be a value in the wrong place.
  if (!SECRET_NAME.test(name) || value.length > MAX_SECRET_CHARACTERS) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `A secret has a name of letters, digits, - and _ that begins with a letter, and at most ${MAX_SECRET_CHARACTERS} characters.`,
    );
  }
  if (value !== '' && value.length < MIN_SECRET_CHARACTERS) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `The secret ${name} needs at least ${MIN_SECRET_CHARACTERS} characters: a shorter one cannot be hidden in what the source sends without damaging data.`,
    );
  }
  const place = placeOf(source.key, name);
  const known = await em.findOne(SourceSecretTable, { sourceId: source.id, name });
  if (value === '') {
    if (known !== null) em.remove(known);
    return known !== null;
  }
  if (known === null) {
    const sealed = sealer.seal(value, place);
    em.create(SourceSecretTable, { sourceId: source.id, name, sealed, origin, updatedAt: now });
    return true;
  }
  const isSame = (known.origin ?? null) === origin && sealer.isCurrent(known.sealed);
  if (isSame && isEqual(() => sealer.unseal(known.sealed, place), value)) return false;
  em.assign(known, { sealed: sealer.seal(value, place), origin, updatedAt: now });
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
  if (isBaseUrl(text)) return text.trim().replace(/\/+$/, '');
  // It may hold a password, so it is not repeated.
  throw new PlatformError(
    'BAD_USER_INPUT',
    'The base URL must be http(s)://host/path without credentials, query or fragment. Credentials go into secrets.',
  );
}
