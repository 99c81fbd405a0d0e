import { execute, parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { syncAll } from '../../src/demonstration.js';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { createContext } from '../../src/graph/context.js';
import { buildGraphSchema } from '../../src/graph/schema.js';
import { computeRound } from '../../src/pipeline/compute.js';
import { openServing, type Serving } from '../../src/platform.js';
import { CompiledOperations } from '../../src/server/compiled.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';
import { runDemonstration, stageOf, startTestDemonstration, type TestDemonstration } from '../helpers/demonstration.js';
import { GraphqlSocket, postGraphql } from '../helpers/graphqlClient.js';
import { TEST_YEAR } from '../helpers/postgres.js';
import { randomDocument } from './randomDocument.js';
import { startTestServer } from './testServer.js';

// What the server answers on the demonstration's data: planned and interpreted alike, over HTTP and over WebSocket.

const schema = buildGraphSchema();

let test: TestDatabase;
let demonstration: TestDemonstration;
let catalogue: Catalogue;
let serving: Serving;
beforeAll(async () => {
  test = await openTestDatabase();
  demonstration = await startTestDemonstration();
  catalogue = await runDemonstration(test.database, demonstration);
  const holder = { current: () => catalogue, reload: async () => undefined };
  serving = await openServing(test.database, holder, { publicProvisional: true, log: () => undefined });
}, 300_000);
afterAll(async () => {
  await serving?.close();
  await demonstration?.close();
  await test?.drop();
});

/** The documents of the contract. */
const CONTRACT: readonly (readonly [string, string, Readonly<Record<string, unknown>>])[] = [
  [
    'ranking',
    `query Ranking($round: String!, $measure: String = "INDEX", $peerGroup: String, $first: Int = 20, $after: String) {
      ranking(round: $round, measure: $measure, peerGroup: $peerGroup, first: $first, after: $after) {
        snapshot { id revision status } peerGroup { code name } totalCount
        edges { cursor node { rank entity { code name(lang: EN) } score { value published points change { value rank } } } }
        pageInfo { hasNextPage endCursor } } }`,
    { round: 'MINISTRY-2022' },
  ],
  [
    'matrix',
    `query Matrix($round: String!) { ranking(round: $round, first: 100) { edges { node { rank
      entity { code name(lang: EN) region { code } scores(round: $round, kind: MAIN_INDEX) { measure { code } value rank } }
      score { value } } } } }`,
    { round: 'PROVINCE-2022' },
  ],
  [
    'profile',
    `query EntityProfile($code: String!, $codeSystem: String, $round: String!) {
      entity(code: $code, codeSystem: $codeSystem) { code codeSystem level name(lang: VI) region { code name(lang: EN) }
        index: score(round: $round) { value published rank peerCount coverage automaticShare change { value rank } }
        pillars: scores(round: $round, kind: PILLAR) { measure { code name(lang: EN) } value rank }
        mainIndexes: scores(round: $round, kind: MAIN_INDEX) { measure { code name(lang: EN) maxPoints } points value rank }
        indicators: scores(round: $round, kind: INDICATOR, parent: "GOV_ACTIVITY") { measure { code name(lang: EN) maxPoints } points
          provenance { reason policy { code version }
            chosen { value numerator denominator period source { key name simulated } revision }
            candidates { value source { key } accepted reason } } } } }`,
    { code: '74', codeSystem: 'GSO-2004', round: 'PROVINCE-2022' },
  ],
  [
    'sources',
    `query Sources { sources(first: 50) { totalCount edges { node { key name owner kind status simulated stale
      lastRun { id status startedAt finishedAt read written unchanged rejected stopReasons }
      runs(first: 3) { edges { node { id status } } } } } } }`,
    {},
  ],
];

describe('planned and interpreted answers', () => {
  it.each(
    CONTRACT,
  )('planned and interpreted answers are the same for the contract’s %s', async (_name, source, variables) => {
    const compiled = new CompiledOperations(schema);
    const document = parse(source);
    expect(validate(schema, document)).toEqual([]);
    const ask = () => ({ document, variableValues: variables, contextValue: createContext(serving.platform) });
    const expected = await execute({ ...ask(), schema });
    expect(expected.errors).toBeUndefined();
    const answer = await compiled.tryExecute(ask());
    expect(JSON.stringify(answer)).toBe(JSON.stringify(expected));
  });

  it('planned and interpreted answers are the same for random queries, except that errors are left to graphql-js', async () => {
    const pool = {
      code: ['"74"', '"01"', '"MPI"', '"INDEX"', '"none"'],
      codeSystem: ['"GSO-2004"', '"CENTRAL"'],
      round: ['"PROVINCE-2022"', '"MINISTRY-2022"', `"PROVINCE-${TEST_YEAR}"`, '"none"'],
      measure: ['"INDEX"', '"GOV_ACTIVITY"'],
      parent: ['"GOV_ACTIVITY"'],
      framework: ['"PDTI-922"'],
      key: ['"population"'],
      id: ['"none"'],
    };
    const counts = { planned: 0, failed: 0 };
    for (let seed = 1; seed <= 100; seed += 1) {
      const source = randomDocument(schema, seed, pool);
      const document = parse(source);
      expect(validate(schema, document), source).toEqual([]);
      const compiled = new CompiledOperations(schema);
      const ask = () => ({ document, contextValue: createContext(serving.platform) });
      const expected = await execute({ ...ask(), schema });
      const answer = await compiled.tryExecute(ask());
      // An answer with errors is never given out by a plan, one without always is.
      expect(answer === null, source).toBe(expected.errors !== undefined);
      if (answer !== null) expect(JSON.stringify(answer), source).toBe(JSON.stringify(expected));
      counts[answer === null ? 'failed' : 'planned'] += 1;
    }
    expect(counts.planned).toBeGreaterThan(50);
    expect(counts.failed).toBeGreaterThan(5);
  }, 120_000);
});

describe('the server on the demonstration', () => {
  it.each(
    CONTRACT,
  )('the server answers the contract’s %s alike over HTTP and WebSocket', async (_name, source, variables) => {
    const { url } = await startTestServer({ platform: () => serving.platform });
    const client = await GraphqlSocket.connect(url);
    onTestFinished(async () => void (await client.close()));
    const answers: string[] = [];
    for (let at = 0; at < 3; at += 1) {
      const { status, ...answer } = await postGraphql(url, source, variables);
      expect(status).toBe(200);
      answers.push(JSON.stringify(answer));
      answers.push(JSON.stringify((await client.next({ id: client.subscribe(source, variables) })).payload));
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).not.toContain('"errors"');
  });

  it('a subscription sends the state of a ranking first, then what has changed in it', async () => {
    const { url } = await startTestServer({ platform: () => serving.platform });
    const client = await GraphqlSocket.connect(url);
    onTestFinished(async () => void (await client.close()));
    const round = `PROVINCE-${TEST_YEAR}`;
    const id = client.subscribe(
      'subscription ($round: String!) { rankingUpdates(round: $round) { revision previousRevision complete rows { rank entity { code } value } } }',
      { round },
    );
    const { type, payload: first } = await client.next({ id });
    expect([type, first.errors]).toEqual(['next', undefined]);
    expect(first.data.rankingUpdates).toMatchObject({ complete: true, previousRevision: null });
    expect(first.data.rankingUpdates.rows).toHaveLength(34);

    await demonstration.control('POST', 'tick', {});
    const now = () => new Date();
    await syncAll(stageOf(test.database, catalogue, demonstration));
    await computeRound({ database: test.database, catalogue, roundCode: round, publish: false, now });
    const { payload: second } = await client.next({ id });
    const { revision } = first.data.rankingUpdates;
    expect(second.data.rankingUpdates).toMatchObject({ complete: false, previousRevision: revision });
    expect(second.data.rankingUpdates.rows.length).toBeGreaterThan(0);
    client.complete(id);
    expect((await client.next({ id: client.subscribe('{ __typename }') })).type).toBe('next');
  });
});
