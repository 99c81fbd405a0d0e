import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CODE_CONNECTORS } from '../../connectors/index.js';
import { generateCredentials } from '../../simulators/credentials.js';
import { type Simulators, startSimulators } from '../../simulators/server.js';
import { createSealer } from '../../src/access/seal.js';
import { DATA_FOLDER } from '../../src/config.js';
import {
  type Demonstration,
  loadSelfReports,
  openSources,
  type SyncStage,
  settingsOf,
  simulatorHost,
  syncAll,
} from '../../src/demonstration.js';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { computeRound } from '../../src/pipeline/compute.js';
import { registerSource, SELF_REPORT } from '../../src/pipeline/source.js';
import { SourceLibrary } from '../../src/pipeline/sourceLibrary.js';
import { createAddressGuard } from '../../src/source/address.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import type { Database } from '../../src/store/orm.js';
import { TEST_YEAR } from './postgres.js';

/** The simulated databases in this process, on a free port and in a folder of their own. */
export interface TestDemonstration extends Demonstration {
  readonly simulators: Simulators;
  /** Talks to the control interface: `control('POST', 'tick', {})`. */
  control(method: 'GET' | 'POST' | 'DELETE', operation: string, body?: unknown): Promise<unknown>;
}

/** Starts the simulators; the clock of their data stands still until it is moved by control. */
export async function startTestDemonstration(): Promise<TestDemonstration> {
  const credentials = generateCredentials();
  const dataDir = await mkdtemp(join(tmpdir(), 'dti-simulators-'));
  const simulators = await startSimulators({
    ...{ port: 0, dataDir, seed: 922, tickMs: 0, credentials },
    figuresDir: join(DATA_FOLDER, 'demonstration'),
    anchor: { year: TEST_YEAR, month: 11 },
  });
  return {
    simulators,
    port: simulators.port,
    host: simulatorHost(simulators.port),
    controlToken: credentials.controlToken,
    settings: (key) => settingsOf(key, simulators.port, credentials),
    async control(method, operation, body) {
      const response = await fetch(`http://127.0.0.1:${simulators.port}/_control/${operation}`, {
        method,
        headers: { 'x-control-token': credentials.controlToken, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer: unknown = await response.json();
      if (!response.ok) throw new Error(`the control interface refused: ${JSON.stringify(answer)}`);
      return answer;
    },
    async close() {
      await simulators.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * The whole pipeline of the demonstration, as `npm start` runs it: sync, self-reports, computation.
 * @returns the catalogue after the past rounds were published
 */
export async function runDemonstration(database: Database, demonstration: Demonstration): Promise<Catalogue> {
  const now = () => new Date();
  await registerSource(database, SELF_REPORT, 'ACTIVE', now());
  const catalogue = await readCatalogue(database.fork());
  const stage = stageOf(database, catalogue, demonstration);
  await openSources(stage, demonstration);
  await syncAll(stage);
  await loadSelfReports(database, catalogue, TEST_YEAR, now(), () => undefined);
  for (const { code, year } of catalogue.content.rounds) {
    await computeRound({ database, catalogue, roundCode: code, publish: year < TEST_YEAR, now });
  }
  return readCatalogue(database.fork());
}

/** What the sources of the demonstration are read with; whatever would be logged fails the test. */
export function stageOf(database: Database, catalogue: Catalogue, demonstration: Demonstration): SyncStage {
  return {
    database,
    library: new SourceLibrary({
      ...{ database, catalogue: () => catalogue, codeConnectors: CODE_CONNECTORS },
      sealer: createSealer(Buffer.alloc(32, 7)),
    }),
    now: () => new Date(),
    signal: new AbortController().signal,
    addressGuard: createAddressGuard({ allowedHosts: [demonstration.host] }),
    log(message) {
      if (!message.startsWith('a new version of the source')) throw new Error(message);
    },
  };
}
