import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SYSTEMS } from '../../simulators/systems/index.js';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { accountAddsUp, type SyncMode } from '../../src/domain/syncRun.js';
import { registerManifest } from '../../src/pipeline/registerManifest.js';
import type { SourceLibrary } from '../../src/pipeline/sourceLibrary.js';
import { syncSource } from '../../src/pipeline/sync.js';
import { openWorld, type SimulatedWorld } from '../connectors/simulated.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { LOOPBACK } from '../helpers/loopback.js';
import { NOW, rowsOf } from '../store/batch.js';
import { ACTOR, openLibrary } from './sourceStage.js';

let test: TestDatabase;
let library: SourceLibrary;
let catalogue: Catalogue;
let world: SimulatedWorld;
beforeAll(async () => {
  test = await openTestDatabase();
  ({ library, catalogue } = await openLibrary(test.database));
  world = await openWorld();
});
afterAll(async () => {
  await world.close();
  await test.drop();
});

async function sync(key: string, mode: SyncMode) {
  const { connector, settings } = await library.open(key);
  return syncSource({
    ...{ database: test.database, catalogue, connector, settings, mode, now: () => new Date() },
    signal: new AbortController().signal,
    addressGuard: LOOPBACK,
  });
}

describe.each(SYSTEMS.map(({ key }) => key))('the manifest of %s', (key) => {
  it('is registered as it is shipped, and its account adds up: written once, unchanged ever after', async () => {
    const { baseUrl, secrets } = world.settings(key);
    const registered = await registerManifest({ database: test.database, library, now: () => NOW }, ACTOR, {
      text: readFileSync(`connectors/${key}/manifest.yaml`, 'utf8'),
      ...{ baseUrl, secrets: Object.entries(secrets).map(([name, value]) => ({ name, value })) },
    });
    expect(registered.problems).toEqual([]);
    const first = await sync(key, 'FULL_REFRESH');
    const rejects = await rowsOf(test.database, 'select rule, message from rejected_record where sync_run_id = ?', [
      first.id,
    ]);
    expect(rejects).toEqual([]);
    expect(first).toMatchObject({ status: 'SUCCEEDED', rejected: 0 });
    expect(first.written).toBeGreaterThan(0);
    for (const mode of ['INCREMENTAL', 'FULL_REFRESH'] as const) {
      const again = await sync(key, mode);
      expect(again).toMatchObject({ status: 'SUCCEEDED', written: 0, superseded: 0, tombstoned: 0, rejected: 0 });
      expect(accountAddsUp(again)).toBe(true);
    }
  });
});
