import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { follow } from './followLive.js';
import { type Answer, type GraphFixture, openGraph } from './graphFixture.js';

let graph: GraphFixture;
beforeAll(async () => {
  graph = await openGraph();
});
afterAll(() => graph.close());

const DOCUMENT = `subscription Watch($round: String!, $entities: [String!], $measures: [String!], $places: Int, $value: Float, $since: String) {
  scoreUpdates(round: $round, entities: $entities, measures: $measures, minRankChange: $places, minValueChange: $value, since: $since) {
    revision previousRevision complete
    rows { kind triggered rank previousRank value previousValue entity { code } measure { code } score { rank value snapshot { revision } } }
  }
}`;
const ROUND = { round: 'PROVINCE-2026' };
const watch = (variables: Record<string, unknown> = {}) => follow(graph, DOCUMENT, { ...ROUND, ...variables });

/** Changes a figure of a province and computes. */
async function change(code: string, numerator: number, indicator = 'ECO_ACTIVITY.08'): Promise<string> {
  await graph.measure(`GSO-2025:${code}`, indicator, numerator, 1000);
  return String(await graph.compute('PROVINCE-2026'));
}

const keyOf = (row: Answer): string => `${row.measure.code} ${row.entity.code}`;

/** What a subscriber has after applying an update. */
function apply(state: Map<string, unknown>, update: Answer): void {
  if (update.complete) state.clear();
  for (const row of update.rows) {
    if (row.kind === 'REMOVED') state.delete(keyOf(row));
    else state.set(keyOf(row), [row.rank, row.value]);
  }
}

/** The same by the query. */
async function read(measures: readonly string[]): Promise<Map<string, unknown>> {
  const { scores } = await graph.read(
    'query Scores($measures: [String!]) { scores(round: "PROVINCE-2026", first: 1000, filter: { measure: { in: $measures } }) { edges { node { rank value entity { code } measure { code } } } } }',
    { measures },
  );
  const nodes: Answer[] = scores.edges.map(({ node }: Answer) => node);
  return new Map(nodes.map((node) => [keyOf(node), [node.rank, node.value]]));
}

describe('scoreUpdates', () => {
  it('begins with the state and tells each change with what it applies to', async () => {
    const measures = ['INDEX', 'ECO_ACTIVITY'];
    const updates = await watch({ measures });
    const first = await updates.next();
    expect(first).toMatchObject({ complete: true, previousRevision: null });
    expect(first.rows).toHaveLength(68);
    const state = new Map<string, unknown>();
    apply(state, first);
    expect(state).toEqual(await read(measures));
    expect(await updates.next()).toBeNull();
    let last: string = first.revision;
    for (const numerator of [11, 22, 501]) {
      const revision = await change('48', numerator);
      const update = await updates.next();
      expect(update).toMatchObject({ revision, previousRevision: last, complete: false });
      expect(update.rows.length).toBeLessThan(68);
      for (const row of update.rows) {
        expect([row.kind, row.triggered]).toEqual(['CHANGED', true]);
        expect(state.get(keyOf(row))).toEqual([row.previousRank, row.previousValue]);
        expect(row.score).toEqual({ rank: row.rank, value: row.value, snapshot: { revision } });
      }
      apply(state, update);
      last = revision;
    }
    expect(state).toEqual(await read(measures));
  });

  it('tells of the chosen entities and measures alone', async () => {
    const updates = await watch({ entities: ['48', 'GSO-2025:01', '48'], measures: ['GOV_ACTIVITY'] });
    const first = await updates.next();
    expect(first.rows.map(keyOf).sort()).toEqual(['GOV_ACTIVITY 01', 'GOV_ACTIVITY 48']);
    await change('48', 31);
    expect(await updates.next()).toBeNull();
    await graph.measure('GSO-2025:48', 'GOV_ACTIVITY.07', 1, 1000);
    const revision = String(await graph.compute('PROVINCE-2026'));
    const update = await updates.next();
    expect(update).toMatchObject({ revision, previousRevision: first.revision });
    expect(update.rows.map(keyOf)).toContain('GOV_ACTIVITY 48');
  });

  it('is not woken by what happens elsewhere', async () => {
    const updates = await watch();
    await updates.next();
    const asked: number[] = [];
    const { library } = graph.platform;
    const find = library.find.bind(library);
    library.find = (roundId, scope) => {
      asked.push(roundId);
      return find(roundId, scope);
    };
    try {
      await graph.measure('GSO-2025:48', 'ECO_ACTIVITY.08', 32, 1000);
      expect(await updates.next()).toBeNull();
      expect(asked).toEqual([]);
    } finally {
      library.find = find;
    }
    await graph.compute('PROVINCE-2026');
    expect(await updates.next()).toMatchObject({ complete: false });
  });

  it('resumes by `since` with exactly what changed after it', async () => {
    const first = await (await watch()).next();
    expect(await (await watch({ since: first.revision })).next()).toBeNull();
    await change('01', 41);
    const revision = await change('01', 42);
    const resumed = await watch({ since: first.revision });
    const update = await resumed.next();
    expect(update).toMatchObject({ revision, previousRevision: first.revision, complete: false });
    const state = new Map<string, unknown>();
    apply(state, first);
    apply(state, update);
    expect(state).toEqual(await read(['INDEX']));
  });

  it.each(['0', '1', '999999999'])('`since` that is unknown gives the whole state: %s', async (since) => {
    expect(await (await watch({ since })).next()).toMatchObject({ complete: true, previousRevision: null });
  });

  it('a round without a result waits for its first one', async () => {
    const updates = await watch({ round: 'PROVINCE-2023' });
    expect(await updates.next()).toBeNull();
    const revision = String(await graph.compute('PROVINCE-2023'));
    expect(await updates.next()).toMatchObject({ revision, complete: true });
  });

  it('refuses what cannot be watched before the first event', async () => {
    const code = (variables: Record<string, unknown>) =>
      watch(variables).then(
        () => 'started',
        (error: Error) => error.message,
      );
    expect(await code({ round: 'PROVINCE-1900' })).toBe('NOT_FOUND');
    expect(await code({ measures: ['NOTHING'] })).toBe('NOT_FOUND');
    expect(await code({ entities: ['MPI'] })).toBe('NOT_FOUND');
    expect(await code({ entities: ['GSO-2004:74'] })).toBe('NOT_FOUND');
    for (const bad of [
      { entities: [] },
      { measures: [] },
      { places: 0 },
      { value: 0 },
      { value: 1.5 },
      { since: '-1' },
    ]) {
      expect([bad, await code(bad)]).toEqual([bad, 'BAD_USER_INPUT']);
    }
  });
});

