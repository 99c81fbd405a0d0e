import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../domain/errors.js';
import { MAX_MANIFEST_BYTES } from '../source/manifest/manifestText.js';
import { parseManifest } from '../source/manifest/parseManifest.js';
import { registerManifest } from './registerManifest.js';
import type { SourceStage } from './sourceStage.js';

const POLL_MS = 1000;

/** Where manifests are. */
export interface ManifestFolder {
  readonly path: string;
  /** True = `<path>/<source>/manifest.yaml` only, as connectors are shipped; false = every YAML and JSON file in it too. */
  readonly shipped: boolean;
  /** False = manifests that say `simulated: true` are left alone, since there are no simulators. */
  readonly simulated: boolean;
}

/** What a folder is read with. */
export interface FolderStage extends Pick<SourceStage, 'database' | 'library' | 'now'> {
  log(message: string): void;
}

/** What came of one file. */
export interface FileResult {
  /** Path of the file. */
  readonly file: string;
  /** Key of the source that has it as a version; null = refused or left alone. */
  readonly key: string | null;
}

/**
 * Registers the manifests of a folder: a new file makes a draft, a changed one with a higher version makes a new version. Whatever is wrong with a file is
 * logged with its line, and stops no other.
 */
export async function registerFolder(stage: FolderStage, folder: ManifestFolder): Promise<FileResult[]> {
  const results: FileResult[] = [];
  for (const file of await listManifests(folder, stage.log)) {
    results.push({ file, key: await registerFile(stage, folder, file) });
  }
  return results;
}

/**
 * Keeps registering what is new in a folder, until the signal ends it. A file is read once it has been the same for a second, so that none is read while it
 * is being written. One that vanishes is logged; its source goes on.
 */
export async function watchFolder(
  stage: FolderStage,
  folder: ManifestFolder,
  signal: AbortSignal,
  pollMs: number = POLL_MS,
): Promise<void> {
  const done = new Map<string, string>();
  let before = new Map<string, string>();
  for (const [file, state] of await describeFiles(folder, stage.log)) done.set(file, state);
  await registerFolder(stage, folder);
  while (!signal.aborted) {
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const current = await describeFiles(folder, () => undefined);
    for (const file of done.keys()) {
      if (current.has(file)) continue;
      done.delete(file);
      stage.log(`the manifest ${file} is gone; its source goes on as it was`);
    }
    for (const [file, state] of current) {
      if (done.get(file) === state || before.get(file) !== state) continue;
      done.set(file, state);
      await registerFile(stage, folder, file);
    }
    before = current;
  }
}

async function registerFile(stage: FolderStage, folder: ManifestFolder, file: string): Promise<string | null> {
  try {
    const { size } = await stat(file);
    if (size > MAX_MANIFEST_BYTES) throw new Error(`it has ${size} bytes, more than ${MAX_MANIFEST_BYTES}`);
    const text = await readFile(file, 'utf8');
    if (!folder.simulated && parseManifest(text).manifest?.simulated === true) return null;
    const actor = { subject: `file:${basename(join(file, folder.shipped ? '..' : '.'))}`, role: 'admin' } as const;
    const { key, isNew, problems } = await registerManifest(stage, actor, { text });
    for (const { line, column, code, message } of problems) stage.log(`${file}:${line}:${column} ${code} ${message}`);
    // What a release ships is no news of this platform.
    if (isNew && !folder.shipped) stage.log(`a new version of the source ${key} was registered from ${file}`);
    return key;
  } catch (error) {
    stage.log(`the manifest ${file} was not registered: ${describeError(error)}`);
    return null;
  }
}

/** Size and time of every manifest, as one text each. */
async function describeFiles(folder: ManifestFolder, log: FolderStage['log']): Promise<Map<string, string>> {
  const files = await listManifests(folder, log);
  const states = files.map(async (file): Promise<[string, string][]> => {
    const found = await stat(file).catch(() => null);
    return found === null ? [] : [[file, `${found.size} ${found.mtimeMs}`]];
  });
  return new Map((await Promise.all(states)).flat());
}

async function listManifests({ path, shipped }: ManifestFolder, log: FolderStage['log']): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    log(`the folder of manifests cannot be read: ${describeError(error)}`);
    return [];
  });
  const files = entries.filter((entry) => !shipped && entry.isFile() && /\.(ya?ml|json)$/i.test(entry.name));
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const inFolders = await Promise.all(
    folders.map(async ({ name }) => {
      const file = join(path, name, 'manifest.yaml');
      return (await stat(file).catch(() => null))?.isFile() === true ? [file] : [];
    }),
  );
  return [...files.map(({ name }) => join(path, name)), ...inFolders.flat()].sort();
}
