import type { Config } from '../config.js';
import { PlatformError } from '../domain/errors.js';
import { findEmbedded, hasCluster, startEmbedded } from '../store/embedded.js';
import { ensureDatabase } from '../store/ensureDatabase.js';
import { lockFolder } from '../store/folder.js';

/** The database of the environment, for commands that need no running platform. */
export interface DatabasePlace {
  /** Address of the tables' owner, with its password; never shown. */
  readonly url: string;
  /** For people: `embedded, in /srv/dti/.data`. */
  readonly name: string;
  /** Stops what was started for the command. */
  close(): Promise<void>;
}

const NAME = 'dti';

/**
 * Opens the database that there is: DATABASE_URL, else the embedded server of DATA_DIR, of a running platform or started for this command.
 * @throws PlatformError NOT_FOUND when DATA_DIR holds none; DATA_FOLDER_IN_USE while a platform starts on it
 */
export async function openDatabasePlace(config: Config): Promise<DatabasePlace> {
  const external = externalPlace(config);
  if (external !== null) return external;
  const { dataDir } = config;
  if (!(await hasCluster(dataDir))) {
    throw new PlatformError(
      'NOT_FOUND',
      `There is no database in ${dataDir}. Name its folder by DATA_DIR, or set DATABASE_URL.`,
    );
  }
  try {
    return await openOwn(dataDir);
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== 'DATA_FOLDER_IN_USE') throw error;
    const url = await findEmbedded(dataDir, NAME);
    if (url === null) throw error;
    return { url, name: `embedded, in ${dataDir}, of a running platform`, close: async () => undefined };
  }
}

/**
 * Opens a database to be filled: DATABASE_URL, else that of the embedded server of DATA_DIR, made when it is not there.
 * @throws PlatformError DATA_FOLDER_IN_USE when a platform runs on the folder
 */
export async function makeDatabasePlace(config: Config): Promise<DatabasePlace> {
  return externalPlace(config) ?? (await openOwn(config.dataDir));
}

function externalPlace({ databaseUrl, databaseMigrationUrl }: Config): DatabasePlace | null {
  const url = databaseMigrationUrl ?? databaseUrl;
  return url === null ? null : { url, name: 'at DATABASE_URL', close: async () => undefined };
}

async function openOwn(dataDir: string): Promise<DatabasePlace> {
  const lock = await lockFolder(dataDir);
  try {
    const server = await startEmbedded({ dataDir });
    const close = async () => {
      await server.stop();
      await lock.release();
    };
    const url = await ensureDatabase(server.url('postgres'), server.url(NAME)).catch(async (error: unknown) => {
      await server.stop();
      throw error;
    });
    return { url, name: `embedded, in ${dataDir}`, close };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
