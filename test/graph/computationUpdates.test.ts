import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveComputations } from '../../src/graph/computationUpdates.js';
import type { SnapshotLibrary } from '../../src/store/snapshotLibrary.js';
import { follow } from './followLive.js';
import { type Answer, type GraphFixture, openGraph } from './graphFixture.js';

let graph: GraphFixture;
beforeAll(async () => {
  graph = await openGraph();
});
afterAll(() => graph.close());

const DOCUMENT = `subscription Watch($rounds: [String!], $since: String) {
  computationUpdates(rounds: $rounds, since: $since) {
    revision previousRevision complete
    snapshots { revision status changedScores problemCount problems { message } round { code status } }
  }
}`;
const watch = (variables: Record<string, unknown> = {}) => follow(graph, DOCUMENT, variables);

async function change(numerator: number): Promise<string> {
  await graph.measure('GSO-2025:48', 'ECO_ACTIVITY.08', numerator, 1000);
  return String(await graph.compute('PROVINCE-2026'));
}

describe('computationUpdates', () => {
  it('begins with the newest snapshot of each round, then tells every later one with how many scores moved', async () => {
    const updates = await watch();
    const first = await updates.next();
    expect(first).toMatchObject({ complete: true, previousRevision: null });
    expect(first.snapshots.map(({ round, status }: Answer) => `${round.code} ${status}`)).toEqual([
      'PROVINCE-2021 PUBLISHED',
      'PROVINCE-2022 PUBLISHED',
      'MINISTRY-2021 PUBLISHED',
      'MINISTRY-2022 PUBLISHED',
      'PROVINCE-2026 PROVISIONAL',
    ]);
    expect(first.snapshots.map((each: Answer) => each.changedScores)).toEqual([null, null, null, null, null]);
    expect(first.revision).toBe(first.snapshots.at(-1).revision);
    const revision = await change(10);
    const next = await updates.next();
    expect(next).toMatchObject({ revision, previousRevision: first.revision, complete: false });
    expect(next.snapshots).toMatchObject([
      { revision, problemCount: 0, problems: [], round: { code: 'PROVINCE-2026' } },
    ]);
    // The indicator, its main index, pillars and the index of one province, and the ranks of those that it met on its way.
    expect(next.snapshots[0].changedScores).toBeGreaterThanOrEqual(4);
    expect(await updates.next()).toBeNull();
  });

  it('tells of the rounds that are watched alone', async () => {
    const updates = await watch({ rounds: ['MINISTRY-2022', 'PROVINCE-2023'] });
    expect((await updates.next()).snapshots).toHaveLength(1);
    await change(20);
    expect(await updates.next()).toBeNull();
    const revision = String(await graph.compute('PROVINCE-2023'));
    expect((await updates.next()).snapshots).toMatchObject([{ revision, round: { code: 'PROVINCE-2023' } }]);
  });

  it('`since` tells all that came after it, in order', async () => {
    const { revision: since } = await (await watch()).next();
    expect(await (await watch({ since })).next()).toBeNull();
    const revisions = [
      await change(30),
      await change(31),
      String(await graph.compute('PROVINCE-2023')),
      await change(32),
    ];
    const told = revisions.filter((revision) => revision !== 'null');
    const update = await (await watch({ since })).next();
    expect(update).toMatchObject({ revision: told.at(-1), previousRevision: since, complete: false });
    expect(update.snapshots.map(({ revision }: Answer) => revision)).toEqual(told);
  });

  it('what is too far behind, or to come, gets the newest of each round', async () => {
    expect(await (await watch({ since: '999999999' })).next()).toMatchObject({
      complete: true,
      previousRevision: null,
    });
    const { library, feed } = graph.platform;
    const since = feed.head;
    // A round whose every revision after `since` is a snapshot.
    const find: SnapshotLibrary['find'] = (roundId, scope) => {
      const newest = library.find(roundId, scope);
      return scope.revision <= since || !newest
        ? newest
        : { ...newest, id: 1e6 + scope.revision, revision: scope.revision };
    };
    const round = graph.catalogue().roundByCode('PROVINCE-2026');
    if (round === undefined) throw new Error('no such round');
    const field = liveComputations({ ...graph.platform, library: { find } as SnapshotLibrary }, [round]);
    const { event } = (await field.tell(since, since + 100)) ?? {};
    expect(event).toMatchObject({ complete: false, previousRevision: String(since), revision: String(since + 100) });
    expect(event?.snapshots).toHaveLength(100);
    expect((await field.tell(since, since + 101))?.event).toMatchObject({ complete: true, snapshots: { length: 1 } });
  });

  it('a figure that could not be scored is counted and told', async () => {
    const updates = await watch({ rounds: ['PROVINCE-2026'] });
    await updates.next();
    await graph.measure('GSO-2025:48', 'ECO_ACTIVITY.08', 5, 0);
    await graph.compute('PROVINCE-2026');
    expect((await updates.next()).snapshots).toMatchObject([
      { problemCount: 1, problems: [{ message: expect.any(String) }] },
    ]);
    await change(5);
  });

  it('a round that is published is told with its seal', async () => {
    const updates = await watch({ rounds: ['PROVINCE-2023'] });
    await updates.next();
    await graph.compute('PROVINCE-2023', true);
    expect((await updates.next()).snapshots).toMatchObject([{ status: 'PUBLISHED', round: { status: 'PUBLISHED' } }]);
  });

  it('refuses what cannot be watched', async () => {
    const code = (variables: Record<string, unknown>) => watch(variables).catch((error: Error) => error.message);
    expect(await code({ rounds: ['PROVINCE-1900'] })).toBe('NOT_FOUND');
    expect(await code({ rounds: [] })).toBe('BAD_USER_INPUT');
    expect(await code({ since: 'x' })).toBe('BAD_USER_INPUT');
    expect(await graph.fail('{ snapshot(id: "1") { problems(first: 101) { message } } }')).toBe('BAD_USER_INPUT');
  });
});
