import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, inject, it, onTestFinished, type TestContext, vi } from 'vitest';
import { startCuttable } from '../helpers/cuttable.js';
import { postGraphql } from '../helpers/graphqlClient.js';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const OPEN = `PROVINCE-${new Date(Date.now() + 7 * 3_600_000).getUTCFullYear()}`;

/** Runtimes that are at hand; Node always is. */
const HAS_PYTHON = spawnSync('python3', ['--version']).status === 0;
const HAS_CURL = spawnSync('curl', ['--version']).status === 0;
const at = (isThere: boolean, name: string): string =>
  isThere ? name : `${name} (skipped: it is not on this machine)`;

interface Update {
  readonly revision: string;
  readonly previousRevision: string | null;
  readonly complete: boolean;
  readonly rows: readonly { readonly value: number | null; readonly entity: { readonly code: string } }[];
}

/** Runs an example until it ends. */
async function run(command: string, args: readonly string[], url = inject('platformUrl')) {
  const child = spawn(command, args, { env: { PATH: process.env.PATH, HOME: process.env.HOME, DTI_URL: url } });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { output: '', errors: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    said.output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said.errors += chunk.toString();
  });
  const [code] = await once(child, 'close');
  return { code, ...said };
}

/**
 * Follows the open round with an example through a connection that is cut in the middle, for as long as it takes the round to move on, and checks that
 * its events are a chain that ends in what a query says.
 */
async function followThroughCut(
  { onTestFinished: atEnd }: TestContext,
  command: string,
  example: string,
): Promise<void> {
  const way = await startCuttable(Number(new URL(inject('platformUrl')).port));
  atEnd(() => way.close());
  const child = spawn(command, [join(EXAMPLES, example), OPEN, '5'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, DTI_URL: way.url },
  });
  atEnd(() => void child.kill('SIGKILL'));
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const updates: Update[] = [];
  const lose = async (): Promise<void> => {
    const before = updates[1]?.revision;
    way.block();
    await vi.waitUntil(async () => (await readRanking()).revision !== before, { timeout: 60_000, interval: 100 });
    way.mend();
  };
  let losing: Promise<void> | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { data, ...update } = JSON.parse(line);
    updates.push(data?.rankingUpdates ?? update);
    if (updates.length === 2) losing = lose();
  });
  await once(child, 'close');
  await losing;
  expect([updates.length, updates[0]?.complete], errors).toEqual([5, true]);
  expect(errors).toContain('since revision');
  const values = new Map<string, number | null>();
  for (const [index, update] of updates.entries()) {
    if (index > 0) {
      expect(update).toMatchObject({ complete: false, previousRevision: updates[index - 1]?.revision });
    }
    for (const { entity, value } of update.rows) values.set(entity.code, value);
  }
  expect(values).toEqual((await readRanking(updates.at(-1)?.revision)).values);
}

/** The open round's ranking, now or as of a revision. */
async function readRanking(revision?: string) {
  const { data } = await postGraphql(
    inject('platformUrl'),
    `query ($round: String!, $at: AtInput) {
      ranking(round: $round, first: 100, at: $at) { edges { node { entity { code } score { value snapshot { revision } } } } }
    }`,
    { round: OPEN, at: revision === undefined ? null : { asOf: { revision } } },
  );
  const rows: { entity: { code: string }; score: { value: number | null; snapshot: { revision: string } } }[] =
    data.ranking.edges.map(({ node }: { node: never }) => node);
  return {
    revision: rows[0]?.score.snapshot.revision,
    values: new Map(rows.map(({ entity, score }) => [entity.code, score.value])),
  };
}

describe.concurrent('a connection that is cut in the middle is resumed without a gap', () => {
  it('by the TypeScript client over WebSocket', (test) =>
    followThroughCut(test, process.execPath, 'typescript/live.ts'));

  it.skipIf(!HAS_PYTHON)(at(HAS_PYTHON, 'by the Python client over Server-Sent Events'), (test) =>
    followThroughCut(test, 'python3', 'python/live.py'),
  );

  it.skipIf(!HAS_CURL)(at(HAS_CURL, 'by the shell script over Server-Sent Events'), (test) =>
    followThroughCut(test, 'bash', 'curl/live.sh'),
  );
});

describe.each([
  ['TypeScript', process.execPath, 'typescript', 'query.ts', 'live.ts', true],
  ['Python', 'python3', 'python', 'data_team.py', 'live.py', HAS_PYTHON],
] as const)('the client in %s', (language, command, folder, query, live, isThere) => {
  const path = (name: string): string => join(EXAMPLES, folder, name);

  it.skipIf(!isThere)(at(isThere, 'reads a list page by page'), async () => {
    const done = await run(command, [path(query), 'PROVINCE-2022']);
    expect(done).toMatchObject({ code: 0, errors: '' });
    expect(done.output).toMatch(/^567 (of 567 )?scores/m);
    // A median of each region, from the file.
    if (language === 'Python') expect(done.output).toMatch(/^South East\s+6 0\.\d{4}$/m);
  });

  it.skipIf(!isThere)(
    at(isThere, 'tells errors with their codes, and does not ask again what is refused'),
    async () => {
      const [asked, followed] = await Promise.all(
        [query, live].map((name) => run(command, [path(name), 'PROVINCE-1900'])),
      );
      for (const done of [asked, followed]) {
        expect(done?.code).toBe(1);
        expect(done?.errors).toMatch(/^NOT_FOUND: /);
      }
    },
  );
});
