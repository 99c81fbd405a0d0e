import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError, PlatformError } from '../domain/errors.js';
import { readProcess } from './process.js';

/** Holds the data folder for one process. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Makes a folder and those above it. `mkdir` with `recursive` never comes back where the system says ENOENT although the folder above is there, as /proc does.
 * @param path absolute
 * @throws what the system says
 */
export async function makeFolder(path: string): Promise<void> {
  const parent = dirname(path);
  const failure = await mkdir(path).then(
    () => null,
    (error: NodeJS.ErrnoException) => error,
  );
  if (failure === null || (failure.code === 'EEXIST' && (await isFolder(path)))) return;
  if (failure.code !== 'ENOENT' || parent === path || (await isFolder(parent))) throw failure;
  await makeFolder(parent);
  await makeFolder(path);
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() === true;
}

/**
 * Takes the data folder, so that no two platforms work on one. A lock that a killed process left behind is taken over.
 * @throws PlatformError DATA_FOLDER_IN_USE, DATA_FOLDER_UNUSABLE
 */
export async function lockFolder(dataDir: string): Promise<FolderLock> {
  const file = join(dataDir, 'platform.lock');
  try {
    await makeFolder(dataDir);
    await alone(dataDir, async () => {
      const [pid = '', start] = (await readFile(file, 'utf8').catch(() => '')).split(' ');
      // A number alone proves nothing: it may belong to another process by now. Number and start time do.
      if (pid !== '' && start !== '' && (await startOf(Number(pid))) === start) {
        throw new PlatformError(
          'DATA_FOLDER_IN_USE',
          `The data folder ${dataDir} is in use by process ${pid}. Stop it, or name another DATA_DIR.`,
        );
      }
      await rm(file, { force: true });
      await writeFile(file, `${process.pid} ${await startOf(process.pid)}`, { mode: 0o600 });
    });
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    throw new PlatformError(
      'DATA_FOLDER_UNUSABLE',
      `The data folder ${dataDir} cannot be used: ${describeError(error)}. Name another DATA_DIR.`,
      { cause: error },
    );
  }
  let held = true;
  return {
    async release() {
      // A second call could remove the lock of whoever came next.
      if (held) await rm(file, { force: true });
      held = false;
    },
  };
}

/**
 * Does something that no other process on this machine may do to the folder at the same time: to see that a lock is stale and to replace it is one
 * step, else two could do it one after the other. The mutex is a socket name that the kernel gives back when its process dies, however it dies.
 */
async function alone(folder: string, work: () => Promise<void>): Promise<void> {
  // Whatever path leads to the folder, these two numbers are its own.
  const { dev, ino } = await stat(folder);
  const name = `\0dti-graph-${dev}-${ino}`;
  const server = createServer();
  for (let attempt = 0; ; attempt += 1) {
    const failure = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
      server.once('error', resolve);
      server.listen(name, () => resolve(null));
    });
    server.removeAllListeners();
    if (failure === null) break;
    if (failure.code !== 'EADDRINUSE') throw failure;
    if (attempt === 500) {
      throw new PlatformError('DATA_FOLDER_IN_USE', `The data folder ${folder} is being taken by others; try again.`);
    }
    await sleep(10);
  }
  try {
    await work();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** When a process started, in the kernel's own ticks; empty = there is none. */
async function startOf(pid: number): Promise<string> {
  const state = await readProcess(pid).catch(() => null);
  return state === null || state.hasEnded ? '' : state.start;
}
