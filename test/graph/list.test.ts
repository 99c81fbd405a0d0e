import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Platform } from '../../src/graph/context.js';
import { registerSource, SELF_REPORT } from '../../src/pipeline/source.js';
import { NOW } from '../store/batch.js';
import { type GraphFixture, openGraph } from './graphFixture.js';

let graph: GraphFixture;
beforeAll(async () => {
  graph = await openGraph();
});
afterAll(() => graph.close());

/** Codes of the entities that a filter finds. */
async function entities(filter: object): Promise<string[]> {
  const { entities: found } = await graph.read(
    'query Find($filter: EntityFilter) { entities(first: 1000, filter: $filter) { totalCount edges { node { id } } } }',
    { filter },
  );
  expect(found.totalCount).toBe(found.edges.length);
  return found.edges.map((edge: { node: { id: string } }) => edge.node.id.replace('Entity:', ''));
}

describe('filters of entities', () => {
  it('`contains` finds names whatever the case and the diacritics', async () => {
    expect(await entities({ name: { contains: 'DA NANG' } })).toEqual(['GSO-2004:48', 'GSO-2025:48']);
    expect(await entities({ name: { contains: 'đà nẵng' } })).toEqual(['GSO-2004:48', 'GSO-2025:48']);
    expect(await entities({ name: { contains: 'bình dương' } })).toEqual(['GSO-2004:74']);
  });

  it('each operator of a condition selects what it says', async () => {
    const system = { codeSystem: { eq: 'GSO-2004' } };
    expect(await entities(system)).toHaveLength(63);
    expect(await entities({ codeSystem: { ne: 'GSO-2004' }, level: { eq: 'PROVINCE' } })).toHaveLength(34);
    expect(await entities({ ...system, code: { in: ['74', '48', 'nobody'] } })).toEqual(['GSO-2004:48', 'GSO-2004:74']);
    expect(await entities({ ...system, code: { lt: '04' } })).toEqual(['GSO-2004:01', 'GSO-2004:02']);
    expect(await entities({ ...system, code: { lte: '04' } })).toEqual(['GSO-2004:01', 'GSO-2004:02', 'GSO-2004:04']);
    expect(await entities({ ...system, code: { gt: '95' } })).toEqual(['GSO-2004:96']);
    expect(await entities({ ...system, code: { gte: '95' } })).toEqual(['GSO-2004:95', 'GSO-2004:96']);
  });

  it('and, or, not join conditions, and an empty `or` finds nothing', async () => {
    const one = { and: [{ code: { eq: '48' } }, { not: { codeSystem: { eq: 'GSO-2025' } } }] };
    expect(await entities(one)).toEqual(['GSO-2004:48']);
    expect(await entities({ or: [one, { code: { eq: 'MPI' } }] })).toEqual(['CENTRAL:MPI', 'GSO-2004:48']);
    expect(await entities({ or: [] })).toEqual([]);
    expect((await entities({ and: [] })).length).toBeGreaterThan(97);
  });

  it('null finds what has no value, and a region is found with or without its system', async () => {
    expect(await entities({ validTo: { eq: null }, level: { eq: 'PROVINCE' } })).toHaveLength(34);
    expect(await entities({ validTo: { eq: '2025-06-30' } })).toHaveLength(63);
    expect(await entities({ validTo: { lt: '2030-01-01' }, level: { eq: 'PROVINCE' } })).toHaveLength(63);
    const south = await entities({ region: { eq: 'GSO-2004:SE' } });
    expect(south).toContain('GSO-2004:74');
    expect((await entities({ region: { eq: 'SE' } })).length).toBeGreaterThan(south.length);
  });

  it('filters that are too deep or too long are refused', async () => {
    let deep: object = { code: { eq: '1' } };
    for (let level = 0; level < 12; level += 1) deep = { not: deep };
    const find = 'query Find($filter: EntityFilter) { entities(filter: $filter) { totalCount } }';
    expect(await graph.fail(find, { filter: deep })).toBe('BAD_USER_INPUT');
    const many = Array.from({ length: 1001 }, (_, index) => String(index));
    expect(await graph.fail(find, { filter: { code: { in: many } } })).toBe('BAD_USER_INPUT');
  });
});

