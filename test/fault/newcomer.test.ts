import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphqlSocket } from '../helpers/graphqlClient.js';
import { type PlatformProcess, startPlatform } from '../helpers/platform.js';
import { copyStartedFolder } from '../helpers/startedFolder.js';

const ROOT = join(import.meta.dirname, '../..');
let folder: { path: string; remove(): Promise<void> };
let platform: PlatformProcess;
let readme: string;

beforeAll(async () => {
  folder = await copyStartedFolder();
  readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  platform = await startPlatform({ DATA_DIR: folder.path });
});
afterAll(async () => {
  await platform.end('SIGKILL');
  await folder.remove();
});

/** The blocks of a language in the README, in order. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '');
}

describe('somebody who has only the README', () => {
  it('starts the platform and sees where it is, the first five and the word ready', () => {
    const said = platform.said();
    expect(said).toMatch(/GraphiQL\s+http:/);
    expect(said).toMatch(/1 {2}Ministry of Planning and Investment\s+0\.\d{4}/);
    expect(said).toContain('simulated');
    expect(said).toMatch(/^ready$/m);
  });

  it('runs every query of it', async () => {
    const queries = blocks('graphql').filter((document) => document.startsWith('query'));
    expect(queries.length).toBeGreaterThanOrEqual(2);
    for (const document of queries) {
      const data = await platform.query<Record<string, unknown>>(document);
      for (const value of Object.values(data)) expect(value).not.toBeNull();
    }
  });

  it('runs its subscription', async () => {
    const [document = ''] = blocks('graphql').filter((each) => each.startsWith('subscription'));
    const socket = await GraphqlSocket.connect(platform.url);
    const id = socket.subscribe(document, { round: 'PROVINCE-2023' });
    const { payload } = await socket.next({ id });
    expect(payload.data.rankingUpdates).toMatchObject({ complete: true, previousRevision: null });
    expect(payload.data.rankingUpdates.rows).toHaveLength(63);
    await socket.close();
  });

  it('runs its curl command', async () => {
    const [command = ''] = blocks('sh').filter((each) => each.startsWith('curl'));
    const { stdout } = await promisify(execFile)('bash', [
      '-c',
      command.replace('http://127.0.0.1:4000', platform.url),
    ]);
    expect(JSON.parse(stdout).data.ranking.edges[0].node.entity.name).toBe('Da Nang');
  });

  it('signs in as it says', async () => {
    const [commands = ''] = blocks('sh').filter((each) => each.startsWith('TOKEN='));
    const { stdout, stderr } = await promisify(execFile)(
      'bash',
      ['-c', commands.replace('localhost:4000', platform.url)],
      { cwd: ROOT, env: { ...process.env, DATA_DIR: folder.path } },
    );
    expect(JSON.parse(stdout).data.viewer).toMatchObject({ role: 'INTEGRATOR', subject: 'local:integrator' });
    expect(stderr).toBe('');
  });

  it('finds every file that it links to', async () => {
    for (const [, target = ''] of readme.matchAll(/\]\((?!http)([^)#]+)\)/g)) {
      await expect(readFile(join(ROOT, target)).catch((error: NodeJS.ErrnoException) => error.code)).resolves.not.toBe(
        'ENOENT',
      );
    }
  });
});

describe('the published facts', () => {
  interface Row {
    readonly node: { readonly rank: number; readonly entity: { readonly code: string }; readonly score: Score };
  }
  interface Score {
    readonly published: string;
    readonly change: { readonly value: number; readonly rank: number } | null;
  }

  it('come out of the running platform', async () => {
    const contract = join(ROOT, 'test/graph/contract');
    const document = await readFile(join(contract, 'ranking.graphql'), 'utf8');
    const facts = JSON.parse(await readFile(join(contract, 'facts.json'), 'utf8'));
    for (const fact of facts.ranking) {
      const { ranking } = await platform.query<{ ranking: { edges: Row[] } }>(document, {
        ...{ round: fact.round, peerGroup: fact.peerGroup, first: 100 },
      });
      const codes = ranking.edges.map(({ node }) => node.entity.code);
      if (fact.first !== undefined) expect(codes.slice(0, fact.first.length)).toEqual(fact.first);
      const row = (code: string) => ranking.edges.find(({ node }) => node.entity.code === code)?.node;
      for (const [code, rank] of Object.entries(fact.rank ?? {})) expect(row(code)?.rank).toBe(rank);
      for (const [code, value] of Object.entries(fact.value ?? {})) expect(row(code)?.score.published).toBe(value);
      for (const [code, change] of Object.entries(fact.changeRank ?? {}))
        expect(row(code)?.score.change?.rank).toBe(change);
      for (const [code, change] of Object.entries(fact.changeValue ?? {})) {
        expect(row(code)?.score.change?.value.toFixed(4)).toBe(change);
      }
    }
    const { round, entity, codeSystem, rank } = facts.mainIndexRank;
    const profile = await platform.query<{ entity: { scores: { measure: { code: string }; rank: number | null }[] } }>(
      `query ($code: String!, $codeSystem: String, $round: String!) {
        entity(code: $code, codeSystem: $codeSystem) { scores(round: $round, kind: MAIN_INDEX) { measure { code } rank } }
      }`,
      { code: entity, codeSystem, round },
    );
    const ranks = Object.fromEntries(profile.entity.scores.map((score) => [score.measure.code, score.rank]));
    expect(ranks).toMatchObject(rank);
  });
});
