import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ReferenceLookups, readLookups } from '../../../../src/command/connectorSubject.js';
import { parseManifest } from '../../../../src/source/manifest/parseManifest.js';
import type { TimeZoneSwitch } from '../../../../src/source/suite/bench.js';
import { EXAMPLE_KEY, exampleSource } from '../../../../src/source/suite/exampleSource.js';
import { CHECKS, type CheckReport, runSuite } from '../../../../src/source/suite/runSuite.js';
import { type Subject, subjectOfCode, subjectOfManifest } from '../../../../src/source/suite/subject.js';
import { CORRECT, createExample, type ExampleParts } from '../exampleConnector.js';
import { CODE_MUTANTS } from './codeMutants.js';

let reference: ReferenceLookups;
beforeAll(async () => {
  reference = await readLookups();
});

const SETTINGS = { baseUrl: 'http://example.invalid/', secrets: { apiKey: EXAMPLE_KEY } };

const inTimeZone: TimeZoneSwitch = async (zone, work) => {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
};

function subjectOf(mutation: Partial<ExampleParts>): Subject {
  const parts = { ...CORRECT, ...mutation };
  return subjectOfCode((pageSize) => createExample(parts, pageSize), {
    ...{ settings: SETTINGS, lookup: reference.lookup, hasPageSize: true },
  });
}

function check(subject: Subject, only?: readonly string[]): Promise<readonly CheckReport[]> {
  return runSuite(subject, { upstream: () => exampleSource, inTimeZone, ...(only === undefined ? {} : { only }) });
}

describe('the contract suite', () => {
  it('passes a correct connector in code, with every check that is not about manifests', async () => {
    const reports = await check(subjectOf({}));
    expect(reports.filter(({ result }) => result !== 'passed').map(({ name, seen }) => `${name}: ${seen}`)).toEqual([
      'misspelt-keys: a connector in code has no manifest',
    ]);
  });

  it.each(CODE_MUTANTS)('$caughtBy catches a connector that $name', async ({ caughtBy, create }) => {
    const [report] = await check(subjectOf(create()), [caughtBy]);
    expect(report).toMatchObject({ name: caughtBy, result: 'failed' });
    // A check that breaks has caught nothing.
    expect(report?.seen).not.toContain('the check broke');
  });

  it('misspelt-keys catches a reader of manifests that overlooks what it does not know', async () => {
    const text = readFileSync('docs/connector-template/manifest.yaml', 'utf8').replaceAll('__name__', 'example');
    const { manifest } = parseManifest(text);
    if (manifest === null) throw new Error('the template has problems');
    const right = subjectOfManifest(manifest, parse(text), { settings: SETTINGS, ...reference });
    const overlook: typeof parseManifest = (wrong) =>
      parseManifest(wrong.replace(/"publishedAtQq"|"rangeQq"/, '"range"'));
    const subject: Subject = { ...right, manifest: { data: parse(text), parse: overlook } };
    expect(await check(subject, ['misspelt-keys'])).toMatchObject([{ result: 'failed' }]);
    expect(await check(right, ['misspelt-keys'])).toMatchObject([{ result: 'passed' }]);
  });

  it('has a mutant for every check but those that the runtime alone is answerable for', () => {
    const caught = new Set([...CODE_MUTANTS.map(({ caughtBy }) => caughtBy), 'misspelt-keys']);
    const without = CHECKS.map(({ name }) => name).filter((name) => !caught.has(name));
    expect(without).toEqual(['truncated-gzip', 'hang']);
  });
});
