import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { DATA_FOLDER } from '../config.js';
import { PlatformError } from '../domain/errors.js';
import { parseManifest } from '../source/manifest/parseManifest.js';
import { EXAMPLE_KEY, exampleSource } from '../source/suite/exampleSource.js';
import { createRecorder, type Recorder } from '../source/suite/recording.js';
import { runSuite } from '../source/suite/runSuite.js';
import { subjectOfManifest } from '../source/suite/subject.js';
import { readLookups } from './connectorSubject.js';

const TEMPLATE = resolve(DATA_FOLDER, '../docs/connector-template');
const FILES = {
  manifest: { 'manifest.yaml': 'manifest.yaml', 'README.md': 'README.md' },
  code: { 'index.ts.txt': 'index.ts', 'parse.ts.txt': 'parse.ts', 'README.md': 'README.md' },
} as const;
const RECORDING = 'recording/exchanges.json';

/**
 * Makes the folder of a connector that passes the contract: it reads a recorded example until somebody changes it.
 * @param parent folder in which the folder is made
 * @returns names of the files, from the folder
 * @throws PlatformError BAD_USER_INPUT when the name cannot be a key or the folder is there already; NOT_FOUND when the parent is not
 */
export async function createConnectorFolder(
  parent: string,
  name: string,
  kind: 'manifest' | 'code',
): Promise<readonly string[]> {
  if (!/^[a-z][a-z0-9_]{1,39}$/.test(name)) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `"${name}" is no name of a connector: write 2 to 40 small letters, digits and _, beginning with a letter, such as land_registry.`,
    );
  }
  if (!existsSync(parent))
    throw new PlatformError('NOT_FOUND', `There is no folder ${parent}. Run this in the folder of the project.`);
  const folder = join(parent, name);
  if (existsSync(folder))
    throw new PlatformError('BAD_USER_INPUT', `${folder} is there already. Choose another name, or remove it.`);
  const fill = async (file: string): Promise<string> =>
    (await readFile(join(TEMPLATE, file), 'utf8')).replaceAll('__name__', name);
  const files = Object.entries(FILES[kind]);
  const contents: [string, string][] = [[RECORDING, await recordExample(await fill('manifest.yaml'))]];
  for (const [from, to] of files) contents.push([to, await fill(from)]);
  for (const [file, text] of contents) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  return contents.map(([file]) => file);
}

/** Runs the suite on the template, and keeps what the example source answered. */
async function recordExample(text: string): Promise<string> {
  const { manifest, problems } = parseManifest(text);
  if (manifest === null) throw new Error(`The template is broken: ${problems.map(({ message }) => message).join(' ')}`);
  const settings = { baseUrl: 'http://example.invalid/', secrets: { apiKey: EXAMPLE_KEY } };
  let recorder: Recorder | null = null;
  const reports = await runSuite(subjectOfManifest(manifest, parseYaml(text), { settings, ...(await readLookups()) }), {
    upstream: (address) => {
      const options = { key: manifest.key, path: '', secrets: settings.secrets, recordedAt: new Date(), address };
      recorder = createRecorder(exampleSource, options);
      return recorder.upstream;
    },
  });
  const failures = reports.filter(({ result }) => result === 'failed').map(({ name, seen }) => `${name}: ${seen}`);
  const recording = (recorder as Recorder | null)?.finish();
  if (failures.length > 0 || recording === undefined) throw new Error(`The template is broken: ${failures.join(' ')}`);
  return `${JSON.stringify(recording, null, 1)}\n`;
}