describe('thresholds of scoreUpdates', () => {
  it('a drift in steps below the threshold is told when it adds up, and what was told is the whole state', async () => {
    const indicator = 'ECO_ACTIVITY.08';
    await change('48', 790);
    const all = await watch({ measures: [indicator] });
    const some = await watch({ measures: [indicator], places: 3 });
    const state = new Map<string, unknown>();
    apply(state, await some.next());
    const ranks = new Map<string, number>((await all.next()).rows.map((row: Answer) => [keyOf(row), row.rank]));
    /** Rank of each row when `some` was last told. */
    const told = new Map(ranks);
    let events = 0;
    let silent = 0;
    for (let numerator = 794; numerator <= 870; numerator += 4) {
      await change('48', numerator);
      const every = await all.next();
      for (const row of every?.rows ?? []) ranks.set(keyOf(row), row.rank);
      const update = await some.next();
      const moves = [...ranks].filter(([key, rank]) => Math.abs(rank - (told.get(key) ?? 0)) >= 3).map(([key]) => key);
      expect(update !== null).toBe(moves.length > 0);
      if (update === null) {
        if (every !== null) silent += 1;
        continue;
      }
      events += 1;
      const triggers = update.rows.filter(({ triggered }: Answer) => triggered);
      expect(triggers.map(keyOf).sort()).toEqual(moves.sort());
      apply(state, update);
      expect(state).toEqual(await read([indicator]));
      for (const [key, rank] of ranks) told.set(key, rank);
    }
    // Most steps are smaller than the threshold: without a memory of what was told they would never be told.
    expect(events).toBeGreaterThan(3);
    expect(silent).toBeGreaterThan(events);
  });

  it('`minValueChange` is enough where ranks stay', async () => {
    await change('48', 100);
    const updates = await watch({ entities: ['48'], places: 30, value: 0.002 });
    const { rows, revision: since } = await updates.next();
    await change('48', 110);
    expect(await updates.next()).toBeNull();
    await change('48', 400);
    const update = await updates.next();
    expect(update).toMatchObject({
      previousRevision: since,
      rows: [{ triggered: true, previousValue: rows[0].value }],
    });
  });
});
