import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { registerSource } from '../../src/pipeline/source.js';
import { syncSource } from '../../src/pipeline/sync.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { openTestDatabase } from '../helpers/database.js';
import { LOOPBACK } from '../helpers/loopback.js';
import { NOW, rowsOf } from '../store/batch.js';
import { pagedConnector, pagedManifest, startPagedSource } from './pagedSource.js';

/** A worker of one run, in a process of its own. */
const WORKER = `
  const { DIST, URL_OF_DATABASE, MANIFEST, BASE_URL } = process.env;
  const load = (path) => import(DIST + '/src/' + path + '.js');
  const { openDatabase } = await load('store/orm');
  const { readCatalogue } = await load('store/catalogue');
  const { syncSource } = await load('pipeline/sync');
  const { parseManifest } = await load('source/manifest/parseManifest');
  const { compileManifest } = await load('source/manifest/compileManifest');
  const { createAddressGuard } = await load('source/address');
  const database = await openDatabase({ url: URL_OF_DATABASE });
  const connector = compileManifest(parseManifest(MANIFEST).manifest, { entityByName: () => null, entityCodes: () => [] });
  await syncSource({
    database, connector, catalogue: await readCatalogue(database.fork()), mode: 'FULL_REFRESH', now: () => new Date('${NOW.toISOString()}'),
    settings: { baseUrl: BASE_URL, secrets: {} }, signal: new AbortController().signal,
    addressGuard: createAddressGuard({ allowedHosts: ['127.0.0.1'] }),
  });
  process.exit(3);`;

it('a worker that is killed in mid-run is followed by another, which goes on behind its last page', async () => {
  const test = await openTestDatabase();
  onTestFinished(() => test.drop());
  const source = await startPagedSource();
  onTestFinished(() => source.close());
  const connector = pagedConnector('killed');
  await registerSource(test.database, connector.spec, 'ACTIVE', NOW);
  source.rows = ['01', '48', '79', '92', '31', '04', '08'].map((province) => ({ year: 2025, province, value: '1' }));
  const env = {
    ...{ URL_OF_DATABASE: test.url, MANIFEST: pagedManifest('killed'), BASE_URL: source.baseUrl },
    ...{ DIST: join(import.meta.dirname, '../../dist'), PATH: process.env.PATH },
  };
  for (const request of [3, 5]) {
    let reached: () => void = () => undefined;
    const hangs = new Promise<void>((resolve) => {
      reached = resolve;
    });
    source.intercept = (_, number) => {
      if (number < request) return false;
      reached();
      return true;
    };
    const child = spawn(process.execPath, ['--input-type=module', '--eval', WORKER], { env, stdio: 'inherit' });
    const gone = once(child, 'exit');
    await Promise.race([hangs, gone]);
    child.kill('SIGKILL');
    expect(await gone).toEqual([null, 'SIGKILL']);
  }
  source.intercept = () => false;
  const run = await syncSource({
    ...{ database: test.database, connector, catalogue: await readCatalogue(test.database.fork()), now: () => NOW },
    ...{ settings: { baseUrl: source.baseUrl, secrets: {} }, mode: 'INCREMENTAL', addressGuard: LOOPBACK },
    signal: new AbortController().signal,
  });
  expect(run).toMatchObject({ status: 'SUCCEEDED', mode: 'FULL_REFRESH', read: 7, written: 7, pages: 6 });
  // Six pages, and one asked for again after each kill.
  expect(source.asked).toHaveLength(8);
  const [count] = await rowsOf(
    test.database,
    `select count(*)::int as runs, (select count(*)::int from observation) as observations,
       (select count(*)::int from staged_record) as staged from sync_run`,
  );
  expect(count).toEqual({ runs: 1, observations: 7, staged: 0 });
});
