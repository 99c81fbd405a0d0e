import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type GraphFixture, openGraph } from './graphFixture.js';
import { type Row, readRows } from './scoreRows.js';

const ROUNDS = ['MINISTRY-2021', 'MINISTRY-2022', 'PROVINCE-2021', 'PROVINCE-2022'] as const;

let graph: GraphFixture;
let rows: Row[];
let all: string[];
beforeAll(async () => {
  graph = await openGraph();
  rows = await readRows(graph, ROUNDS);
  all = await entities({});
}, 60_000);
afterAll(() => graph.close());

const FIND =
  'query Find($filter: EntityFilter) { entities(first: 1000, filter: $filter) { totalCount edges { node { id } } } }';

async function entities(filter: object): Promise<string[]> {
  const { entities: found } = await graph.read(FIND, { filter });
  expect(found.totalCount).toBe(found.edges.length);
  return found.edges.map(({ node }: Answer) => node.id);
}

/** Conditions on a score, each with what it means. */
const CONDITIONS: readonly [object, (row: Row) => boolean][] = [
  [{ rank: { gt: 40 } }, ({ rank }) => rank !== null && rank > 40],
  [{ rank: { lte: 10 } }, ({ rank }) => rank !== null && rank <= 10],
  [{ value: { eq: null } }, ({ value }) => value === null],
  [{ not: { value: { lt: 0.6 } } }, ({ value }) => !(value !== null && value < 0.6)],
  [
    { or: [{ value: { gte: 0.7 } }, { peerGroup: { eq: 'MINISTRY_WITHOUT_SERVICES' } }] },
    (row) => (row.value ?? 0) >= 0.7 || row.peerGroup === 'MINISTRY_WITHOUT_SERVICES',
  ],
  [{ change: { rank: { lt: -5 } } }, ({ change }) => (change?.rank ?? 0) < -5],
  [{ change: { value: { eq: null } } }, ({ change }) => (change?.value ?? null) === null],
  [{ coverage: { lt: 1 }, points: { gt: 20 } }, (row) => (row.coverage ?? 1) < 1 && (row.points ?? 0) > 20],
];

/** Whether scores of consecutive years of one measure are like this. */
function isRunning(scores: readonly Row[], holds: (row: Row) => boolean, running: number): boolean {
  for (const list of Map.groupBy(scores, ({ measureId }) => measureId).values()) {
    for (let year = 2000; year < 2030; year += 1) {
      const years = Array.from({ length: running }, (_, index) => year + index);
      if (years.every((each) => list.some((row) => row.year === each && holds(row)))) return true;
    }
  }
  return false;
}

