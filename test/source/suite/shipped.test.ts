import { existsSync, globSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findConnector, type ReferenceLookups, readLookups } from '../../../src/connectorSubject.js';
import { CHECKS, runSuite } from '../../../src/source/suite/runSuite.js';
import { openSmallWorld, type SmallWorld } from './smallWorld.js';

let world: SmallWorld;
let reference: ReferenceLookups;

beforeAll(async () => {
  [world, reference] = await Promise.all([openSmallWorld(), readLookups()]);
});
afterAll(() => world.close());

const MANIFESTS = globSync('connectors/*/manifest.yaml').map(dirname);
const CODE = globSync('connectors/*/index.ts')
  .map(dirname)
  .filter((folder) => !existsSync(`${folder}/manifest.yaml`));
/** The three databases as manifests, whose connectors are code. */
const FIXTURES = globSync('test/source/manifest/fixtures/*.yaml');

describe('the contract', () => {
  it.each([...MANIFESTS, ...CODE, ...FIXTURES].sort())('is kept by %s', async (target) => {
    const connector = await findConnector(target);
    const subject = connector.createSubject(world.settings(connector.key), reference);
    const reports = await runSuite(subject);
    const failures = reports.filter(({ result }) => result === 'failed');
    expect(failures.map(({ name, seen }) => `${name}: ${seen}`)).toEqual([]);
    expect(reports.map(({ name }) => name)).toEqual(CHECKS.map(({ name }) => name));
  });

  it('is there for every connector that is shipped', () => {
    expect([...MANIFESTS, ...CODE].map((folder) => basename(folder))).toContain('population');
  });
});
