import { existsSync, globSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findConnector, type ReferenceLookups, readLookups } from '../../../src/command/connectorSubject.js';
import { CHECKS, runSuite } from '../../../src/source/suite/runSuite.js';
import { openSmallWorld, type SmallWorld } from './smallWorld.js';

let world: SmallWorld;
let reference: ReferenceLookups;

beforeAll(async () => {
  [world, reference] = await Promise.all([openSmallWorld(), readLookups()]);
});
afterAll(() => world.close());

/** One that has a recording is not of the demonstration. */
const MANIFESTS = globSync('connectors/*/manifest.yaml')
  .map(dirname)
  .filter((folder) => !existsSync(`${folder}/recording`));
const CODE = globSync('connectors/*/index.ts')
  .map(dirname)
  .filter((folder) => !existsSync(`${folder}/manifest.yaml`) && !existsSync(`${folder}/recording`));

describe('the contract', () => {
  it.each([...MANIFESTS, ...CODE].sort())('is kept by %s', { timeout: 120_000 }, async (target) => {
    const connector = await findConnector(target);
    const subject = connector.createSubject(world.settings(connector.key), reference);
    const reports = await runSuite(subject);
    const failures = reports.filter(({ result }) => result === 'failed');
    expect(failures.map(({ name, seen }) => `${name}: ${seen}`)).toEqual([]);
    expect(reports.map(({ name }) => name)).toEqual(CHECKS.map(({ name }) => name));
  });
});
