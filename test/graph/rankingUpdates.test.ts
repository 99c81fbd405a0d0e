import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Platform } from '../../src/graph/context.js';
import { RankingField } from '../../src/graph/rankingUpdates.js';
import { restoreBackup, writeBackup } from '../../src/store/backup/file.js';
import { openDatabase } from '../../src/store/orm.js';
import type { SnapshotLibrary } from '../../src/store/snapshotLibrary.js';
import { cloneDatabase } from '../helpers/database.js';
import { type Answer, contractDocument, type GraphFixture, openGraph, type Result } from './graphFixture.js';

let graph: GraphFixture;
beforeAll(async () => {
  graph = await openGraph();
});
afterAll(() => graph.close());

const DOCUMENT = contractDocument('ranking-updates');
const ROUND = { round: 'PROVINCE-2026' };
const started: AsyncIterator<Result>[] = [];
afterAll(async () => {
  for (const events of started) await events.return?.();
});

/** The platform with a feed that tells whether its one subscriber waits, and for what comes after which revision. */
function observed() {
  const { feed } = graph.platform;
  const state = { waitsAfter: null as number | null };
  const platform: Platform = {
    ...graph.platform,
    feed: {
      get head() {
        return feed.head;
      },
      async changed(after, signal) {
        state.waitsAfter = after;
        await feed.changed(after, signal);
        state.waitsAfter = null;
      },
      onRevision: (handle) => feed.onRevision(handle),
      reach: (revision, signal) => feed.reach(revision, signal),
      knows: (revision) => feed.knows(revision),
      close: () => feed.close(),
    },
  };
  return { platform, state };
}

/** A subscription whose events are taken one by one. */
async function watch(variables: Record<string, unknown>, document = DOCUMENT) {
  const { platform, state } = observed();
  const events = await graph.watch(document, variables, platform);
  if ('errors' in events) throw new Error(JSON.stringify(events.errors));
  started.push(events);
  return {
    async next(): Promise<Answer> {
      const { value, done } = await events.next();
      if (done) return null;
      if (value.errors.length > 0) throw new Error(JSON.stringify(value.errors));
      return value.data.rankingUpdates;
    },
    /** Resolves when it has looked at everything that there is and waits for more. */
    async idle(): Promise<void> {
      await expect.poll(() => state.waitsAfter).toBe(graph.platform.feed.head);
      await expect.poll(() => events.hub?.state.working).toBe(0);
    },
    end: async () => void (await events.return?.()),
  };
}

/** Changes a figure of one province and computes; the round is told nothing new when the figure is the same. */
async function change(code: string, numerator: number): Promise<string> {
  await graph.measure(`GSO-2025:${code}`, 'ECO_ACTIVITY.08', numerator, 1000);
  return String(await graph.compute('PROVINCE-2026'));
}

/** What a promise has come to by now. */
const settled = (promise: Promise<unknown>) => Promise.race([promise, Promise.resolve('nothing yet')]);