describe('filters of entities by their scores', () => {
  it('finds who is ranked worse than 40 in a measure in two years running', async () => {
    const range = { rounds: ['PROVINCE-2021', 'PROVINCE-2022'], measures: ['CYBERSECURITY'] };
    const bad = (round: string) =>
      rows
        .filter((row) => row.round === round && row.code === 'CYBERSECURITY' && (row.rank ?? 0) > 40)
        .map(({ entity }) => entity);
    const expected = bad('PROVINCE-2021').filter((entity) => bad('PROVINCE-2022').includes(entity));
    expect(expected.length).toBeGreaterThan(3);
    expect((await entities({ score: { ...range, every: { rank: { gt: 40 } } } })).sort()).toEqual(expected.sort());
    const running = { level: 'PROVINCE', measures: ['CYBERSECURITY'], some: { rank: { gt: 40 } }, running: 2 };
    expect((await entities({ score: running })).sort()).toEqual(expected.sort());
    expect((await entities({ score: { ...range, some: { rank: { gt: 40 } } } })).length).toBeGreaterThan(
      expected.length,
    );
  });

  it('any range and condition finds what an oracle over the scores finds', async () => {
    const range = fc.record({
      rounds: fc.uniqueArray(fc.constantFrom(...ROUNDS), { minLength: 1, maxLength: 3 }),
      measures: fc.constantFrom(['INDEX'], ['CYBERSECURITY'], ['INDEX', 'CYBERSECURITY', 'INSTITUTIONS']),
    });
    const condition = fc.constantFrom(...CONDITIONS);
    const quantifier = fc.constantFrom('some', 'every', 'none', 'running');
    await fc.assert(
      fc.asyncProperty(range, condition, quantifier, fc.integer({ min: 1, max: 3 }), async (where, which, how, n) => {
        const [filter, holds] = which;
        const codes = where.rounds.map((round) => round.split('-')[0]);
        // A measure must be in one of the frameworks that the rounds use.
        const measures: string[] = where.measures.filter((code) =>
          rows.some((row) => row.code === code && codes.includes(row.level)),
        );
        const meant = (entity: string) =>
          rows.filter(
            (row) => row.entity === entity && where.rounds.some((r) => r === row.round) && measures.includes(row.code),
          );
        const expected = all.filter((entity) => {
          const scores = meant(entity);
          if (how === 'running') return isRunning(scores, holds, n);
          if (how === 'some') return scores.some(holds);
          return how === 'none' ? !scores.some(holds) : scores.length > 0 && scores.every(holds);
        });
        const asked = how === 'running' ? { some: filter, running: n } : { [how]: filter };
        expect(await entities({ score: { ...where, measures, ...asked } })).toEqual(expected);
        expect(await entities({ not: { score: { ...where, measures, ...asked } } })).toEqual(
          all.filter((entity) => !expected.includes(entity)),
        );
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  it('rankings and scores are filtered by other scores of the same entity', async () => {
    const other = { rounds: ['PROVINCE-2021'], measures: ['CYBERSECURITY'], some: { rank: { lte: 5 } } };
    const { ranking, scores } = await graph.read(
      `query Two($about: EntityFilter) {
        ranking(round: "PROVINCE-2022", first: 100, filter: { about: $about }) { edges { node { entity { id } } } }
        scores(round: "PROVINCE-2022", kind: MAIN_INDEX, first: 1000, filter: { about: $about, value: { ne: null } }) { totalCount }
      }`,
      { about: { score: other } },
    );
    const expected = rows
      .filter((row) => row.round === 'PROVINCE-2021' && row.code === 'CYBERSECURITY' && (row.rank ?? 99) <= 5)
      .map(({ entity }) => entity);
    expect(ranking.edges.map(({ node }: Answer) => node.entity.id).sort()).toEqual(expected.sort());
    const inYear = rows.filter((row) => row.round === 'PROVINCE-2022' && row.kind === 'MAIN_INDEX');
    const those = inYear.filter((row) => expected.includes(row.entity) && row.value !== null);
    expect(scores.totalCount).toBe(those.length);
  });
});

describe('filters of entities by what they are joined to', () => {
  it('predecessors and successors are asked as entities are', async () => {
    const merged = await entities({ predecessors: { some: { name: { contains: 'binh duong' } } } });
    expect(merged).toEqual(['Entity:GSO-2025:79']);
    const { entities: found } = await graph.read(
      '{ entities(first: 1000) { edges { node { id predecessors { id region { code } } successors { id } } } } }',
    );
    const nodes: Answer[] = found.edges.map(({ node }: Answer) => node);
    const ids = (holds: (node: Answer) => boolean) => nodes.filter(holds).map(({ id }) => id);
    const isSouth = ({ region }: Answer) => region?.code === 'SE';
    expect(await entities({ predecessors: { some: { region: { eq: 'SE' } } } })).toEqual(
      ids(({ predecessors }) => predecessors.some(isSouth)),
    );
    expect(await entities({ predecessors: { every: { region: { eq: 'SE' } } } })).toEqual(
      ids(({ predecessors }) => predecessors.length > 0 && predecessors.every(isSouth)),
    );
    expect(await entities({ successors: { none: {} } })).toEqual(ids(({ successors }) => successors.length === 0));
  });

  it('rounds and peer groups are those that they take part in', async () => {
    const of = (test: (row: Row) => boolean) => new Set(rows.filter(test).map(({ entity }) => entity));
    const in2022 = of(({ round }) => round === 'MINISTRY-2022');
    expect(await entities({ round: { eq: 'MINISTRY-2022' } })).toEqual(all.filter((id) => in2022.has(id)));
    const without = of(({ peerGroup }) => peerGroup === 'MINISTRY_WITHOUT_SERVICES');
    expect(await entities({ peerGroup: { eq: 'MINISTRY_WITHOUT_SERVICES' } })).toEqual(
      all.filter((id) => without.has(id)),
    );
    const nowhere = await entities({ round: { eq: null } });
    expect(nowhere).toContain('Entity:CENTRAL:MOD');
    expect(nowhere.filter((id) => rows.some(({ entity }) => entity === id))).toEqual([]);
  });
});

describe('filters that cannot be meant', () => {
  it.each<[string, object, string]>([
    ['an unknown round', { score: { rounds: ['PROVINCE-1999'], some: {} } }, 'NOT_FOUND'],
    ['an unknown measure', { score: { rounds: ['PROVINCE-2022'], measures: ['NONE'], some: {} } }, 'NOT_FOUND'],
    ['no round', { score: { some: { rank: { gt: 4 } } } }, 'BAD_USER_INPUT'],
    ['no condition', { score: { rounds: ['PROVINCE-2022'] } }, 'BAD_USER_INPUT'],
    ['running without some', { score: { rounds: ['PROVINCE-2022'], every: {}, running: 2 } }, 'BAD_USER_INPUT'],
    ['running never', { score: { rounds: ['PROVINCE-2022'], some: {}, running: 0 } }, 'BAD_USER_INPUT'],
    ['a relation without a condition', { predecessors: {} }, 'BAD_USER_INPUT'],
  ])('refuses %s', async (_name, filter, code) => {
    expect(await graph.fail(FIND, { filter })).toBe(code);
    expect(await graph.fail(FIND, { filter: { not: { predecessors: { some: filter } } } })).toBe(code);
  });

  it('refuses relations that are nested too deeply', async () => {
    let filter: object = { code: { eq: '1' } };
    for (let level = 0; level < 12; level += 1) filter = { predecessors: { some: filter } };
    expect(await graph.fail(FIND, { filter })).toBe('BAD_USER_INPUT');
  });
});
