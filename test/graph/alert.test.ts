import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunMode } from '../../src/domain/syncRun.js';
import { liveAlerts } from '../../src/graph/alertUpdates.js';
import { raiseAlerts } from '../../src/pipeline/raiseAlerts.js';
import { insertAlerts } from '../../src/store/alert.js';
import { nextChangeId, readHead, takeRevision } from '../../src/store/revision.js';
import { SyncRunTable } from '../../src/store/tables/syncRun.js';
import { rowsOf } from '../store/batch.js';
import { follow } from './followLive.js';
import { type Answer, type GraphFixture, openGraph } from './graphFixture.js';

let graph: GraphFixture;
beforeAll(async () => {
  graph = await openGraph();
});
afterAll(() => graph.close());

/** Looks for alerts as a worker does, at a time. @returns the revision; null = nothing was written */
async function raise(now = new Date()): Promise<number | null> {
  const { database, platform } = graph;
  const stage = { database, catalogue: () => graph.catalogue(), library: platform.library, now: () => now };
  const revision = await raiseAlerts(stage, platform.feed.head);
  while (platform.feed.head < (revision ?? 0)) {
    await platform.feed.changed(platform.feed.head, AbortSignal.timeout(10_000));
  }
  return revision;
}

const ALERTS = `query Alerts($filter: AlertFilter, $first: Int, $after: String, $at: AtInput) {
  alerts(filter: $filter, first: $first, after: $after, at: $at) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node {
      id kind severity message vi: message(lang: VI) revision openedAt resolvedAt resolvedRevision rank previousRank
      entity { code } source { key } syncRun { id status } round { code } snapshot { id status } comparedWith { round { code } }
    } }
  }
}`;
async function alerts(filter: Record<string, unknown> = {}): Promise<Answer[]> {
  const { alerts: page } = await graph.read(ALERTS, { filter, first: 1000 });
  return page.edges.map(({ node }: Answer) => node);
}

/** Adds a run of a source that has ended. */
async function endRun(
  sourceKey: string,
  status: 'FAILED' | 'SUCCEEDED' | 'CANCELLED',
  finishedAt = new Date(),
  mode: RunMode = 'FULL_REFRESH',
): Promise<number> {
  const em = graph.database.fork();
  const [source] = await rowsOf<{ id: number }>(graph.database, `select id from source where key = '${sourceKey}'`);
  const failure = {
    errorCode: 'SYNC_AUTH',
    errorMessage: 'the token of 10.1.2.3 was refused',
    failureType: 'config_error',
  };
  const run = em.create(SyncRunTable, {
    ...{ sourceId: source?.id ?? 0, sourceVersion: 1, mode, status, startedAt: finishedAt, finishedAt },
    ...{ stopReasons: {}, skippedRules: {}, ...(status === 'FAILED' ? failure : {}) },
  });
  await em.flush();
  return run.id;
}

