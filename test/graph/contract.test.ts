import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { can } from '../../src/access/permission.js';
import { PUBLIC_VIEWER } from '../../src/access/viewer.js';
import { contractDocument, type GraphFixture, openGraph } from './graphFixture.js';

let graph: GraphFixture;
beforeAll(async () => {
  graph = await openGraph();
});
afterAll(() => graph.close());

describe('the documents of the contract', () => {
  it('`ranking` ranks the ministries of 2022 as they were published', async () => {
    const variables = { round: 'MINISTRY-2022', peerGroup: 'MINISTRY_WITH_SERVICES', first: 5 };
    const { ranking } = await graph.read(contractDocument('ranking'), variables);
    expect(ranking.edges.map((edge: { node: { entity: { code: string } } }) => edge.node.entity.code)).toEqual([
      ...['MPI', 'MOF', 'MONRE', 'SBV', 'VSS'],
    ]);
    expect(ranking.edges[0].node.score.published).toBe('0.8219');
    expect(ranking.edges[0].node.score.change.value.toFixed(4)).toBe('0.2093');
    expect(ranking).toMatchObject({
      totalCount: 17,
      snapshot: {
        id: expect.stringMatching(/^Snapshot:\d+$/),
        revision: expect.stringMatching(/^\d+$/),
        status: 'PUBLISHED',
      },
      peerGroup: { code: 'MINISTRY_WITH_SERVICES', name: 'Bodies with public services' },
      pageInfo: { hasNextPage: true },
    });
  });

  it('`ranking` puts Bình Dương 19th, three places up, and two provinces 15th', async () => {
    const { ranking } = await graph.read(contractDocument('ranking'), { round: 'PROVINCE-2022', first: 100 });
    const rows = new Map(
      ranking.edges.map(({ node }: { node: { rank: number; entity: { code: string }; score: object } }) => [
        node.entity.code,
        node,
      ]),
    );
    expect(ranking.totalCount).toBe(63);
    expect(rows.get('74')).toMatchObject({ rank: 19, score: { change: { rank: 3 } } });
    expect([rows.get('38'), rows.get('15')]).toMatchObject([{ rank: 15 }, { rank: 15 }]);
  });

  it('`entity` gives the profile of an entity, down to the candidates behind each figure', async () => {
    const variables = { code: '74', codeSystem: 'GSO-2004', round: 'PROVINCE-2022' };
    const { entity } = await graph.read(contractDocument('entity'), variables);
    expect(entity).toMatchObject({
      name: 'Bình Dương',
      level: 'PROVINCE',
      region: { code: 'SE' },
      index: { rank: 19, peerCount: 63, coverage: 1, change: { rank: 3 } },
    });
    const ranks = Object.fromEntries(
      entity.mainIndexes.map((score: { measure: { code: string }; rank: number }) => [score.measure.code, score.rank]),
    );
    expect(ranks).toEqual({
      ...{ AWARENESS: 1, INSTITUTIONS: 16, INFRASTRUCTURE: 9, HUMAN_RESOURCES: 9, CYBERSECURITY: 41 },
      ...{ GOV_ACTIVITY: 6, ECO_ACTIVITY: 62, SOC_ACTIVITY: 24, SMART_CITY: null },
    });
    expect(entity.pillars.map(({ measure }: { measure: { code: string } }) => measure.code)).toEqual([
      'P_GOV',
      'P_ECO',
      'P_SOC',
    ]);
    expect(entity.indicators.length).toBeGreaterThan(5);
    for (const { measure, provenance } of entity.indicators) {
      expect(measure.code).toMatch(/^GOV_ACTIVITY\./);
      expect(provenance).toMatchObject({
        reason: 'ONLY_CANDIDATE',
        policy: { version: 1 },
        candidates: [{ accepted: true }],
      });
      expect(provenance.chosen.revision).toMatch(/^\d+$/);
      expect(['registry', 'self_report']).toContain(provenance.chosen.source.key);
    }
  });

  it('`matrix` gives all entities with all main indexes', async () => {
    const { ranking } = await graph.read(contractDocument('matrix'), { round: 'PROVINCE-2022' });
    expect(ranking.edges).toHaveLength(63);
    for (const { node } of ranking.edges) expect(node.entity.scores).toHaveLength(9);
  });

  it('`sources` lists the sources with their runs', async () => {
    const { sources } = await graph.read(contractDocument('sources'));
    expect(sources.totalCount).toBe(2);
    const [registry, selfReport] = sources.edges.map(({ node }: { node: object }) => node);
    expect(registry).toMatchObject({
      key: 'registry',
      name: 'Registry',
      kind: 'NATIONAL_DATABASE',
      simulated: true,
      stale: true,
    });
    expect(registry.lastRun).toMatchObject({ status: 'FAILED', stopReasons: [] });
    expect(registry.runs.edges).toHaveLength(3);
    expect(selfReport).toMatchObject({ key: 'self_report', stale: false, lastRun: null, runs: { edges: [] } });
  });
});