describe('rankingUpdates', () => {
  it('a subscription begins with the state, then tells each change with what it applies to', async () => {
    const updates = await watch(ROUND);
    const state = await updates.next();
    expect(state).toMatchObject({ complete: true, previousRevision: null });
    expect(state.rows).toHaveLength(34);
    const { ranking } = await graph.read(
      '{ ranking(round: "PROVINCE-2026", first: 100) { snapshot { revision } edges { node { rank entity { code } score { value } } } } }',
    );
    expect(state.revision).toBe(ranking.snapshot.revision);
    expect(state.rows).toEqual(
      ranking.edges.map(({ node }: Answer) => ({
        ...{ rank: node.rank, previousRank: null, value: node.score.value, previousValue: null, entity: node.entity },
      })),
    );
    const known = new Map<string, Answer>(state.rows.map((row: Answer) => [row.entity.code, row]));
    let last: string = state.revision;
    for (const numerator of [10, 20, 500]) {
      const revision = await change('48', numerator);
      const update = await updates.next();
      expect(update).toMatchObject({ revision, previousRevision: last, complete: false });
      expect(update.rows.length).toBeLessThan(34);
      for (const row of update.rows) {
        const old = known.get(row.entity.code);
        expect([row.previousRank, row.previousValue]).toEqual([old.rank, old.value]);
        expect([row.rank, row.value]).not.toEqual([old.rank, old.value]);
        known.set(row.entity.code, row);
      }
      last = update.revision;
    }
    const now = await graph.read(
      '{ ranking(round: "PROVINCE-2026", first: 100) { edges { node { rank entity { code } score { value } } } } }',
    );
    for (const { node } of now.ranking.edges) {
      expect(known.get(node.entity.code)).toMatchObject({ rank: node.rank, value: node.score.value });
    }
    await updates.end();
  });

  it('a change that does not touch the subscriber is skipped, and covered by the next previousRevision', async () => {
    const updates = await watch({ ...ROUND, measure: 'GOV_ACTIVITY' });
    const state = await updates.next();
    const next = updates.next();
    await change('48', 30);
    await updates.idle();
    expect(await settled(next)).toBe('nothing yet');
    await graph.measure('GSO-2025:48', 'GOV_ACTIVITY.07', 1, 1000);
    const revision = String(await graph.compute('PROVINCE-2026'));
    expect(await next).toMatchObject({ revision, previousRevision: state.revision, complete: false });
  });

  it('`since` tells exactly what changed after it, and nothing when nothing did', async () => {
    const { revision: since } = await (await watch(ROUND)).next();
    const unchanged = await watch({ ...ROUND, since });
    const same = unchanged.next();
    await unchanged.idle();
    expect(await settled(same)).toBe('nothing yet');
    const revision = await change('01', 40);
    expect(await same).toMatchObject({ revision, previousRevision: since, complete: false });
    const later = await watch({ ...ROUND, since });
    const update = await later.next();
    expect(update).toMatchObject({ revision, previousRevision: since, complete: false });
    expect(update.rows.map((row: Answer) => row.entity.code)).toContain('01');
    const twice = await change('01', 41);
    expect(await later.next()).toMatchObject({ revision: twice, previousRevision: revision });
  });

  it('`since` between two snapshots is told all that came after as one change', async () => {
    const figure = await graph.measure('GSO-2025:01', 'ECO_ACTIVITY.08', 50, 1000);
    const first = String(await graph.compute('PROVINCE-2026'));
    const second = await change('01', 51);
    const updates = await watch({ ...ROUND, since: String(figure) });
    expect(first).not.toBe(second);
    expect(await updates.next()).toMatchObject({ revision: second, previousRevision: String(figure), complete: false });
    const third = await change('01', 52);
    expect(await updates.next()).toMatchObject({ revision: third, previousRevision: second, complete: false });
  });

  it.each([
    '0',
    '1',
    '999999999',
    '9007199254740993',
    '9999999999999999',
  ])('`since` that is unknown or before everything gives the whole state: %s', async (since) => {
    expect(await (await watch({ ...ROUND, since })).next()).toMatchObject({ complete: true, previousRevision: null });
  });

  it('a published round gives its state and then waits', async () => {
    const updates = await watch({ round: 'MINISTRY-2022', measure: 'INDEX' });
    expect((await updates.next()).rows).toHaveLength(17);
    const next = updates.next();
    await change('48', 60);
    await updates.idle();
    expect(await settled(next)).toBe('nothing yet');
    await updates.end();
    expect(await next).toBeNull();
  });

  it('a round without a result waits for its first one', async () => {
    const updates = await watch({ round: 'PROVINCE-2023' });
    const next = updates.next();
    await updates.idle();
    expect(await settled(next)).toBe('nothing yet');
    const revision = String(await graph.compute('PROVINCE-2023'));
    expect(await next).toMatchObject({ revision, complete: true, previousRevision: null });
  });

  it('another peer group can be watched, and its scores are of the same state', async () => {
    const document = `subscription Watch($peerGroup: String) {
      rankingUpdates(round: "MINISTRY-2022", peerGroup: $peerGroup) { revision rows { value entity { name score(round: "MINISTRY-2022") { value } } score { rank peerGroup { code } snapshot { revision } } } }
    }`;
    const update = await (await watch({ peerGroup: 'MINISTRY_WITHOUT_SERVICES' }, document)).next();
    expect(update.rows).toHaveLength(8);
    for (const row of update.rows) {
      expect(row.score).toMatchObject({
        peerGroup: { code: 'MINISTRY_WITHOUT_SERVICES' },
        snapshot: { revision: update.revision },
      });
      expect(row.entity.score.value).toBe(row.value);
    }
  });

  it('bad arguments are refused before the first event', async () => {
    const code = async (variables: Record<string, unknown>) => {
      const result = await graph.watch(DOCUMENT, variables);
      return 'errors' in result ? result.errors[0]?.extensions?.code : 'started';
    };
    expect(await code({ round: 'PROVINCE-1900' })).toBe('NOT_FOUND');
    expect(await code({ ...ROUND, measure: 'NOTHING' })).toBe('NOT_FOUND');
    for (const since of ['', 'yesterday', '-1', '1.5']) expect(await code({ ...ROUND, since })).toBe('BAD_USER_INPUT');
    const group = await graph.watch(
      'subscription { rankingUpdates(round: "PROVINCE-2026", peerGroup: "PROVINCE_63") { revision } }',
    );
    expect('errors' in group && group.errors[0]?.message).toContain('PROVINCE_34');
  });

  it('a subscription that waits ends at once when the client leaves', async () => {
    const updates = await watch(ROUND);
    await updates.next();
    const next = updates.next();
    await updates.idle();
    await updates.end();
    expect(await next).toBeNull();
    expect(await updates.next()).toBeNull();
  });
});

