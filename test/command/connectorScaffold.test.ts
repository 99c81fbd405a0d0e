import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createConnectorFolder } from '../../src/command/connectorScaffold.js';
import { findConnector, readLookups } from '../../src/command/connectorSubject.js';
import { EXAMPLE_KEY } from '../../src/source/suite/exampleSource.js';
import { parseRecording, replayRecording } from '../../src/source/suite/recording.js';
import { type CheckReport, runSuite } from '../../src/source/suite/runSuite.js';

/** A folder beside `connectors`, so that the imports of code are right; build products are no part of the repository. */
const BESIDE = 'dist';

function makeParent(): string {
  const parent = mkdtempSync(join(tmpdir(), 'dti-scaffold-'));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  return parent;
}

/** Tests a folder against its recording, as the command line does. */
async function testFolder(folder: string): Promise<readonly CheckReport[]> {
  const connector = await findConnector(folder);
  const recording = parseRecording(readFileSync(join(folder, 'recording/exchanges.json'), 'utf8'));
  const secrets = { apiKey: 'whatever-was-secret' };
  const settings = { baseUrl: `http://source.invalid${recording.path}`, secrets };
  return runSuite(connector.createSubject(settings, await readLookups()), {
    upstream: (address) => replayRecording(recording, secrets, address),
    source: { now: () => new Date(recording.recordedAt) },
  });
}

function failuresOf(reports: readonly CheckReport[]): readonly string[] {
  return reports.filter(({ result }) => result === 'failed').map(({ name, seen }) => `${name}: ${seen}`);
}

describe('a new connector', () => {
  it('as a manifest keeps the contract, against a recording without secrets', { timeout: 120_000 }, async () => {
    const parent = makeParent();
    const files = await createConnectorFolder(parent, 'land_registry', 'manifest');
    expect([...files].sort()).toEqual(['README.md', 'manifest.yaml', 'recording/exchanges.json']);
    const folder = join(parent, 'land_registry');
    expect(readFileSync(join(folder, 'manifest.yaml'), 'utf8')).toContain('key: land_registry\n');
    expect(readFileSync(join(folder, 'recording/exchanges.json'), 'utf8')).not.toContain(EXAMPLE_KEY);
    const reports = await testFolder(folder);
    expect(failuresOf(reports)).toEqual([]);
    expect(reports.filter(({ result }) => result === 'passed').length).toBeGreaterThan(25);
  });

  it('as code keeps the contract too', { timeout: 120_000 }, async () => {
    mkdirSync(BESIDE, { recursive: true });
    const folder = join(BESIDE, 'scaffold_of_test');
    rmSync(folder, { recursive: true, force: true });
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const files = await createConnectorFolder(BESIDE, 'scaffold_of_test', 'code');
    expect([...files].sort()).toEqual(['README.md', 'index.ts', 'parse.ts', 'recording/exchanges.json']);
    expect(failuresOf(await testFolder(folder))).toEqual([]);
  });

  it('never replaces one that is there', async () => {
    const parent = makeParent();
    mkdirSync(join(parent, 'tax'));
    const failure = createConnectorFolder(parent, 'tax', 'manifest');
    await expect(failure).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('there already'),
    });
    expect(existsSync(join(parent, 'tax/manifest.yaml'))).toBe(false);
  });

  it.each([
    'Tax',
    '1tax',
    't',
    'land-registry',
    '../tax',
    'a'.repeat(41),
  ])('has a name that is a key, not %s', async (name) => {
    await expect(createConnectorFolder(makeParent(), name, 'code')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('needs a folder to be made in', async () => {
    await expect(createConnectorFolder('/no/such/folder', 'tax', 'code')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
