import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsOf } from '../store/batch.js';
import { type GraphFixture, openGraph } from './graphFixture.js';

let graph: GraphFixture;
/** Before and after one figure of the open round changed, and the time between. */
let before: { revision: string; value: number };
let between: string;
let after: { revision: string; value: number };

const SCORE = `query Score($at: AtInput) {
  entity(code: "48", codeSystem: "GSO-2025", at: $at) {
    score(round: "PROVINCE-2026", measure: "ECO_ACTIVITY.08") {
      value snapshot { revision id }
      provenance { chosen { numerator revision source { key } } candidates { accepted reason numerator } }
    }
  }
}`;

async function score(at: object | null = null) {
  return (await graph.read(SCORE, { at })).entity.score;
}

beforeAll(async () => {
  graph = await openGraph();
  const first = await score();
  before = { revision: first.snapshot.revision, value: first.value };
  await new Promise((resolve) => setTimeout(resolve, 20));
  between = new Date().toISOString();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await graph.measure('GSO-2025:48', 'ECO_ACTIVITY.08', 123, 1000);
  await graph.compute('PROVINCE-2026');
  const second = await score();
  after = { revision: second.snapshot.revision, value: second.value };
});
afterAll(() => graph.close());

describe('as of', () => {
  it('a revision or a time shows what was known then, down to the provenance', async () => {
    expect(after.value).toBe(0.123);
    expect(before.value).not.toBe(after.value);
    for (const asOf of [{ revision: before.revision }, { time: between }]) {
      const then = await score({ asOf });
      expect(then).toMatchObject({ value: before.value, snapshot: { revision: before.revision } });
      expect(then.provenance.candidates.map(({ reason }: { reason: string }) => reason)).toEqual([
        'HIGHEST_PRECEDENCE',
        'LOWER_PRECEDENCE',
      ]);
    }
    const now = await score();
    expect(now.provenance.chosen.numerator).toBe('123');
    expect(now.provenance.candidates.map(({ reason }: { reason: string }) => reason)).toEqual([
      ...['HIGHEST_PRECEDENCE', 'SUPERSEDED', 'LOWER_PRECEDENCE'],
    ]);
    expect(await score({ asOf: { revision: after.revision } })).toEqual(now);
    expect(await score({ asOf: { time: '2999-01-01T00:00:00Z' } })).toEqual(now);
    expect(await score({ asOf: null })).toEqual(now);
  });

  it('a cursor of one state and an `at` of another contradict each other', async () => {
    const PAGE = `query Page($at: AtInput, $after: String) {
      ranking(round: "PROVINCE-2026", first: 2, after: $after, at: $at) { pageInfo { endCursor } edges { node { rank } } }
    }`;
    const { ranking } = await graph.read(PAGE, {});
    const cursor = ranking.pageInfo.endCursor;
    const then = { asOf: { revision: before.revision } };
    expect(await graph.fail(PAGE, { at: then, after: cursor })).toBe('BAD_USER_INPUT');
    const first = await graph.read(PAGE, { at: then });
    const second = await graph.read(PAGE, { at: then, after: first.ranking.pageInfo.endCursor });
    expect(second.ranking.edges).toHaveLength(2);
  });

  it('`at` may differ between root fields, and holds for everything below one', async () => {
    const { then, now } = await graph.read(
      `query Two($at: AtInput) {
        then: ranking(round: "PROVINCE-2026", at: $at) { snapshot { revision round { snapshots { totalCount } } } edges { node { entity { score(round: "PROVINCE-2026") { value snapshot { revision } } } score { value } } } }
        now: ranking(round: "PROVINCE-2026") { snapshot { revision round { snapshots { totalCount edges { node { revision } } } } } }
      }`,
      { at: { asOf: { revision: before.revision } } },
    );
    expect(then.snapshot).toEqual({ revision: before.revision, round: { snapshots: { totalCount: 1 } } });
    for (const { node } of then.edges) {
      expect(node.entity.score).toEqual({ value: node.score.value, snapshot: { revision: before.revision } });
    }
    expect(now.snapshot.revision).toBe(after.revision);
    expect(
      now.snapshot.round.snapshots.edges.map((edge: { node: { revision: string } }) => edge.node.revision),
    ).toEqual([...[after.revision, before.revision]]);
  });

  it('a time before publication shows a round that is not published', async () => {
    const { now, published } = await graph.read(
      '{ now: round(code: "PROVINCE-2022") { status published { status revision publishedAt policy { version } inputHash resultHash } } published: rounds(first: 1) { totalCount } }',
    );
    expect(now).toMatchObject({ status: 'PUBLISHED', published: { status: 'PUBLISHED' } });
    expect(published.totalCount).toBe(7);
    // A number between two revisions means the earlier one.
    const at = { asOf: { revision: String(Number(now.published.revision) - 1) } };
    const then = await graph.read(
      'query Then($at: AtInput) { round(code: "PROVINCE-2022", at: $at) { status published { id } } }',
      { at },
    );
    expect(then).toEqual({ round: { status: 'VERIFYING', published: null } });
    const ranking = 'query Then($at: AtInput) { ranking(round: "PROVINCE-2022", at: $at) { totalCount } }';
    expect(await graph.fail(ranking, { at })).toBe('AS_OF_UNAVAILABLE');
  });

  it('`at` shows the observations of its time, in lists and by id', async () => {
    const list = `query List($at: AtInput) {
      observations(at: $at, filter: { entity: { eq: "GSO-2025:48" }, indicator: { eq: "ECO_ACTIVITY.08" }, source: { eq: "registry" } }) {
        edges { node { id numerator revision } }
      }
    }`;
    const at = { asOf: { revision: before.revision } };
    const [now] = (await graph.read(list)).observations.edges;
    const [then] = (await graph.read(list, { at })).observations.edges;
    expect(now.node.numerator).toBe('123');
    expect(then.node.numerator).not.toBe('123');
    const one = 'query One($id: ID!, $at: AtInput) { node(id: $id, at: $at) { id } }';
    expect(await graph.read(one, { id: now.node.id, at })).toEqual({ node: null });
    expect(await graph.read(one, { id: then.node.id, at })).toEqual({ node: { id: then.node.id } });
  });

  it('`at` shows the sources and runs of its time', async () => {
    const query =
      'query Then($at: AtInput) { sources(at: $at) { edges { node { key stale lastRun { id } runs { totalCount } } } } syncRuns(at: $at) { totalCount } }';
    const now = await graph.read(query);
    expect(now.syncRuns.totalCount).toBe(5);
    // Of a time at which the runs of the fixture had just ended, the source was fresh.
    const [first] = await rowsOf<{ id: string }>(graph.database, 'select min(id) as id from revision');
    await graph.database
      .fork()
      .execute("update revision set committed_at = '2026-11-22T00:00:30Z' where id = ?", [first?.id]);
    const then = await graph.read(query, { at: { asOf: { revision: first?.id } } });
    expect(then.sources.edges[0].node).toEqual({
      key: 'registry',
      stale: false,
      lastRun: { id: 'SyncRun:5' },
      runs: { totalCount: 5 },
    });
    await graph.database
      .fork()
      .execute("update revision set committed_at = '2026-11-21T00:00:00Z' where id = ?", [first?.id]);
    const earlier = await graph.read(query, { at: { asOf: { revision: first?.id } } });
    expect(earlier).toEqual({ sources: { edges: [] }, syncRuns: { totalCount: 0 } });
  });

  it('a code in another case is told how it is written', async () => {
    for (const [asked, meant] of [
      ['round: "province-2022"', 'PROVINCE-2022'],
      ['round: "PROVINCE-2022", measure: "eco_activity.08"', 'ECO_ACTIVITY.08'],
      ['round: "PROVINCE-2022", peerGroup: "Province_63"', 'PROVINCE_63'],
    ]) {
      const { errors } = await graph.ask(`{ ranking(${asked}) { totalCount } }`);
      expect(errors[0]?.message).toContain(`Did you mean "${meant}"?`);
    }
  });

  it('`at` refuses a time that nothing is known of, and what is no state', async () => {
    const fail = (asOf: object) => graph.fail(SCORE, { at: { asOf } });
    expect(await fail({ time: '1999-01-01T00:00:00Z' })).toBe('AS_OF_UNAVAILABLE');
    expect(await fail({ revision: '0' })).toBe('AS_OF_UNAVAILABLE');
    for (const asOf of [
      { revision: '8999999999999999' },
      { revision: '-1' },
      { revision: '1e3' },
      {},
      { revision: '1', time: between },
    ]) {
      expect(await fail(asOf)).toBe('BAD_USER_INPUT');
    }
  });
});

describe('the public, where provisional results are not public', () => {
  it('the public sees published snapshots only', async () => {
    const strict = { ...graph.platform, feed: graph.platform.feed, publicProvisional: false };
    const { data, errors } = await graph.ask(
      `{ published: ranking(round: "PROVINCE-2022") { totalCount }
         round(code: "PROVINCE-2026") { status snapshots { totalCount } published { id } }
         open: entity(code: "48", codeSystem: "GSO-2025") { score(round: "PROVINCE-2026") { value } }
         hidden: snapshot(id: "5") { id } shown: snapshot(id: "Snapshot:1") { id } }`,
      {},
      strict,
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      published: { totalCount: 63 },
      round: { status: 'OPEN', snapshots: { totalCount: 0 }, published: null },
      open: { score: null },
      hidden: null,
      shown: { id: 'Snapshot:1' },
    });
    const open = await graph.ask('{ ranking(round: "PROVINCE-2026") { totalCount } }', {}, strict);
    expect(open.errors[0]?.extensions?.code).toBe('AS_OF_UNAVAILABLE');
  });
});
