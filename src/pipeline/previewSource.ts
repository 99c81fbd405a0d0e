import { PlatformError } from '../domain/errors.js';
import { parseManifest } from '../source/manifest/parseManifest.js';
import type { ManifestProblem } from '../source/manifest/problem.js';
import { previewSource as previewConnector, type SourcePreview } from '../source/preview.js';
import { vocabularyOf } from './manifestWords.js';
import { recordLookupIn } from './recordLookup.js';
import { findNewestVersion, findVersion } from './source.js';
import { type OpenedSource, requireSource } from './sourceLibrary.js';
import type { NewSettings } from './sourceSettings.js';
import { type SourceStage, trialOptions } from './sourceStage.js';

/** Pages of a preview, when nobody says how many. */
export const PREVIEW_PAGES = 2;
/** Most pages of a preview. */
export const MAX_PREVIEW_PAGES = 5;

/** What to preview: a manifest that need not be registered, or a version of a source (null = the newest). Settings given here come before the stored ones. */
export interface PreviewRequest extends Pick<NewSettings, 'baseUrl' | 'secrets'> {
  readonly manifest: string | null;
  readonly key: string | null;
  readonly version: number | null;
  readonly maxPages: number;
}

/** A preview, or why there is none. */
export interface Preview {
  /** null = the manifest has problems. */
  readonly preview: SourcePreview | null;
  readonly problems: readonly ManifestProblem[];
}

/**
 * Reads a few pages as a sync would and writes nothing, on no table.
 * @throws PlatformError NOT_FOUND, SOURCE_STATE, SECRETS_KEY, BAD_USER_INPUT when neither or both of manifest and key are given
 */
export async function previewSource(stage: SourceStage, request: PreviewRequest): Promise<Preview> {
  const { manifest: text, key, maxPages } = request;
  if ((text === null) === (key === null)) {
    throw new PlatformError('BAD_USER_INPUT', 'Give a manifest, or the key of a source; not both.');
  }
  if (!Number.isInteger(maxPages) || maxPages < 1 || maxPages > MAX_PREVIEW_PAGES) {
    throw new PlatformError('BAD_USER_INPUT', `A preview has 1 to ${MAX_PREVIEW_PAGES} pages, not ${maxPages}.`);
  }
  const catalogue = stage.library.catalogue();
  let opened: Pick<OpenedSource, 'connector' | 'settings'>;
  if (text !== null) {
    const { manifest, problems } = parseManifest(text, vocabularyOf(catalogue));
    if (manifest === null) return { preview: null, problems };
    // Without the stored settings of a source of the same key: its secrets must not go where this text says.
    opened = { connector: stage.library.compile(manifest), settings: { baseUrl: '', secrets: {} } };
  } else opened = await open(stage, key ?? '', request.version);
  const { connector } = opened;
  const settings = {
    baseUrl: request.baseUrl ?? opened.settings.baseUrl,
    secrets: request.baseUrl === undefined ? { ...opened.settings.secrets } : {},
  };
  for (const { name, value } of request.secrets ?? []) settings.secrets[name] = value;
  const preview = await previewConnector(connector, {
    ...trialOptions(stage, settings),
    ...{ mode: 'FULL_REFRESH', cursors: {}, lookup: recordLookupIn(catalogue), maxPages },
  });
  return { preview, problems: [] };
}

async function open(stage: SourceStage, key: string, number: number | null): Promise<OpenedSource> {
  const em = stage.database.fork();
  const source = await requireSource(em, key);
  const version = await (number === null ? findNewestVersion(em, source.id) : findVersion(em, source.id, number));
  if (number !== null && version === null)
    throw new PlatformError('NOT_FOUND', `The source "${key}" has no version ${number}.`);
  return stage.library.openVersion(em, source, version);
}
