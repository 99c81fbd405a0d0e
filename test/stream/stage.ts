import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { freePort, startEmbedded } from '../../src/store/embedded.js';
import { ensureDatabase } from '../../src/store/ensureDatabase.js';
import { type Database, openDatabase } from '../../src/store/orm.js';
import { makeFolder, type PlatformProcess, startPlatform } from '../helpers/platform.js';

/** A PostgreSQL, a worker and gateways, each in processes of its own, that tests may kill and start again at the same address. */
export interface Stage {
  readonly database: Database;
  readonly catalogue: Catalogue;
  /** Addresses of the gateways, running or not. */
  readonly gateways: readonly string[];
  /** Kills a gateway (SIGKILL) and starts it again. */
  killGateway(at: number): Promise<void>;
  /** Stops the server, with all its connections, and starts it again. */
  restartDatabase(): Promise<void>;
  query<T>(at: number, document: string, variables?: Record<string, unknown>): Promise<T>;
  close(): Promise<void>;
}

const CONNECTIONS = 320;

/**
 * Opens it.
 * @param prepare changes the database after the worker has made the tables and loaded the reference data, before a gateway starts
 */
export async function openStage(
  gatewayCount: number,
  poolSize: number,
  prepare: (database: Database) => Promise<void>,
): Promise<Stage> {
  const cleanUp: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const clean of cleanUp.splice(0).reverse()) await clean();
  };
  try {
    const folder = await makeFolder();
    cleanUp.push(folder.remove);
    const port = await freePort();
    const place = {
      dataDir: join(folder.path, 'database'),
      // The port is part of the address that all processes hold on to.
      settings: ['fsync=off', `port=${port}`, `max_connections=${CONNECTIONS}`],
    };
    let server = await startEmbedded(place);
    cleanUp.push(() => server.stop());
    const at = (name: string) => server.url(name).replace(`:${server.port}/`, `:${port}/`);
    const url = await ensureDatabase(at('postgres'), at('dti'));
    const key = join(folder.path, 'key');
    await writeFile(key, '07'.repeat(32));
    const shared = { DATABASE_URL: url, DEMO: '0', LOCAL_TOKENS: '0', PUBLIC_PROVISIONAL: '1', SECRETS_KEY_FILE: key };
    const start = (role: string, name: string, rest: Record<string, string> = {}) =>
      startPlatform({ ...shared, ROLE: role, DATA_DIR: join(folder.path, name), ...rest });
    const worker = await start('worker', 'worker');
    cleanUp.push(() => worker.end('SIGKILL'));
    const database = await openDatabase({ url, poolSize });
    cleanUp.push(() => database.close());
    await prepare(database);
    const ports = await Promise.all(Array.from({ length: gatewayCount }, freePort));
    const startGateway = (index: number) => start('gateway', `gateway ${index}`, { PORT: String(ports[index]) });
    const processes: PlatformProcess[] = await Promise.all(ports.map((_, index) => startGateway(index)));
    cleanUp.push(() => Promise.all(processes.map((each) => each.end('SIGKILL'))));
    return {
      database,
      catalogue: await readCatalogue(database.fork()),
      gateways: processes.map((each) => each.url),
      async killGateway(index) {
        await processes[index]?.end('SIGKILL');
        processes[index] = await startGateway(index);
      },
      async restartDatabase() {
        await server.stop();
        server = await startEmbedded(place);
      },
      query: (index, document, variables) => need(processes[index]).query(document, variables),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function need(platform: PlatformProcess | undefined): PlatformProcess {
  if (platform === undefined) throw new Error('there is no such gateway');
  return platform;
}