describe('filters of rankings and scores', () => {
  it('a filtered ranking keeps the ranks of the whole', async () => {
    const { ranking } = await graph.read(
      '{ ranking(round: "PROVINCE-2022", filter: { rank: { gte: 15, lt: 18 } }) { totalCount edges { node { rank } } } }',
    );
    expect(ranking).toEqual({ totalCount: 3, edges: [15, 15, 17].map((rank) => ({ node: { rank } })) });
    const { south } = await graph.read(
      '{ south: ranking(round: "PROVINCE-2022", filter: { region: { eq: "SE" }, value: { gt: 0.5 }, name: { contains: "binh duong" } }) { edges { node { entity { code } } } } }',
    );
    expect(south.edges).toEqual([{ node: { entity: { code: '74' } } }]);
  });

  it('a filter of scores selects by measure, kind, entity, value and shares', async () => {
    const find = (filter: string) =>
      graph.read(
        `{ scores(round: "PROVINCE-2022", first: 1000, filter: ${filter}) { totalCount edges { node { value } } } }`,
      );
    expect((await find('{ measure: { eq: "INDEX" } }')).scores.totalCount).toBe(63);
    expect((await find('{ kind: { eq: MAIN_INDEX }, entity: { in: ["74", "GSO-2004:48"] } }')).scores.totalCount).toBe(
      18,
    );
    expect((await find('{ kind: { eq: MAIN_INDEX }, value: { eq: null } }')).scores.totalCount).toBe(63);
    expect(
      (
        await find(
          '{ measure: { eq: "INDEX" }, automaticShare: { gt: 0.01 }, coverage: { gte: 1 }, peerGroup: { eq: "PROVINCE_63" } }',
        )
      ).scores.totalCount,
    ).toBe(63);
    const { scores } = await graph.read(
      '{ scores(round: "PROVINCE-2022", kind: PILLAR, parent: "P_GOV") { totalCount } }',
    );
    expect(scores.totalCount).toBe(0);
  });
});

