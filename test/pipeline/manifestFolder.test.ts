import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FolderStage, registerFolder, watchFolder } from '../../src/pipeline/manifestFolder.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { NOW, rowsOf } from '../store/batch.js';
import { openLibrary, sampleManifest } from './sourceStage.js';

let test: TestDatabase;
let stage: FolderStage;
let folder: string;
let logged: string[];
beforeAll(async () => {
  test = await openTestDatabase();
  const { library } = await openLibrary(test.database);
  stage = { database: test.database, library, now: () => NOW, log: (line) => logged.push(line) };
});
afterAll(() => test.drop());
beforeEach(async () => {
  logged = [];
  folder = await mkdtemp(join(tmpdir(), 'dti-manifests-'));
  return () => rm(folder, { recursive: true });
});

const put = (name: string, text: string) => writeFile(join(folder, name), text);
const versionsOf = (key: string) =>
  rowsOf(
    test.database,
    `select v.version, v.created_by, s.status from source_version v join source s on s.id = v.source_id where s.key = ? order by 1`,
    [key],
  );

/** Waits until something holds, at most a minute. */
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let waited = 0; !(await holds()); waited += 20) {
    if (waited > 60_000) throw new Error(`it did not happen; logged: ${logged.join('\n')}`);
    await sleep(20);
  }
}

describe('registerFolder', () => {
  it('registers each good manifest, and logs what is wrong with the others by line', async () => {
    await put('good.yaml', sampleManifest({ key: 'good' }));
    await put('bad.yml', sampleManifest({ key: 'bad', indicator: 'NOBODY' }));
    await put('data.json', JSON.stringify({ key: 'nothing' }));
    await put('notes.txt', 'no manifest');
    await mkdir(join(folder, 'nested'));
    await put('nested/manifest.yaml', sampleManifest({ key: 'nested' }));
    const place = { path: folder, shipped: false, simulated: true };
    const results = await registerFolder(stage, place);
    expect(results.map(({ key }) => key)).toEqual([null, null, 'good', 'nested']);
    expect(logged.join('\n')).toContain(`${join(folder, 'bad.yml')}:20:22 indicator`);
    expect(await versionsOf('good')).toEqual([{ version: 1, created_by: 'file:good.yaml', status: 'DRAFT' }]);
    logged = [];
    await put('good.yaml', sampleManifest({ key: 'good', name: 'Changed' }));
    await registerFolder(stage, place);
    expect(logged.join('\n')).toContain('version Version 1 is registered with another text');
    await put('good.yaml', sampleManifest({ key: 'good', name: 'Changed', version: 2 }));
    await registerFolder(stage, place);
    expect(await versionsOf('good')).toHaveLength(2);
  });

  it('leaves simulated sources alone where there are no simulators, and needs no folder', async () => {
    await put('simulated.yaml', sampleManifest({ key: 'simulated', extra: 'simulated: true' }));
    expect(await registerFolder(stage, { path: folder, shipped: false, simulated: false })).toMatchObject([
      { key: null },
    ]);
    expect(await versionsOf('simulated')).toEqual([]);
    const missing = { path: join(folder, 'missing'), shipped: false, simulated: true };
    expect(await registerFolder(stage, missing)).toEqual([]);
    expect(logged).toEqual([expect.stringContaining('cannot be read')]);
  });
});

describe('watchFolder', () => {
  it('registers what is put there or changed, and keeps the source of a file that vanishes', async () => {
    await put('first.yaml', sampleManifest({ key: 'first' }));
    const stop = new AbortController();
    const watching = watchFolder(stage, { path: folder, shipped: false, simulated: true }, stop.signal, 20);
    await until(async () => (await versionsOf('first')).length === 1);
    await put('second.yaml', sampleManifest({ key: 'second' }));
    await until(async () => (await versionsOf('second')).length === 1);
    await put('second.yaml', sampleManifest({ key: 'second', version: 2 }));
    await until(async () => (await versionsOf('second')).length === 2);
    await rm(join(folder, 'first.yaml'));
    await until(() => logged.some((line) => line.includes('first.yaml is gone')));
    expect(await versionsOf('first')).toMatchObject([{ status: 'DRAFT' }]);
    stop.abort();
    await watching;
  });
});
