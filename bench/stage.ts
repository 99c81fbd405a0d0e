import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CODE_CONNECTORS } from '../connectors/index.js';
import { openSealer } from '../src/access/sealingKey.js';
import { DATA_FOLDER, readConfig } from '../src/config.js';
import { type Demonstration, openSources, openYear, type SyncStage, startDemonstration } from '../src/demonstration.js';
import type { Catalogue } from '../src/domain/catalogue.js';
import { loadReference } from '../src/pipeline/loadReference.js';
import { registerSource, SELF_REPORT } from '../src/pipeline/source.js';
import { SourceLibrary } from '../src/pipeline/sourceLibrary.js';
import { guardSources, openStore } from '../src/platform.js';
import { readCatalogue } from '../src/store/catalogue.js';
import type { Database } from '../src/store/orm.js';

/** A platform without its server, in a folder that goes when the bench ends. */
export interface Bench {
  readonly database: Database;
  readonly catalogue: Catalogue;
  readonly demonstration: Demonstration;
  /** What the sources are read with. */
  readonly sources: SyncStage;
  /** Year of the open round. */
  readonly year: number;
  close(): Promise<void>;
}

/** Opens an embedded PostgreSQL and the simulators, with the reference data and no observations yet. */
export async function openBench(): Promise<Bench> {
  const dataDir = await mkdtemp(join(tmpdir(), 'dti-bench-'));
  // A tick would change the data in the middle of a measurement.
  const config = readConfig({ DATA_DIR: dataDir, DEMO_TICK_MS: '86400000' });
  const now = new Date();
  const store = await openStore(config);
  const { database } = store;
  await loadReference(database, { folder: DATA_FOLDER, currentYear: openYear(now), now });
  await registerSource(database, SELF_REPORT, 'ACTIVE', now);
  const catalogue = await readCatalogue(database.fork());
  const log = (message: string) => void process.stderr.write(`${message}\n`);
  const demonstration = await startDemonstration(config, now, log);
  const sources: SyncStage = {
    database,
    library: new SourceLibrary({
      ...{ database, catalogue: () => catalogue, codeConnectors: CODE_CONNECTORS },
      sealer: await openSealer({ path: join(dataDir, 'secrets-key'), make: true }),
    }),
    now: () => new Date(),
    signal: new AbortController().signal,
    addressGuard: guardSources(config, demonstration.host),
    log,
  };
  await openSources(sources, demonstration);
  return {
    ...{ database, demonstration, year: openYear(now), catalogue, sources },
    async close() {
      await demonstration.close();
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