describe('paging', () => {
  const PAGE = `query Page($first: Int, $after: String) {
    ranking(round: "PROVINCE-2026", first: $first, after: $after) {
      totalCount snapshot { id } edges { cursor node { entity { code score(round: "PROVINCE-2026") { rank } } rank } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }`;

  it('a cursor walks a ranking of one snapshot to its end, even if a newer one comes', async () => {
    const whole = (await graph.read(PAGE, { first: 100 })).ranking;
    expect(whole.totalCount).toBe(34);
    const first = (await graph.read(PAGE, { first: 20 })).ranking;
    expect(first.pageInfo).toEqual({
      ...{ hasNextPage: true, hasPreviousPage: false },
      ...{ startCursor: first.edges[0].cursor, endCursor: first.edges[19].cursor },
    });
    await graph.measure('GSO-2025:01', 'ECO_ACTIVITY.08', 1, 1000);
    await graph.compute('PROVINCE-2026');
    const newer = (await graph.read(PAGE, { first: 20 })).ranking;
    expect(newer.snapshot.id).not.toBe(first.snapshot.id);
    const second = (await graph.read(PAGE, { first: 20, after: first.pageInfo.endCursor })).ranking;
    expect(second.snapshot.id).toBe(first.snapshot.id);
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect([...first.edges, ...second.edges].map(({ node }) => node)).toEqual(
      whole.edges.map(({ node }: { node: object }) => node),
    );
    for (const { node } of second.edges) expect(node.entity.score.rank).toBe(node.rank);
  });

  it('the pages of a list put together are the list, whatever is filtered, ordered and searched', async () => {
    const lists = [
      'entities(filter: { level: { eq: PROVINCE }, validTo: { eq: null } } @)',
      'entities(search: "quang", filter: { level: { eq: PROVINCE } } @)',
      'entities(filter: { level: { eq: PROVINCE } }, orderBy: [{ by: NAME, direction: DESC }] @)',
      'ranking(round: "PROVINCE-2022", filter: { value: { gt: 0.5 } } @)',
      'ranking(round: "PROVINCE-2022", filter: { region: { eq: "SE" } }, orderBy: [{ by: NAME }] @)',
      'scores(round: "PROVINCE-2022", kind: MAIN_INDEX, filter: { rank: { lte: 3 } } @)',
      'scores(round: "PROVINCE-2022", kind: INDEX, orderBy: [{ by: VALUE, direction: DESC }] @)',
    ];
    for (const list of lists) {
      const page = `query Page($first: Int, $after: String) {
        list: ${list.replace(' @', ', first: $first, after: $after')} { totalCount edges { cursor } pageInfo { hasNextPage endCursor } }
      }`;
      const { list: whole } = await graph.read(page, { first: 1000 });
      expect(whole.pageInfo.hasNextPage, list).toBe(false);
      expect(whole.totalCount, list).toBe(whole.edges.length);
      const size = Math.ceil(whole.totalCount / 2);
      expect(size, list).toBeGreaterThan(1);
      const { list: first } = await graph.read(page, { first: size });
      const { list: last } = await graph.read(page, { first: size, after: first.pageInfo.endCursor });
      expect([first.totalCount, first.pageInfo.hasNextPage], list).toEqual([whole.totalCount, true]);
      expect([last.totalCount, last.pageInfo.hasNextPage], list).toEqual([whole.totalCount, false]);
      expect([...first.edges, ...last.edges], list).toEqual(whole.edges);
    }
    const one =
      'query Page($after: String) { entities(first: 1, after: $after, filter: { code: { eq: "74" } }) { edges { cursor } } }';
    const { entities: other } = await graph.read('{ entities(first: 1) { edges { cursor } } }');
    expect(await graph.fail(one, { after: other.edges[0].cursor }), 'a row that the filter leaves out').toBe(
      'BAD_USER_INPUT',
    );
  });

  it('a list as of a number between two revisions is that of the earlier one, on all pages', async () => {
    await graph.compute('PROVINCE-2026');
    const at = { asOf: { revision: String(graph.platform.feed.head - 1) } };
    const page = `query Page($at: AtInput, $after: String) {
      ranking(round: "PROVINCE-2026", first: 20, at: $at, after: $after) { snapshot { id } edges { cursor } pageInfo { endCursor } }
    }`;
    const { ranking: first } = await graph.read(page, { at });
    const { ranking: second } = await graph.read(page, { at, after: first.pageInfo.endCursor });
    expect([second.snapshot.id, second.edges.length]).toEqual([first.snapshot.id, 14]);
  });

  it('cursors of other lists, made-up ones, and sizes out of range are refused', async () => {
    const { entities: other } = await graph.read('{ entities(first: 1) { pageInfo { endCursor } } }');
    const forge = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    const list = 'ranking:PROVINCE-2026:INDEX:';
    const { head } = graph.platform.feed;
    const cursors = [
      ...['nonsense', '', 'e30', other.pageInfo.endCursor],
      ...[forge(list, 'x', 'GSO-2025:01'), forge(list, -1, 'GSO-2025:01'), forge(list, head, 'GSO-2025:none')],
    ];
    for (const after of cursors) expect(await graph.fail(PAGE, { after })).toBe('BAD_USER_INPUT');
    // No row of another state is shown for one that is not there.
    for (const revision of [5, head - 1, head + 1]) {
      expect(await graph.fail(PAGE, { after: forge(list, revision, 'GSO-2025:01') })).toBe('REVISION_UNKNOWN');
    }
    const scores =
      'query Scores($after: String) { scores(round: "PROVINCE-2026", kind: PILLAR, after: $after) { totalCount } }';
    for (const key of ['1.5:0', '-1:1', '0', '9999:0', '0:9999', 'x:y', '']) {
      expect(await graph.fail(scores, { after: forge('scores:PROVINCE-2026', head, key) }), key).toBe('BAD_USER_INPUT');
    }
    for (const first of [-1, 1001]) expect(await graph.fail(PAGE, { first })).toBe('BAD_USER_INPUT');
    const run = forge('syncRuns', head, 'x');
    expect(
      await graph.fail('query Runs($after: String) { syncRuns(after: $after) { totalCount } }', { after: run }),
    ).toBe('BAD_USER_INPUT');
    expect(graph.log).toEqual([]);
  });

  it('a page has 20 rows by default, and none when asked for none', async () => {
    const { standard, none, explicit } = await graph.read(
      '{ standard: entities { edges { cursor } } none: entities(first: 0) { totalCount edges { cursor } pageInfo { endCursor hasNextPage } } explicit: entities(first: null) { edges { cursor } } }',
    );
    expect(standard.edges).toHaveLength(20);
    expect(explicit).toEqual(standard);
    expect(none).toMatchObject({ edges: [], pageInfo: { endCursor: null, hasNextPage: true } });
  });

  it('cursors walk observations and runs by their numbers', async () => {
    const seen = new Set<string>();
    let after: string | null = null;
    let total = 0;
    do {
      const { observations } = await graph.read(
        'query Walk($after: String) { observations(first: 700, after: $after, filter: { period: { eq: "2026" } }) { totalCount edges { node { id } } pageInfo { hasNextPage endCursor } } }',
        { after },
      );
      total = observations.totalCount;
      for (const { node } of observations.edges) seen.add(node.id);
      after = observations.pageInfo.hasNextPage ? observations.pageInfo.endCursor : null;
    } while (after !== null);
    expect(total).toBeGreaterThan(3000);
    expect(seen.size).toBe(total);
    const { source } = await graph.read(
      '{ source(key: "registry") { runs(first: 2) { totalCount edges { node { id } } pageInfo { endCursor } } } }',
    );
    expect(source.runs).toMatchObject({
      totalCount: 5,
      edges: [{ node: { id: 'SyncRun:5' } }, { node: { id: 'SyncRun:4' } }],
    });
    const rest = await graph.read(
      'query Rest($after: String) { source(key: "registry") { runs(first: 9, after: $after) { edges { node { id } } } } }',
      {
        after: source.runs.pageInfo.endCursor,
      },
    );
    expect(rest.source.runs.edges).toEqual([3, 2, 1].map((id) => ({ node: { id: `SyncRun:${id}` } })));
  });
});

