import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { CheckResult } from '../domain/connector.js';
import { PlatformError } from '../domain/errors.js';
import { nextStatus, type SourceAction, type SourceStatus } from '../domain/source.js';
import { checkSource as tryConnector } from '../source/check.js';
import { parseManifest } from '../source/manifest/parseManifest.js';
import { writeAudit } from '../store/audit.js';
import type { SourceRow } from '../store/tables/source.js';
import { type SourceVersionRow, SourceVersionTable } from '../store/tables/sourceVersion.js';
import { type Actor, changeSource } from './changeSource.js';
import { columnsOf, findNewestVersion, findVersion } from './source.js';
import { requireSource } from './sourceLibrary.js';
import { type SourceStage, trialOptions } from './sourceStage.js';

/** What a check found, and of which version. */
export interface VersionCheck extends CheckResult {
  readonly version: number;
}

/**
 * Tries a version of a source with its settings, and keeps the result with the version. A draft whose newest version passes is checked; a checked source whose
 * newest version fails is a draft again; one in use goes on.
 * @param number an older version, to go back to it; null = the newest
 * @throws PlatformError NOT_FOUND, SOURCE_STATE, SECRETS_KEY
 */
export async function checkSource(
  stage: SourceStage,
  actor: Actor,
  key: string,
  number: number | null = null,
): Promise<VersionCheck> {
  const em = stage.database.fork();
  const source = await requireSource(em, key);
  nextStatus(key, statusOf(source), 'pass check');
  const version = await chooseVersion(em, source, number);
  const { connector, settings } = await stage.library.openVersion(em, source, version);
  const result = await tryConnector(connector, trialOptions(stage, settings));
  await changeSource(stage.database, actor, key, async (change, current) => {
    const checked = await change.findOneOrFail(SourceVersionTable, { id: version.id });
    change.assign(checked, { checkedAt: stage.now(), checkOk: result.ok, checkMessage: result.message });
    const newest = await findNewest(change, current);
    // The status is that of the newest version: one that came meanwhile is not checked by this, nor by a check of an older one.
    if (newest.id === version.id) move(current, result.ok ? 'pass check' : 'fail check');
    return { action: 'checkSource', details: { version: version.version, ok: result.ok } };
  });
  return { ...result, version: version.version };
}

/**
 * Puts a version of a source into use, also an older one again. Without a version: a paused source goes on with the one that was in use, another takes its
 * newest.
 * @throws PlatformError NOT_FOUND; SOURCE_STATE when the status does not allow it or the version has not passed its check
 */
export async function activateSource(
  { database }: SourceStage,
  actor: Actor,
  key: string,
  number: number | null = null,
): Promise<void> {
  await changeSource(database, actor, key, async (em, source) => {
    const from = { status: source.status, version: source.version };
    move(source, 'activate');
    const version = await chooseVersion(em, source, from.status === 'PAUSED' ? (number ?? source.version) : number);
    if (from.status === 'ACTIVE' && version.version === from.version) return null;
    if (version.manifest !== null && version.manifest !== undefined && version.checkOk !== true) {
      const reason = (version.checkMessage ?? '').replace(/\.+$/, '');
      const found = version.checkedAt ? `failed its newest check: ${reason}` : 'has not been checked';
      const isNewest = version.id === (await findNewest(em, source)).id;
      const advice = isNewest
        ? 'It can be activated once a check passes: check it first.'
        : `It can be activated once a check of it passes: check version ${version.version} first, by checkSource with "version" or "check --version ${version.version}".`;
      throw new PlatformError('SOURCE_STATE', `Version ${version.version} of the source "${key}" ${found}. ${advice}`);
    }
    describeBy(em, source, version);
    return { action: 'activateSource', details: { from, version: version.version } };
  });
}

/** What to do about a source that is not read. */
const UNTIL_READ = {
  DRAFT: 'only an active one is read. Check and activate it first.',
  CHECKED: 'only an active one is read. Activate it first.',
  PAUSED: 'only an active one is read. Activate it first.',
  RETIRED: 'it is not read any more. Register its successor under another key.',
} as const satisfies Readonly<Record<Exclude<SourceStatus, 'ACTIVE'>, string>>;

/** Stops reading a source until it is activated again; what it said stays. @throws PlatformError NOT_FOUND, SOURCE_STATE */
export function pauseSource(stage: SourceStage, actor: Actor, key: string): Promise<void> {
  return simplyMove(stage, actor, key, 'pause', 'pauseSource');
}

/** Ends the life of a source; its observations and runs stay. @throws PlatformError NOT_FOUND, SOURCE_STATE */
export function retireSource(stage: SourceStage, actor: Actor, key: string): Promise<void> {
  return simplyMove(stage, actor, key, 'retire', 'retireSource');
}

/**
 * Makes sure that a source may be read now, and puts on the record that somebody wants it.
 * @throws PlatformError NOT_FOUND; SOURCE_STATE when it is not active
 */
export async function requireActive(
  { database }: SourceStage,
  actor: Actor,
  key: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await database.fork().transactional(async (em) => {
    const status = statusOf(await requireSource(em, key));
    if (status !== 'ACTIVE') {
      const message = `The source "${key}" is ${status}; ${UNTIL_READ[status]}`;
      throw new PlatformError('SOURCE_STATE', message, { details: { key, status } });
    }
    await writeAudit(em, { viewer: actor, action: 'syncSource', target: `Source:${key}`, details });
  });
}

function simplyMove(
  { database }: SourceStage,
  actor: Actor,
  key: string,
  step: SourceAction,
  action: string,
): Promise<void> {
  return changeSource(database, actor, key, async (_em, source) => {
    const from = source.status;
    move(source, step);
    return { action, details: { from } };
  });
}

function statusOf(source: SourceRow): SourceStatus {
  return source.status as SourceStatus;
}

function move(source: SourceRow, action: SourceAction): void {
  source.status = nextStatus(source.key, statusOf(source), action);
}

/** @throws PlatformError SOURCE_STATE when it has none */
async function findNewest(em: SqlEntityManager, source: SourceRow): Promise<SourceVersionRow> {
  const newest = await findNewestVersion(em, source.id);
  if (newest !== null) return newest;
  throw new PlatformError('SOURCE_STATE', `The source "${source.key}" has no version.`);
}

async function chooseVersion(
  em: SqlEntityManager,
  source: SourceRow,
  number: number | null,
): Promise<SourceVersionRow> {
  if (number === null) return findNewest(em, source);
  const version = await findVersion(em, source.id, number);
  if (version !== null) return version;
  throw new PlatformError('NOT_FOUND', `The source "${source.key}" has no version ${number}.`);
}

/** The source is described by the version in use. */
function describeBy(em: SqlEntityManager, source: SourceRow, version: SourceVersionRow): void {
  const text = version.manifest ?? null;
  const { manifest } = text === null ? { manifest: null } : parseManifest(text);
  em.assign(source, manifest === null ? { version: version.version } : columnsOf(manifest));
}