describe('a restore from a backup', () => {
  it('makes no wrong difference: who has what was lost is told the whole state, who has what was kept the difference', async () => {
    const { revision: kept } = await (await watch(ROUND)).next();
    const folder = await mkdtemp(join(tmpdir(), 'dti-history-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { signal } = new AbortController();
    await writeBackup(graph.url, join(folder, 'backup'), { now: new Date(), signal });
    // Shown, and in no backup.
    const lost = await change('48', 770);
    const { url, drop } = await cloneDatabase(null);
    await restoreBackup(url, join(folder, 'backup'), { signal });
    const database = await openDatabase({ url });
    const restored = await openGraph({ database, url, drop: () => database.close().then(drop) });
    onTestFinished(() => restored.close());
    const resume = async (since: string): Promise<Answer> => {
      const events = (await restored.watch(DOCUMENT, { ...ROUND, since })) as AsyncIterator<Result>;
      started.push(events);
      return (await events.next()).value.data.rankingUpdates;
    };
    const PAGE =
      'query Page($at: AtInput, $after: String) { ranking(round: "PROVINCE-2026", first: 2, at: $at, after: $after) { pageInfo { endCursor } } }';
    const { ranking: page } = await graph.read(PAGE, { at: { asOf: { revision: lost } } });
    // A list that was read at what was lost is not gone on with in another state.
    const refuse = async () =>
      expect(await restored.fail(PAGE, { after: page.pageInfo.endCursor })).toBe('REVISION_UNKNOWN');
    await refuse();
    expect(await resume(lost)).toMatchObject({ revision: kept, complete: true, previousRevision: null });
    await restored.measure('GSO-2025:01', 'ECO_ACTIVITY.08', 333, 1000);
    const revision = String(await restored.compute('PROVINCE-2026'));
    expect(Number(revision)).toBeGreaterThan(Number(lost));
    await refuse();
    const whole = await resume(lost);
    expect(whole).toMatchObject({ revision, complete: true, previousRevision: null });
    expect(whole.rows).toHaveLength(34);
    expect(await resume(kept)).toMatchObject({ revision, complete: false, previousRevision: kept });
  });
});

describe('a subscriber that is far behind', () => {
  /**
   * The platform with a library that has a hundred more snapshots between the newest and those before it.
   * @param isHeld whether all of them are in memory
   */
  function crowded(isHeld: boolean): Platform {
    const { library } = graph.platform;
    let left = 100;
    const find: SnapshotLibrary['find'] = (roundId, scope) => {
      const newest = library.find(roundId, { ...scope, revision: graph.platform.feed.head });
      const isBetween = newest !== undefined && scope.revision === newest.revision - 1 && left > 0;
      if (!isBetween) return library.find(roundId, scope);
      left -= 1;
      return newest;
    };
    const load: SnapshotLibrary['load'] = (head) => library.load(head);
    const holds: SnapshotLibrary['holds'] = () => isHeld;
    const loaded: SnapshotLibrary['loaded'] = (head) => library.loaded(head);
    return { ...graph.platform, feed: graph.platform.feed, library: { find, load, loaded, holds } as SnapshotLibrary };
  }

  function field(platform: Platform): RankingField {
    const catalogue = graph.catalogue();
    const round = catalogue.roundByCode('PROVINCE-2026');
    const measure = catalogue.measureByCode('PDTI-922', 'INDEX');
    const group = catalogue.peerGroup(round?.groups[0]?.peerGroupId ?? 0);
    if (round === undefined || measure === undefined || group === undefined) throw new Error('no such round');
    return new RankingField(platform, { round, measure, group });
  }

  it('a subscriber whose revision is too old gets the whole state, a later one the difference', async () => {
    const { revision } = await (await watch(ROUND)).next();
    const newest = await change('48', 71);
    const { head } = graph.platform.feed;
    const near = await field(graph.platform).tell(Number(revision), head);
    expect(near).toMatchObject({ event: { complete: false, previousRevision: revision, revision: newest } });
    const far = await field(crowded(false)).tell(Number(revision), head);
    expect(far).toMatchObject({ event: { complete: true, previousRevision: null, revision: newest } });
    const held = await field(crowded(true)).tell(Number(revision), head);
    expect(held).toMatchObject({ event: { complete: false, previousRevision: revision, revision: newest } });
  });

  it('a subscriber is let go when the feed closes', async () => {
    const updates = await watch(ROUND);
    await updates.next();
    const next = updates.next();
    await graph.platform.feed.close();
    expect(await next).toBeNull();
  });
});
