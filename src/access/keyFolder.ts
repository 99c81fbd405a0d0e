import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What to do when a key file cannot be made. */
export const FOLDER_ADVICE =
  'Name a file whose folder is there and may be written to; unless named it is in DATA_DIR, which the platform makes at its start';

/**
 * Makes the folder that a key file is to be in, unless it is there; not those above it, since `mkdir` with `recursive` never comes back in some places, as
 * in /proc.
 * @throws what the system says
 */
export async function makeKeyFolder(file: string): Promise<void> {
  await mkdir(dirname(file)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
