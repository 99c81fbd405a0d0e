import { cp, mkdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolder, startPlatform } from './platform.js';

/** A first start on a busy machine takes less. */
const PATIENCE_MS = 150_000;

/**
 * A folder as a platform leaves it that was started once with the demonstration and told to end. A first start takes twenty seconds of two cores and the
 * next one a few, so tests of anything but the first start begin with a copy of this one, which the first of them in a run makes.
 */
export async function copyStartedFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const folder = await makeFolder();
  await fillStarted(folder.path);
  return folder;
}

/** Copies that folder into another one; what is there already stays as it is. */
export async function fillStarted(path: string): Promise<void> {
  // The folder of temporary files is the run's own; see vitest.config.ts.
  const place = join(tmpdir(), 'started');
  const [original, mark] = [join(place, 'data'), join(place, 'done')];
  const isFirst = (await mkdir(place, { recursive: true })) !== undefined;
  if (isFirst) {
    const platform = await startPlatform({ DATA_DIR: original });
    if ((await platform.end('SIGTERM')) !== 0) throw new Error(`the first start did not end well:\n${platform.said()}`);
    await writeFile(mark, '');
  }
  for (let waited = 0; !(await exists(mark)); waited += 100) {
    if (waited > PATIENCE_MS) throw new Error('the first start, which another test waits for, has not ended');
    await sleep(100);
  }
  await cp(original, path, { recursive: true, force: false });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
