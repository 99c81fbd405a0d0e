import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PlatformProcess, startPlatform } from '../helpers/platform.js';
import { copyStartedFolder } from '../helpers/startedFolder.js';

const ROOT = join(import.meta.dirname, '../..');
let folder: { path: string; remove(): Promise<void> };
let platform: PlatformProcess;

beforeAll(async () => {
  folder = await copyStartedFolder();
  platform = await startPlatform({ DATA_DIR: folder.path });
});
afterAll(async () => {
  await platform.end('SIGKILL');
  await folder.remove();
});

describe('somebody who starts the platform', () => {
  it('sees where it is, the first five and the word ready', () => {
    const said = platform.said();
    expect(said).toMatch(/GraphiQL\s+http:/);
    expect(said).toMatch(/1 {2}Ministry of Planning and Investment\s+0\.\d{4}/);
    expect(said).toContain('simulated');
    expect(said).toMatch(/^ready$/m);
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