describe('filters in SQL', () => {
  const count = async (filter: object, history = false) =>
    (
      await graph.read(
        'query Count($filter: ObservationFilter, $history: Boolean) { observations(filter: $filter, history: $history) { totalCount } }',
        { filter, history },
      )
    ).observations.totalCount;

  it('a filter finds observations by entity, indicator, period, source, value and status', async () => {
    const about = { entity: { eq: 'GSO-2025:48' }, indicator: { eq: 'PDTI-922:ECO_ACTIVITY.08' } };
    expect(await count(about)).toBe(2);
    expect(await count({ ...about, source: { eq: 'registry' } })).toBe(1);
    expect(await count({ ...about, source: { in: ['registry', 'self_report'] } })).toBe(2);
    expect(await count({ ...about, source: { contains: 'REGIS' } })).toBe(1);
    expect(await count({ ...about, period: { lt: '2026' } })).toBe(0);
    expect(await count({ ...about, value: { eq: null }, obsStatus: { in: ['A', 'P'] } })).toBe(2);
    expect(await count({ ...about, value: { gt: '0' } })).toBe(0);
    expect(await count({ ...about, value: { ne: '1' } })).toBe(2);
    expect(await count({ and: [about, { or: [{ source: { eq: 'registry' } }, { source: { eq: 'nobody' } }] }] })).toBe(
      1,
    );
    expect(await count({ ...about, not: { source: { eq: 'registry' } } })).toBe(1);
    expect(await count({ ...about, or: [] })).toBe(0);
    expect(await count({ entity: { eq: 'nobody' } })).toBe(0);
    const tiers = { indicator: { eq: 'PDTI-922:AWARENESS.03' }, period: { eq: '2022' } };
    const all = await count(tiers);
    expect((await count({ ...tiers, value: { lte: '3.0' } })) + (await count({ ...tiers, value: { gt: 3 } }))).toBe(
      all,
    );
  });

  it('refuses to compare periods with what is none, at any depth', async () => {
    for (const period of ['{ eq: "20222" }', '{ in: ["2022", "2022-13"] }', '{ gte: "2022-Q5" }', '{ ne: "" }']) {
      for (const filter of [`{ period: ${period} }`, `{ or: [{ not: { period: ${period} } }] }`])
        expect(await graph.fail(`{ observations(filter: ${filter}) { totalCount } }`)).toBe('BAD_USER_INPUT');
    }
    expect(await count({ period: { contains: 'Q5' } })).toBe(0);
  });

  it('corrected observations are left out unless the history is asked for', async () => {
    const about = { entity: { eq: 'GSO-2025:04' }, indicator: { eq: 'ECO_ACTIVITY.08' }, source: { eq: 'registry' } };
    await graph.measure('GSO-2025:04', 'ECO_ACTIVITY.08', 7, 1000);
    expect([await count(about), await count(about, true)]).toEqual([1, 2]);
  });

  it('a filter finds runs by status, mode, source and time, each with its explanation', async () => {
    const { good, failed, later, running } = await graph.read(`{
      good: syncRuns(filter: { status: { eq: SUCCEEDED }, mode: { eq: FULL_REFRESH }, source: { eq: "registry" } }) {
        totalCount edges { node { id read written unchanged stopReasons skippedRules error { code } source { key lastRun { id } } } }
      }
      failed: syncRuns(first: 1, filter: { status: { in: [FAILED, CANCELLED] } }) { totalCount edges { node { error { code message failureType } } } pageInfo { hasNextPage } }
      later: syncRuns(filter: { startedAt: { gt: "2026-11-22T00:00:00Z" } }) { totalCount }
      running: syncRuns(filter: { finishedAt: { eq: null } }) { totalCount }
    }`);
    expect(good).toEqual({
      totalCount: 1,
      edges: [
        {
          node: {
            ...{
              id: 'SyncRun:1',
              read: 3,
              written: 2,
              unchanged: 1,
              stopReasons: ['statistics: no next cursor'],
              skippedRules: [],
              error: null,
            },
            source: { key: 'registry', lastRun: { id: 'SyncRun:5' } },
          },
        },
      ],
    });
    expect(failed).toEqual({
      totalCount: 4,
      edges: [
        {
          node: {
            error: { code: 'SYNC_AUTH', message: 'The source refused the credentials.', failureType: 'config_error' },
          },
        },
      ],
      pageInfo: { hasNextPage: true },
    });
    expect([later.totalCount, running.totalCount]).toEqual([0, 0]);
  });

  it('a filter finds sources by kind, freshness and name', async () => {
    const { sources } = await graph.read(
      '{ sources(filter: { kind: { eq: NATIONAL_DATABASE }, stale: { eq: true }, simulated: { ne: false }, name: { contains: "so dang ky" } }) { totalCount edges { node { key name(lang: VI) } } } }',
    );
    expect(sources).toEqual({ totalCount: 1, edges: [{ node: { key: 'registry', name: 'Sổ đăng ký' } }] });
  });

  it('a source says in both languages who answers for it and how to cite it, and is found by either', async () => {
    const find = `query ($owner: String!) { sources(filter: { key: { eq: "self_report" }, owner: { contains: $owner } }) {
      edges { node { owner citation vi: owner(lang: VI) cited: citation(lang: VI) } } } }`;
    const [vi, en] = await Promise.all(['co quan duoc', 'assessed'].map((owner) => graph.read(find, { owner })));
    const node = {
      ...{ owner: 'The assessed bodies', vi: 'Các cơ quan được đánh giá' },
      ...{ citation: expect.stringContaining('Self-reports'), cited: expect.stringContaining('Báo cáo') },
    };
    expect([vi, en]).toEqual([{ sources: { edges: [{ node }] } }, { sources: { edges: [{ node }] } }]);
  });

  it('a source says how often the demonstration has it read, while it is in use', async () => {
    await registerSource(graph.database, { ...SELF_REPORT, key: 'einvoice' }, 'ACTIVE', NOW);
    const pace = { sourceKeys: ['einvoice'], everyMs: 5000 };
    const demonstration = { ...graph.platform, feed: graph.platform.feed, demonstrationPace: pace };
    const secondsOf = async (platform: Platform) => {
      const document = `{ einvoice: source(key: "einvoice") { status demonstrationSeconds }
        registry: source(key: "registry") { status demonstrationSeconds } }`;
      const { data } = await graph.ask(document, {}, platform);
      return [data.einvoice, data.registry].map((source) => [source.status, source.demonstrationSeconds]);
    };
    const other = ['ACTIVE', null];
    expect(await secondsOf(demonstration)).toEqual([['ACTIVE', 5], other]);
    expect(await secondsOf(graph.platform)).toEqual([['ACTIVE', null], other]);
    await graph.database.fork().execute(`update source set status = 'PAUSED' where key = 'einvoice'`);
    expect(await secondsOf(demonstration)).toEqual([['PAUSED', null], other]);
  });
});
