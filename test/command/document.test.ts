import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createProgram } from '../../src/command/program.js';
import type { Run } from '../../src/command/run.js';
import { type GraphFixture, openGraph } from '../graph/graphFixture.js';
import { cloneDatabase } from '../helpers/database.js';
import { startRowServer, TOKEN } from '../pipeline/rowServer.js';
import { sampleManifest } from '../pipeline/sourceStage.js';
import { deskOn } from '../server/sourceDesk.js';
import { command } from './commandLine.js';

const ROOT = join(import.meta.dirname, '../..');

let graph: GraphFixture;
beforeAll(async () => {
  graph = await openGraph();
});
afterAll(async () => {
  await graph.close();
});

/** The lines of a manual that are commands, as words; what stands before `npx dti` is its environment, what follows `<` its input; `>` ends it. */
function commandsOf(text: string): { line: string; environment: string[]; words: string[]; input: string | null }[] {
  const lines = [...text.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) => block.split('\n'));
  return lines
    .filter((line) => line.includes('npx dti'))
    .map((line) => {
      const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(#.*$)|(\S+)/g)]
        .filter(([, , , comment]) => comment === undefined)
        .map(([, single, double, , plain]) => single ?? double ?? plain ?? '');
      const at = words.indexOf('npx');
      const inputAt = words.indexOf('<');
      const redirectedAt = words.findIndex((word) => word === '<' || word === '>');
      const end = redirectedAt < 0 ? words.length : redirectedAt;
      const input = inputAt < 0 ? null : (words[inputAt + 1] ?? null);
      return { line, environment: words.slice(0, at), words: words.slice(at + 2, end), input };
    });
}

describe('docs/command-line.md', () => {
  it('has commands that do what it says', async () => {
    const text = await readFile(join(ROOT, 'docs/command-line.md'), 'utf8');
    const folder = await mkdtemp(join(tmpdir(), 'dti-document-'));
    const before = process.cwd();
    const source = await startRowServer();
    const empty = await cloneDatabase(null);
    onTestFinished(async () => {
      process.chdir(before);
      await source.close();
      await empty.drop();
      await rm(folder, { recursive: true });
    });
    const files = {
      'ranking.graphql':
        'query Ranking($round: String = "PROVINCE-2022") { ranking(round: $round, first: 1) { edges { node { rank } } } }',
      'variables.json': '{"round":"PROVINCE-2021"}',
      'live.graphql': 'subscription { rankingUpdates(round: "PROVINCE-2026") { rows { rank entity { code } } } }',
      'my_source.yaml': sampleManifest({ key: 'my_source', secrets: 'token' }),
      'token.txt': `${TOKEN}\n`,
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    await mkdir(join(folder, 'connectors'));
    process.chdir(folder);
    const desk = deskOn(graph.platform);
    const { url } = await desk.start();
    const token = await desk.tokenOf('integrator');
    const run = commandsOf(text);
    expect(run.length).toBeGreaterThan(25);
    for (const { line, environment, words, input } of run) {
      const given = words.map((word) => word.replace('https://api.example/v1', source.baseUrl));
      const done = await command(given, {
        environment: {
          ...{ DATA_DIR: join(folder, 'data'), DATABASE_URL: graph.database.url },
          ...{ DTI_URL: url, DTI_TOKEN: token },
          ...Object.fromEntries(environment.map((each) => each.split('='))),
          ...(environment.some((each) => each.startsWith('DATABASE_URL=')) ? { DATABASE_URL: empty.url } : {}),
        },
        input: input === null ? '' : await readFile(input, 'utf8'),
      });
      expect([line, done.code, line.includes('--verbose') ? '' : done.errors]).toEqual([
        ...[line, 0, words[0] === 'token' ? expect.stringContaining('made a new key') : ''],
      ]);
      expect([line, done.output !== '' || words.includes('--out')]).toEqual([line, true]);
    }
    const runs = await command(['run', 'list', '--json'], { environment: { DTI_URL: url } });
    expect(JSON.parse(runs.output).findLast((each: Run) => each.source.key === 'my_source')).toMatchObject({
      source: { key: 'my_source' },
      read: 3,
    });
  });

  it('names every command', async () => {
    const text = await readFile(join(ROOT, 'docs/command-line.md'), 'utf8');
    const program = createProgram(
      { tell: () => undefined, write: async () => undefined },
      { act: () => async () => undefined },
    );
    const leaves = (each: Command, path: string): string[] =>
      each.commands.length === 0
        ? [path]
        : each.commands.flatMap((child) => leaves(child, `${path} ${child.name()}`.trim()));
    const shown = leaves(program, '').filter((name) => name !== 'manifest-schema');
    expect(shown.length).toBeGreaterThan(20);
    expect(shown.filter((name) => !text.includes(`npx dti ${name}`))).toEqual([]);
  });
});
