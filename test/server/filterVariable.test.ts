import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postGraphql } from '../helpers/graphqlClient.js';
import { openTestServing, startTestServer, type TestServing } from './testServer.js';

let serving: TestServing;
beforeAll(async () => {
  serving = await openTestServing();
});
afterAll(() => serving.close());

describe('a filter that is passed as a variable', () => {
  // A filter holds itself, which whoever lays an operation out must not write out.
  it.each([
    ['EntityFilter', 'entities(filter: $f)', { code: { eq: '74' }, or: [{ level: { eq: 'PROVINCE' } }] }],
    ['MeasureFilter', 'measures(framework: "PDTI-922", filter: $f)', { kind: { eq: 'PILLAR' } }],
    ['SourceFilter', 'sources(filter: $f)', {}],
    ['SyncRunFilter', 'syncRuns(filter: $f)', { not: { status: { eq: 'FAILED' } } }],
    ['ObservationFilter', 'observations(filter: $f)', { and: [{ period: { eq: '2022' } }] }],
    ['RankingFilter', 'ranking(round: "PROVINCE-2022", filter: $f)', { rank: { lte: 5 } }],
    ['ScoreFilter', 'scores(round: "PROVINCE-2022", filter: $f)', { rank: { lte: 5 } }],
    ['ScoreGroupFilter', 'scoreGroups(by: [REGION], rounds: ["PROVINCE-2022"], having: $f)', { count: { gt: 3 } }],
  ])('is answered again and again: %s', async (type, field, filter) => {
    const server = await startTestServer({ platform: () => serving.platform });
    const document = `query ($f: ${type}) { ${field} { totalCount } }`;
    const answers = [];
    for (let time = 0; time < 4; time += 1) answers.push(await postGraphql(server.url, document, { f: filter }));
    const [first, ...others] = answers;
    expect(JSON.stringify(first)).not.toContain('GRAPHQL_VALIDATION_FAILED');
    expect(JSON.stringify(first)).not.toContain('INTERNAL_SERVER_ERROR');
    for (const other of others) expect(other).toEqual(first);
  });
});
