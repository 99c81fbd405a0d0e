import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { nextStatus, type SourceStatus } from '../domain/source.js';
import { sha256 } from '../source/hash.js';
import { type ParsedManifest, parseManifest } from '../source/manifest/parseManifest.js';
import type { FoundProblem, ManifestProblem } from '../source/manifest/problem.js';
import type { Manifest } from '../source/manifest/schema.js';
import { lockRegistration, lockSource } from '../store/lock.js';
import { type SourceRow, SourceTable } from '../store/tables/source.js';
import { type SourceVersionRow, SourceVersionTable } from '../store/tables/sourceVersion.js';
import { type Actor, recordChange } from './changeSource.js';
import { vocabularyOf } from './manifestWords.js';
import { columnsOf, selfReportSource } from './source.js';
import { type NewSettings, writeSettings } from './sourceSettings.js';
import type { SourceStage } from './sourceStage.js';

/** What came of a registration. */
export interface Registration {
  /** Key of the source; null = there are problems, and nothing was written. */
  readonly key: string | null;
  /** True when this version was not there before. */
  readonly isNew: boolean;
  readonly problems: readonly ManifestProblem[];
}

/** A manifest to register, with settings of its source that come along. */
export interface NewManifest extends NewSettings {
  /** YAML or JSON. */
  readonly text: string;
}

/**
 * Registers a version of a source. The same text again changes nothing; another text needs a higher version. A source that is active or paused goes on with
 * the version in use until the new one is activated.
 * @returns what is wrong with the manifest as data: its own mistakes, codes that the platform does not know, a version that was used before
 * @throws PlatformError SOURCE_STATE when the source is retired; BAD_USER_INPUT for settings
 */
export async function registerManifest(
  { database, library, now }: Pick<SourceStage, 'database' | 'library' | 'now'>,
  actor: Actor,
  { text, ...settings }: NewManifest,
): Promise<Registration> {
  const { manifest, problems, locate } = readManifest(library, text);
  if (manifest === null) return { key: null, isNew: false, problems };
  const { key, version } = manifest;
  return database.fork().transactional(async (em) => {
    await lockRegistration(em);
    const known = await em.findOne(SourceTable, { key });
    if (known !== null) {
      await lockSource(em, known.id);
      await em.refresh(known);
    }
    const versions = known === null ? [] : await em.find(SourceVersionTable, { sourceId: known.id });
    const conflict = findConflict(known, versions, version, sha256(text));
    if (conflict !== null) return { key: null, isNew: false, problems: [locate(conflict)] };
    if (known !== null) nextStatus(key, known.status as SourceStatus, 'register');
    const isNew = !versions.some((each) => each.version === version);
    const source = isNew ? await addVersion(em, known, manifest, text, actor, now()) : known;
    if (source === null) throw new Error('a version without a source');
    const changed = await writeSettings(em, library, source, settings, now());
    if (isNew || changed.length > 0) {
      const details = { version, isNew, ...(changed.length > 0 ? { changed } : {}) };
      await recordChange(em, actor, source, { action: 'registerSource', details });
    }
    return { key, isNew, problems: [] };
  });
}

/**
 * What a registration would find wrong with a manifest, without writing anything.
 * @returns as {@link registerManifest}, in the order of the text; empty = it would be registered as things are now
 */
export async function findManifestProblems(
  { database, library }: Pick<SourceStage, 'database' | 'library'>,
  text: string,
): Promise<readonly ManifestProblem[]> {
  const { manifest, problems, locate } = readManifest(library, text);
  if (manifest === null) return problems;
  const em = database.fork();
  const known = await em.findOne(SourceTable, { key: manifest.key });
  if (known === null) return [];
  const versions = await em.find(SourceVersionTable, { sourceId: known.id }, { exclude: ['manifest'] });
  const conflict = findConflict(known, versions, manifest.version, sha256(text));
  return conflict === null ? [] : [locate(conflict)];
}

/** Reads a manifest whose key a source may have. */
function readManifest(library: SourceStage['library'], text: string): ParsedManifest {
  const parsed = parseManifest(text, vocabularyOf(library.catalogue()));
  const key = parsed.manifest?.key;
  if (key !== selfReportSource(false).key) return parsed;
  const message = `The key "${key}" belongs to the platform itself. Choose another one.`;
  return { ...parsed, manifest: null, problems: [parsed.locate({ path: ['key'], code: 'value', message })] };
}

/** Why a version cannot be registered; null = it can, or it is there with the same text. */
function findConflict(
  known: Pick<SourceRow, 'key' | 'nameEn' | 'owner'> | null,
  versions: readonly Pick<SourceVersionRow, 'version' | 'sha256' | 'createdBy'>[],
  version: number,
  hash: string,
): FoundProblem | null {
  const same = versions.find((each) => each.version === version);
  if (same?.sha256 === hash) return null;
  const newest = Math.max(0, ...versions.map((each) => each.version));
  if (known === null || (same === undefined && version > newest)) return null;
  const why = same === undefined ? `Version ${newest} is newer` : `Version ${version} is registered with another text`;
  const { createdBy } = same ?? versions.find((each) => each.version === newest) ?? {};
  // Whoever meant a new source must not go on to take over the one of somebody else.
  const whose = `The key "${known.key}" is that of "${known.nameEn}" of ${known.owner}, registered by ${createdBy ?? 'the platform itself'}`;
  const advice = `Raise version to ${newest + 1} to change that source; a new source needs another key.`;
  return { path: ['version'], code: 'version', message: `${why}. ${whose}. ${advice}` };
}

async function addVersion(
  em: SqlEntityManager,
  known: SourceRow | null,
  manifest: Manifest,
  text: string,
  actor: Actor,
  now: Date,
): Promise<SourceRow> {
  const { key, version } = manifest;
  const columns = columnsOf(manifest);
  const source = known ?? em.create(SourceTable, { key, ...columns, status: 'DRAFT', createdAt: now });
  source.status = nextStatus(key, source.status as SourceStatus, 'register');
  if (source.status === 'DRAFT') em.assign(source, columns);
  await em.flush();
  em.create(SourceVersionTable, {
    ...{ sourceId: source.id, version, manifest: text, sha256: sha256(text) },
    ...{ createdAt: now, createdBy: actor?.subject ?? null },
  });
  await em.flush();
  return source;
}
