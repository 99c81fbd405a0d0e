import { onTestFinished } from 'vitest';
import { holdCatalogue, openServing, type Serving } from '../../src/platform.js';
import type { PartState, Readiness } from '../../src/server/health.js';
import { type GraphServer, type ServerOptions, startServer } from '../../src/server/http.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';

/** A server on a free port, and what it logged. */
export interface TestServer extends GraphServer {
  readonly log: readonly string[];
}

/** Starts a server that ends with the test; without a platform it stays in its starting state. */
export async function startTestServer(options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const log: string[] = [];
  const isReady = options.platform !== undefined;
  const state: PartState = isReady ? 'ready' : 'loading';
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    introspection: true,
    platform: () => null,
    readiness: (): Readiness => ({ ready: isReady, parts: { database: 'ready', reference: state } }),
    log: (line) => void log.push(line),
    ...options,
  });
  onTestFinished(() => server.close());
  return { ...server, log };
}

/** A platform with the reference data and without scores, for tests of the protocols. */
export interface TestServing extends Serving {
  readonly database: TestDatabase;
}

/** Opens it on a database of its own; close it in afterAll. */
export async function openTestServing(): Promise<TestServing> {
  const database = await openTestDatabase();
  const catalogue = await holdCatalogue(database.database);
  const serving = await openServing(database.database, catalogue, { publicProvisional: true, log: () => undefined });
  return {
    ...serving,
    database,
    async close() {
      await serving.close();
      await database.drop();
    },
  };
}
