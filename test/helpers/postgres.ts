import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { loadReference } from '../../src/pipeline/loadReference.js';
import { startEmbedded } from '../../src/store/embedded.js';
import { openDatabase } from '../../src/store/orm.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the maintenance database of the run's own server. */
    serverUrl: string;
  }
}

/** The year of the open round in tests. */
export const TEST_YEAR = 2026;

/** One server per run, with a migrated template and one that holds the reference data too. TEST_DATABASE_URL takes a server at hand instead. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_DATABASE_URL;
  const folder = await mkdtemp(join(tmpdir(), 'dti-test-'));
  const server =
    given === undefined
      ? await startEmbedded({
          dataDir: folder,
          settings: ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'],
        })
      : null;
  const serverUrl = given ?? server?.url('postgres') ?? '';
  const prefix = `t${process.pid}`;
  const { createDatabase, at } = await import('./database.js');
  for (const name of ['template', 'reference']) {
    await createDatabase(serverUrl, `${prefix}_${name}`, name === 'reference' ? `${prefix}_template` : null);
    const database = await openDatabase({ url: at(serverUrl, `${prefix}_${name}`) });
    if (name === 'reference') {
      const folder = join(import.meta.dirname, '../../data');
      await loadReference(database, { folder, currentYear: TEST_YEAR, now: new Date() });
    }
    await database.close();
  }
  project.provide('serverUrl', `${serverUrl}#${prefix}`);
  return async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