describe('alerts of results', () => {
  it('a published round tells who fell against the year before, once however many workers look', async () => {
    const before = await graph.platform.feed.head;
    const revisions = await Promise.all([raise(), raise(), raise(), raise()]);
    expect(revisions.filter((revision) => revision !== null)).toHaveLength(1);
    expect(await raise()).toBeNull();
    const found = await alerts({ kind: { eq: 'RANK_FALL' } });
    const { ranking } = await graph.read(
      `{ ranking(round: "PROVINCE-2022", first: 100) { edges { node { entity { code } rank score { change { rank } } } } } }`,
    );
    const fallen = ranking.edges
      .map(({ node }: Answer) => node)
      .filter(({ score }: Answer) => score.change?.rank <= -5);
    const provinces = found.filter(({ round }) => round.code === 'PROVINCE-2022');
    expect(fallen.length).toBeGreaterThan(3);
    expect(provinces.map(({ entity }) => entity.code).sort()).toEqual(
      fallen.map(({ entity }: Answer) => entity.code).sort(),
    );
    for (const alert of provinces) {
      const { rank, score } = fallen.find(({ entity }: Answer) => entity.code === alert.entity.code);
      expect([alert.rank, alert.previousRank]).toEqual([rank, rank + score.change.rank]);
      expect(alert.severity).toBe(score.change.rank <= -10 ? 'CRITICAL' : 'WARNING');
      expect(alert).toMatchObject({
        snapshot: { status: 'PUBLISHED' },
        comparedWith: { round: { code: 'PROVINCE-2021' } },
      });
      expect(alert.resolvedRevision).toBe(alert.revision);
      expect(Number(alert.revision)).toBeGreaterThan(before);
      expect(alert.message).toMatch(
        / fell \d+ places, from rank \d+ to \d+ \(Provinces 2022, published, against the year before\)\.$/,
      );
      expect(alert.vi).toMatch(/ tụt \d+ bậc, từ hạng \d+ xuống hạng \d+ \(Tỉnh, thành 2022, kết quả công bố/);
    }
  });

  it('an open round tells of a fall since the beginning of the day, sudden or slow, once a day, and of its end', async () => {
    const open = { kind: { eq: 'RANK_FALL' }, round: { eq: 'PROVINCE-2026' }, entity: { eq: 'GSO-2025:48' } };
    const updates = await follow(
      graph,
      `subscription { alertUpdates(kinds: [RANK_FALL], entities: ["GSO-2025:48"]) {
      revision previousRevision complete alerts { id rank previousRank resolvedAt entity { code } round { code } } } }`,
    );
    const first = await updates.next();
    expect(first).toMatchObject({ complete: true, alerts: [] });
    const indicators = [
      'GOV_ACTIVITY.07',
      'ECO_ACTIVITY.08',
      'SOC_ACTIVITY.05',
      'GOV_ACTIVITY.06',
      'GOV_ACTIVITY.08',
      'GOV_ACTIVITY.09',
    ];
    const set = async (share: number) => {
      for (const code of indicators) {
        if (graph.catalogue().measureByCode('PDTI-922', code)) await graph.measure('GSO-2025:48', code, share, 1000);
      }
      await graph.compute('PROVINCE-2026');
    };
    await set(0);
    await raise();
    const [alert, ...others] = await alerts(open);
    expect(others).toEqual([]);
    expect(alert).toMatchObject({ resolvedAt: null, snapshot: { status: 'PROVISIONAL' }, entity: { code: '48' } });
    expect(alert.rank - alert.previousRank).toBeGreaterThanOrEqual(5);
    expect(await updates.next()).toMatchObject({
      ...{ complete: false, previousRevision: first.revision, revision: alert.revision },
      alerts: [{ id: alert.id, resolvedAt: null }],
    });
    expect(
      await graph.read('query Node($id: ID!) { node(id: $id) { ... on Alert { kind } } }', { id: alert.id }),
    ).toEqual({ node: { kind: 'RANK_FALL' } });
    await set(999);
    await raise();
    const [over] = await alerts(open);
    expect(over.id).toBe(alert.id);
    expect(Date.parse(over.resolvedAt)).toBeGreaterThan(0);
    expect(await updates.next()).toMatchObject({
      previousRevision: alert.revision,
      alerts: [{ id: alert.id, resolvedAt: over.resolvedAt }],
    });
    // The same fall on the same day is known.
    await set(0);
    await raise();
    expect(await alerts(open)).toHaveLength(1);
    expect(await updates.next()).toBeNull();
    // As it was known then.
    const { alerts: then } = await graph.read(ALERTS, { filter: open, at: { asOf: { revision: alert.revision } } });
    expect(then.edges).toMatchObject([{ node: { id: alert.id, resolvedAt: null } }]);
  });

  it('what comes from provisional results is hidden where those are', async () => {
    const hidden = { ...graph.platform, feed: graph.platform.feed, publicProvisional: false };
    const { data } = await graph.ask(ALERTS, { first: 1000 }, hidden);
    const rounds = new Set(data.alerts.edges.map(({ node }: Answer) => node.round?.code));
    expect([...rounds]).toContain('PROVINCE-2022');
    expect([...rounds]).not.toContain('PROVINCE-2026');
    const [id] = (await alerts({ round: { eq: 'PROVINCE-2026' } })).map((alert) => alert.id);
    const node = 'query Node($id: ID!) { node(id: $id) { id } }';
    expect((await graph.ask(node, { id }, hidden)).data).toEqual({ node: null });
  });
});

describe('alerts of sources', () => {
  it('a failed run is told once, without what was found, until a run is good again', async () => {
    const failed = { kind: { eq: 'FAILED_RUN' } };
    await raise();
    // Four failures in a row stand in the fixture.
    expect(await alerts(failed)).toHaveLength(1);
    await endRun('registry', 'SUCCEEDED');
    await raise();
    expect(await alerts({ ...failed, isOpen: { eq: true } })).toEqual([]);
    const updates = await follow(
      graph,
      'subscription { alertUpdates(sources: ["registry"]) { complete alerts { id kind resolvedAt } } }',
    );
    expect(await updates.next()).toMatchObject({ complete: true });
    const runId = await endRun('registry', 'FAILED');
    await endRun('registry', 'CANCELLED');
    await endRun('registry', 'FAILED');
    expect(await raise()).not.toBeNull();
    const open = await alerts({ ...failed, isOpen: { eq: true }, source: { eq: 'registry' } });
    expect(open).toMatchObject([
      {
        ...{ severity: 'CRITICAL', source: { key: 'registry' }, syncRun: { id: `SyncRun:${runId}`, status: 'FAILED' } },
        ...{
          message: 'A run of the source Registry failed (SYNC_AUTH).',
          vi: 'Lần đọc nguồn Sổ đăng ký thất bại (SYNC_AUTH).',
        },
      },
    ]);
    expect(JSON.stringify(open)).not.toContain('10.1.2.3');
    expect(await updates.next()).toMatchObject({ complete: false, alerts: [{ id: open[0].id, kind: 'FAILED_RUN' }] });
    await endRun('registry', 'SUCCEEDED');
    await raise();
    expect(await updates.next()).toMatchObject({ alerts: [{ id: open[0].id, resolvedAt: expect.any(String) }] });
    expect(await raise()).toBeNull();
  });

  it('a failure that was mended before anybody looked is told with its end', async () => {
    await endRun('registry', 'FAILED');
    await endRun('registry', 'SUCCEEDED');
    const count = (await alerts({ kind: { eq: 'FAILED_RUN' } })).length;
    await raise();
    const [newest, ...others] = await alerts({ kind: { eq: 'FAILED_RUN' } });
    expect(others).toHaveLength(count);
    expect(newest.resolvedRevision).toBe(newest.revision);
  });

  it('a replay reads nothing: it ends no alert, hides no failure, and makes no source fresh', async () => {
    const openOf = (kind: string) => alerts({ kind: { eq: kind }, isOpen: { eq: true }, source: { eq: 'registry' } });
    const start = Date.now();
    const later = (seconds: number) => new Date(start + seconds * 1000);
    await endRun('registry', 'SUCCEEDED', later(0));
    const failedId = await endRun('registry', 'FAILED', later(1));
    // Not mended before anybody looked.
    await endRun('registry', 'SUCCEEDED', later(2), 'REPLAY');
    await raise(later(3));
    const told = [{ syncRun: { id: `SyncRun:${failedId}` }, resolvedAt: null }];
    expect(await openOf('FAILED_RUN')).toMatchObject(told);
    // Nor does it end what was told.
    await endRun('registry', 'SUCCEEDED', later(4), 'REPLAY');
    await raise(later(5));
    expect(await openOf('FAILED_RUN')).toMatchObject(told);
    // The next failure is no new beginning.
    await endRun('registry', 'FAILED', later(6));
    await raise(later(7));
    expect(await openOf('FAILED_RUN')).toMatchObject(told);
    expect(await openOf('STALE_SOURCE')).toEqual([]);
    await endRun('registry', 'SUCCEEDED', later(60), 'REPLAY');
    await raise(later(61));
    expect(await openOf('STALE_SOURCE')).toHaveLength(1);
    await endRun('registry', 'SUCCEEDED', later(62));
    await raise(later(63));
    expect([await openOf('FAILED_RUN'), await openOf('STALE_SOURCE')]).toEqual([[], []]);
  });

  it('a source grows stale by time alone, is fresh again after a run, and may grow stale again', async () => {
    const stale = { kind: { eq: 'STALE_SOURCE' } };
    const start = Date.now();
    const later = (seconds: number) => new Date(start + seconds * 1000);
    await endRun('registry', 'SUCCEEDED', later(0));
    await raise(later(59));
    expect(await alerts({ ...stale, isOpen: { eq: true } })).toEqual([]);
    await Promise.all([raise(later(61)), raise(later(61))]);
    await raise(later(62));
    const [first, ...others] = await alerts({ ...stale, isOpen: { eq: true } });
    expect(others).toEqual([]);
    const inVietnam = new Date(start + 7 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
    expect(first.message).toBe(`The source Registry is stale: it was last read well at ${inVietnam} in Vietnam.`);
    await endRun('registry', 'SUCCEEDED', later(63));
    await raise(later(64));
    expect(await alerts({ ...stale, isOpen: { eq: true } })).toEqual([]);
    await raise(later(200));
    const [again] = await alerts({ ...stale, isOpen: { eq: true } });
    expect(again.id).not.toBe(first.id);
    // Nobody waits for a source that is not read any more.
    await graph.database.fork().execute(`update source set status = 'PAUSED' where key = 'registry'`);
    await raise(later(300));
    expect(await alerts({ ...stale, isOpen: { eq: true } })).toEqual([]);
    await graph.database.fork().execute(`update source set status = 'ACTIVE' where key = 'registry'`);
    await raise(later(400));
    expect(await alerts({ ...stale, isOpen: { eq: true } })).toHaveLength(1);
  });
});

describe('the list and the rules', () => {
  it('pages through all of them, newest first', async () => {
    const all = await alerts();
    const ids: string[] = [];
    for (let after: string | null = null; ; ) {
      const { alerts: page }: Answer = await graph.read(ALERTS, { first: 7, after });
      expect(page.totalCount).toBe(all.length);
      ids.push(...page.edges.map(({ node }: Answer) => node.id));
      after = page.pageInfo.endCursor;
      if (!page.pageInfo.hasNextPage) break;
    }
    expect(ids).toEqual(all.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('`since` tells what came after it, and an unknown one all that are open', async () => {
    const document =
      'subscription Watch($since: String) { alertUpdates(since: $since) { revision previousRevision complete alerts { id } } }';
    const state = await (await follow(graph, document)).next();
    expect(state.alerts.map(({ id }: Answer) => id).sort()).toEqual(
      (await alerts({ isOpen: { eq: true } })).map(({ id }) => id).sort(),
    );
    expect(await (await follow(graph, document, { since: state.revision })).next()).toBeNull();
    await endRun('registry', 'SUCCEEDED', new Date(Date.now() + 500_000));
    const revision = String(await raise());
    expect(await (await follow(graph, document, { since: state.revision })).next()).toMatchObject({
      revision,
      previousRevision: state.revision,
      complete: false,
      alerts: [{}],
    });
    expect(await (await follow(graph, document, { since: '999999999' })).next()).toMatchObject({ complete: true });
    await expect(follow(graph, 'subscription { alertUpdates(sources: ["nobody"]) { revision } }')).rejects.toThrow(
      'NOT_FOUND',
    );
    await expect(follow(graph, 'subscription { alertUpdates(entities: ["nobody"]) { revision } }')).rejects.toThrow(
      'NOT_FOUND',
    );
  });

  it('an admin changes the rules, and only what makes sense', async () => {
    const set = (rule: string) => `mutation { setAlertRule(${rule}) { kind level threshold enabled } }`;
    expect(await graph.read(set('kind: FAILED_RUN, enabled: false'))).toEqual({
      setAlertRule: { kind: 'FAILED_RUN', level: null, threshold: null, enabled: false },
    });
    await graph.read(set('kind: RANK_FALL, level: MINISTRY, threshold: 2'));
    const { alertRules } = await graph.read('{ alertRules { kind level threshold enabled } }');
    expect(alertRules).toContainEqual({ kind: 'RANK_FALL', level: 'MINISTRY', threshold: 2, enabled: true });
    for (const bad of [
      'kind: RANK_FALL',
      'kind: RANK_FALL, level: PROVINCE, threshold: 0',
      'kind: FAILED_RUN, threshold: 3',
      'kind: STALE_SOURCE, level: PROVINCE',
    ]) {
      expect([bad, await graph.fail(set(bad))]).toEqual([bad, 'BAD_USER_INPUT']);
    }
    const count = (await alerts()).length;
    await endRun('registry', 'FAILED');
    await raise();
    expect(await alerts()).toHaveLength(count);
    const actions = await rowsOf<{ action: string; target: string }>(
      graph.database,
      `select action, target from audit where action = 'setAlertRule' order by id`,
    );
    expect(actions.map(({ target }) => target)).toEqual(['AlertRule:FAILED_RUN', 'AlertRule:RANK_FALL:MINISTRY']);
  });

  it('however many are open, the first state is all of them, and says so when it is not', async () => {
    const [entityId] = await rowsOf<{ id: number }>(
      graph.database,
      `select id from entity where code = '79' and code_system = 'GSO-2025'`,
    );
    const about = { entityId: entityId?.id ?? 0, sourceId: null, syncRunId: null, roundId: null, snapshotId: null };
    const many = Array.from({ length: 1100 }, (_, index) => ({
      ...{ ...about, key: `many:${index}`, kind: 'RANK_FALL' as const, severity: 'WARNING' as const, facts: {} },
      ...{ comparedSnapshotId: null, provisional: false, openedAt: new Date() },
    }));
    const before = await readHead(graph.database.fork());
    const revision = await graph.database.fork().transactional(async (em) => {
      const changeId = await nextChangeId(em);
      await insertAlerts(em, many, changeId);
      return takeRevision(em, { changeId, kind: 'ALERT', roundIds: [] });
    });
    while (graph.platform.feed.head < revision) {
      await graph.platform.feed.changed(graph.platform.feed.head, AbortSignal.timeout(10_000));
    }
    const document = `subscription Watch($since: String) {
      alertUpdates(entities: ["GSO-2025:79"], since: $since) { revision complete truncated alerts { id } } }`;
    for (const since of [null, String(before)]) {
      const state = await (await follow(graph, document, { since })).next();
      expect(state).toMatchObject({ complete: since === null, truncated: false, revision: String(revision) });
      expect(new Set(state.alerts.map(({ id }: Answer) => id)).size).toBe(1100);
    }
    const watched = { kinds: null, entityIds: [entityId?.id ?? 0], sourceIds: null };
    const cut = await liveAlerts(graph.platform, watched, 1000).tell(before, revision);
    expect(cut?.event).toMatchObject({ complete: true, truncated: true });
    expect(cut?.event.alerts).toHaveLength(1000);
  });

  it('what was written stays as it is', async () => {
    for (const statement of ['update alert set severity = severity', 'delete from alert_end']) {
      await expect(graph.database.fork().execute(statement)).rejects.toThrow('only ever added');
    }
  });
});
