import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { describeError, PlatformError } from '../domain/errors.js';
import { FOLDER_ADVICE, makeKeyFolder } from './keyFolder.js';
import { createSealer, SEALING_KEY_BYTES, type Sealer } from './seal.js';

/** Where the keys are. */
export interface SealingKeyPlace {
  readonly path: string;
  /** True = a missing file is made, with a key of its own and mode 0600. */
  readonly make: boolean;
}

/**
 * Opens the sealer of the keys in a file: one key of 32 bytes a line, in base64 or hexadecimal. The first one seals; the others open what was sealed before
 * the key was changed.
 * @throws PlatformError CONFIG_INVALID when the file cannot be read or holds something else; keys are never in the message
 */
export async function openSealer({ path, make }: SealingKeyPlace): Promise<Sealer> {
  const text = await readFile(path, 'utf8').catch(async (cause: NodeJS.ErrnoException) => {
    if (make && cause.code === 'ENOENT') return makeKey(path);
    throw unusable(path, `cannot be read: ${describeError(cause)}`);
  });
  const lines = text.split('\n').map((line) => line.trim());
  const [key, ...olderKeys] = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => read(line, path));
  if (key === undefined) throw unusable(path, 'holds no key');
  return createSealer(key, olderKeys);
}

function read(line: string, path: string): Uint8Array {
  const key = Buffer.from(line, /^[0-9a-f]{64}$/i.test(line) ? 'hex' : 'base64');
  if (key.length === SEALING_KEY_BYTES) return key;
  throw unusable(path, `must hold ${SEALING_KEY_BYTES} bytes a line, in base64 or hexadecimal`);
}

/** Makes the file unless it is there; of two processes that do so at once, both find the same key. */
async function makeKey(path: string): Promise<string> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await makeKeyFolder(path);
    await writeFile(draft, `${randomBytes(SEALING_KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw unusable(path, `cannot be made: ${describeError(cause)}. ${FOLDER_ADVICE}`);
  } finally {
    await rm(draft, { force: true });
  }
}

function unusable(path: string, what: string): PlatformError {
  return new PlatformError('CONFIG_INVALID', `The file of the sealing key, ${path}, ${what}.`);
}
