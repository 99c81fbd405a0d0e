import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, validate } from 'graphql';
import { expect, it, onTestFinished } from 'vitest';
import { buildGraphSchema } from '../../src/graph/schema.js';
import { checkReference } from '../../src/pipeline/checkReference.js';
import { readReferenceFiles } from '../../src/pipeline/readReferenceFiles.js';

it('the framework and the round of the how-to are taken beside the real ones', async () => {
  const page = await readFile('docs/how-to/add-a-framework.md', 'utf8');
  const [framework = '', round = ''] = [...page.matchAll(/```json\n([^`]*)```/g)].map(([, text]) => text);
  const folder = await mkdtemp(join(tmpdir(), 'dti-how-to-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp('data', folder, { recursive: true });
  await writeFile(join(folder, 'frameworks/MDTI-TRIAL.json'), framework);
  const rounds = JSON.parse(await readFile(join(folder, 'rounds.json'), 'utf8')) as { rounds: unknown[] };
  rounds.rounds.push(JSON.parse(round));
  await writeFile(join(folder, 'rounds.json'), JSON.stringify(rounds));
  const { content, incomplete, problems } = await readReferenceFiles(folder, 2026);
  expect([...problems, ...checkReference(content, incomplete)]).toEqual([]);
  expect(content.frameworks.map(({ code }) => code)).toContain('MDTI-TRIAL');
  const trial = content.rounds.find(({ code }) => code === 'MINISTRY-2026');
  expect(trial).toMatchObject({ framework: 'MDTI-TRIAL', illustrative: true });
  const [, query = ''] = /```graphql\n([^`]*)```/.exec(page) ?? [];
  expect(validate(buildGraphSchema(), parse(query))).toEqual([]);
});
