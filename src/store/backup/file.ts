import { access, constants, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import pg from 'pg';
import { describeError, PlatformError } from '../../domain/errors.js';
import { migrationTexts } from '../orm.js';
import { ArchiveWriter, readArchive } from './archive.js';
import { type Dumped, type DumpOptions, dumpDatabase } from './dump.js';
import { type Restored, type RestoreOptions, restoreDatabase } from './restore.js';

/**
 * Writes a backup of a database to a file, which appears under its name when it is whole, readable by its owner alone.
 * @param url of the tables' owner, or of a role that may read all
 * @throws PlatformError DATABASE_UNREACHABLE, NOT_FOUND
 */
export async function writeBackup(
  url: string,
  path: string,
  options: DumpOptions,
): Promise<Dumped & { bytes: number }> {
  const partial = `${path}.${process.pid}.partial`;
  const file = await open(partial, 'wx', 0o600);
  try {
    const client = await dial(url);
    const archive = new ArchiveWriter(file);
    const dumped = await dumpDatabase(client, (entry) => archive.add(entry), options).finally(() => hangUp(client));
    await archive.finish();
    await file.sync();
    const { size } = await file.stat();
    await file.close();
    await rename(partial, path);
    await syncFolder(dirname(path));
    return { ...dumped, bytes: size };
  } catch (error) {
    await file.close();
    await rm(partial, { force: true });
    throw error;
  }
}

/**
 * Restores a backup from a file into an empty database; see {@link restoreDatabase}.
 * @param url of the tables' owner to be
 * @throws PlatformError DATABASE_UNREACHABLE, RESTORE_NOT_EMPTY, BACKUP_NEWER, BACKUP_DAMAGED
 */
export async function restoreBackup(
  url: string,
  path: string,
  options: Omit<RestoreOptions, 'migrations'>,
): Promise<Restored> {
  // Fails at once when there is no such file.
  await access(path, constants.R_OK);
  const client = await dial(url);
  try {
    const migrations = await migrationTexts(url);
    const restored = await restoreDatabase(client, readArchive(path), { ...options, migrations });
    // Else the first queries are planned as if the tables were empty.
    await client.query('analyze');
    return restored;
  } finally {
    await hangUp(client);
  }
}

/** After a rename only the folder knows the file's name. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  await handle.sync().finally(() => handle.close());
}

async function dial(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: 'dti-graph backup',
  });
  client.on('error', () => undefined);
  await client.connect().catch((cause: unknown) => {
    const { hostname, port } = new URL(url);
    throw new PlatformError(
      'DATABASE_UNREACHABLE',
      `PostgreSQL at ${hostname}:${port} does not answer: ${describeError(cause)}.`,
      { cause },
    );
  });
  return client;
}

/** Whatever was not committed is rolled back by the server. */
async function hangUp(client: pg.Client): Promise<void> {
  await client.end().catch(() => undefined);
}
