import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, PlatformError } from './domain/errors.js';

/** Holds the data folder for one process. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Takes the data folder, so that no two platforms work on one. A lock that a killed process left behind is taken over.
 * @throws PlatformError DATA_FOLDER_IN_USE, DATA_FOLDER_UNUSABLE
 */
export async function lockFolder(dataDir: string): Promise<FolderLock> {
  const file = join(dataDir, 'platform.lock');
  const own = `${process.pid} ${await startOf(process.pid)}`;
  try {
    await mkdir(dataDir, { recursive: true });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const handle = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return null;
        throw error;
      });
      if (handle !== null) {
        await handle.writeFile(own);
        await handle.close();
        return { release: () => rm(file, { force: true }) };
      }
      const [pid = '', start] = (await readFile(file, 'utf8').catch(() => '')).split(' ');
      // A number alone proves nothing: it may belong to another process by now. Number and start time do.
      if (pid !== '' && start !== '' && (await startOf(Number(pid))) === start) {
        throw new PlatformError(
          'DATA_FOLDER_IN_USE',
          `The data folder ${dataDir} is in use by process ${pid}. Stop it, or name another DATA_DIR.`,
        );
      }
      await rm(file, { force: true });
    }
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    throw new PlatformError(
      'DATA_FOLDER_UNUSABLE',
      `The data folder ${dataDir} cannot be used: ${describeError(error)}. Name another DATA_DIR.`,
      { cause: error },
    );
  }
  throw new PlatformError('DATA_FOLDER_IN_USE', `The data folder ${dataDir} is being taken by others; try again.`);
}

/** When a process started, in the kernel's own ticks; empty = there is none. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in parentheses may hold spaces; the start time is the 20th field after it.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