const COUNT = `query Count($id: ID!) { node(id: $id) { __typename id } }`;

describe('node', () => {
  it.each([
    ['Entity:GSO-2004:74', 'Entity'],
    ['Region:GSO-2004:SE', 'Region'],
    ['PeerGroup:PROVINCE_63', 'PeerGroup'],
    ['Framework:PDTI-922', 'Framework'],
    ['Measure:PDTI-922:GOV_ACTIVITY', 'Measure'],
    ['AssessmentRound:PROVINCE-2022', 'AssessmentRound'],
    ['Snapshot:1', 'Snapshot'],
    ['Source:registry', 'Source'],
    ['SyncRun:1', 'SyncRun'],
    ['Observation:1', 'Observation'],
  ])('an id finds what it names: %s', async (id, typename) => {
    expect(await graph.read(COUNT, { id })).toEqual({ node: { __typename: typename, id } });
  });

  it('ids are tested above for every type that is a Node, except those that are not for everybody', () => {
    const node = graph.schema.getType('Node');
    if (node === undefined || !('getInterfaces' in node)) throw new Error('there is no interface Node');
    const names = graph.schema.getPossibleTypes(node as never).map(({ name }) => name);
    const open = names.filter((name) => can(PUBLIC_VIEWER, name));
    expect(open.sort()).toEqual(
      [
        'Entity',
        'Region',
        'PeerGroup',
        'Framework',
        'Measure',
        'AssessmentRound',
        'Snapshot',
        'Source',
        'SyncRun',
        'Observation',
        // Found by its id in alert.test.ts, where there are some.
        'Alert',
      ].sort(),
    );
  });

  it('an id of nothing finds null, and what is no id is an error', async () => {
    const { nodes } = await graph.read(
      '{ nodes(ids: ["Entity:GSO-2004:999", "Observation:x", "Source:nobody", "Snapshot:0"]) { id } }',
    );
    expect(nodes).toEqual([null, null, null, null]);
    expect(await graph.fail(COUNT, { id: 'Nothing:1' })).toBe('BAD_USER_INPUT');
    expect(await graph.fail(COUNT, { id: 'toString:1' })).toBe('BAD_USER_INPUT');
  });
});

describe('entity', () => {
  const ENTITY =
    'query Entity($code: String!, $system: String) { entity(code: $code, codeSystem: $system) { codeSystem } }';

  it('a code that only one system has finds its entity without the system', async () => {
    expect(await graph.read(ENTITY, { code: '74' })).toEqual({ entity: { codeSystem: 'GSO-2004' } });
  });

  it('an ambiguous code is refused with the list of its entities', async () => {
    const { errors } = await graph.ask(ENTITY, { code: '15' });
    expect(errors).toMatchObject([
      {
        extensions: {
          code: 'AMBIGUOUS_CODE',
          details: {
            candidates: [
              { codeSystem: 'GSO-2004', name: 'Yen Bai' },
              { codeSystem: 'GSO-2025', name: 'Lao Cai' },
            ],
          },
        },
      },
    ]);
  });

  it('a code that nobody has finds null', async () => {
    expect(await graph.read(ENTITY, { code: 'nobody' })).toEqual({ entity: null });
  });

  it('an entity knows those that it was made of, and its peer group in each round', async () => {
    const { entity } = await graph.read(
      '{ entity(code: "48", codeSystem: "GSO-2025") { predecessors { code successors { id } } peerGroup(round: "PROVINCE-2026") { code } none: peerGroup(round: "PROVINCE-2022") { code } } }',
    );
    expect(entity).toEqual({
      predecessors: ['48', '49'].map((code) => ({ code, successors: [{ id: 'Entity:GSO-2025:48' }] })),
      peerGroup: { code: 'PROVINCE_34' },
      none: null,
    });
  });
});
