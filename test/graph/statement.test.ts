import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { contractDocument, type GraphFixture, openGraph } from './graphFixture.js';

let graph: GraphFixture;
beforeAll(async () => {
  graph = await openGraph();
});
afterAll(() => graph.close());

/** How many statements an operation sends to the database; statements of the revision feed are not counted. */
async function statements(document: string, variables: Record<string, unknown>): Promise<number> {
  const spy = vi.spyOn(pg.Client.prototype, 'query');
  try {
    await graph.read(document, variables);
    return spy.mock.calls.filter(([query]) => {
      const text = typeof query === 'string' ? query : (query as { text?: string }).text;
      return text === undefined || !/from revision where id >|^listen/.test(text);
    }).length;
  } finally {
    spy.mockRestore();
  }
}

const PROVENANCE = `query Provenance($round: String!, $first: Int) {
  ranking(round: $round, first: $first) {
    edges { node { entity { scores(round: $round, kind: INDICATOR, parent: "GOV_ACTIVITY") {
      points
      provenance {
        chosen { source { key lastRun { id } runs(first: 2) { totalCount } } syncRun { id source { key } } submission { state } retrievedAt }
        candidates { source { key } observation { rowHash } }
      }
    } } } }
  }
}`;

const RELATED = `query Related($first: Int) {
  entities(first: $first, filter: { level: { eq: PROVINCE } }) {
    edges { node { region { code } successors { code peerGroup(round: "PROVINCE-2026") { code } score(round: "PROVINCE-2026") { rank } }
      a: scores(round: "PROVINCE-2022", kind: PILLAR) { change { rank } contributions { value } references { rank } } b: score(round: "PROVINCE-2021") { value } } }
  }
}`;

const OBSERVED = `query Observed($first: Int) {
  observations(first: $first) { totalCount edges { node { entity { code } indicator { code } source { key } syncRun { id } submission { state } } } }
}`;

describe('the number of SQL statements', () => {
  it.each([
    [
      'a matrix of scores',
      contractDocument('matrix')
        .replace('first: 100', 'first: $first')
        .replace('$round: String!', '$round: String!, $first: Int'),
      0,
    ],
    ['provenance of many scores', PROVENANCE, 6],
    ['entities of several rounds', RELATED, 0],
    ['observations with their origin', OBSERVED, 5],
  ])('the number of statements does not grow with the number of entities: %s', async (_, document, expected) => {
    const variables = { round: 'PROVINCE-2022' };
    // The first reading brings snapshots into memory.
    await graph.read(document, { ...variables, first: 1 });
    const counts: number[] = [];
    for (const first of [5, 34, 63]) counts.push(await statements(document, { ...variables, first }));
    expect(counts).toEqual([expected, expected, expected]);
  });
});
