import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type GraphFixture, openGraph } from './graphFixture.js';
import { type Row, readRows } from './scoreRows.js';

let graph: GraphFixture;
let rows: Row[];
beforeAll(async () => {
  graph = await openGraph();
  rows = await readRows(graph, ['PROVINCE-2021', 'PROVINCE-2022', 'MINISTRY-2022']);
}, 60_000);
afterAll(() => graph.close());

const GROUPS = `query Groups(
  $by: [ScoreDimension!]!, $rounds: [String!], $level: EntityLevel, $years: [Int!], $measures: [String!], $kind: MeasureKind, $parent: String
  $filter: ScoreFilter, $having: ScoreGroupFilter, $orderBy: [ScoreGroupOrder!], $first: Int = 1000, $after: String, $p: Float = 0.25
) {
  scoreGroups(
    by: $by, rounds: $rounds, level: $level, years: $years, measures: $measures, kind: $kind, parent: $parent
    filter: $filter, having: $having, orderBy: $orderBy, first: $first, after: $after
  ) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node {
      key { level year kind round { code } peerGroup { code } region { code codeSystem } entity { id } measure { id } pillar { id code } mainIndex { id code } }
      count missing
      value { count sum average median min max standardDeviation quantile(p: $p) }
      points { sum } rank { median min } coverage { average } automaticShare { max } change { value { average } rank { min max } }
      best { value entity { id } measure { code } round { code } } worst { value } top(count: 2) { value }
    } }
  }
}`;

/** The id of a measure of the row's framework: codes mean something within one only. */
function inFramework({ measureId }: Row): (code: string) => string {
  const [type, framework] = measureId.split(':');
  return (code) => (code === 'none' ? code : `${type}:${framework}:${code}`);
}

/** How each dimension is read from a row, and where it stands in the answer. */
const DIMENSIONS = {
  LEVEL: (row: Row) => [row.level],
  YEAR: (row: Row) => [String(row.year)],
  ROUND: (row: Row) => [row.round],
  PEER_GROUP: (row: Row) => [row.peerGroup],
  REGION: (row: Row) => [row.region ?? 'none'],
  ENTITY: (row: Row) => [row.entity],
  KIND: (row: Row) => [row.kind],
  MEASURE: (row: Row) => [row.measureId],
  PILLAR: (row: Row) => row.pillars.map(inFramework(row)),
  MAIN_INDEX: (row: Row) => row.mainIndexes.map(inFramework(row)),
} as const;
type Dimension = keyof typeof DIMENSIONS;

const IN_ANSWER: Readonly<Record<Dimension, (key: Answer) => string>> = {
  LEVEL: (key) => key.level,
  YEAR: (key) => String(key.year),
  ROUND: (key) => key.round.code,
  PEER_GROUP: (key) => key.peerGroup.code,
  REGION: (key) => (key.region === null ? 'none' : `${key.region.codeSystem}:${key.region.code}`),
  ENTITY: (key) => key.entity.id,
  KIND: (key) => key.kind,
  MEASURE: (key) => key.measure.id,
  PILLAR: (key) => key.pillar?.id ?? 'none',
  MAIN_INDEX: (key) => key.mainIndex?.id ?? 'none',
};

/** Rows by the text of their key, a row once for each group that it counts in. */
function groupRows(list: readonly Row[], by: readonly Dimension[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of list) {
    let keys: string[][] = [[]];
    for (const dimension of by) {
      keys = keys.flatMap((key) => DIMENSIONS[dimension](row).map((part) => [...key, part]));
    }
    for (const key of keys) groups.set(key.join(' '), [...(groups.get(key.join(' ')) ?? []), row]);
  }
  return groups;
}

function present(list: readonly Row[], figure: 'value' | 'points' | 'rank' | 'coverage' | 'automaticShare'): number[] {
  return list.flatMap((row) => row[figure] ?? []).sort((a, b) => a - b);
}

function mean(numbers: readonly number[]): number | null {
  return numbers.length === 0 ? null : numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}

function quantile(sorted: readonly number[], p: number): number | null {
  if (sorted.length === 0) return null;
  const place = p * (sorted.length - 1);
  const [low = 0, high = 0] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (place - Math.floor(place)) * (high - low);
}

function expectClose(found: number | null, wanted: number | null | undefined): void {
  if (wanted === null || wanted === undefined) expect(found).toBeNull();
  else expect(found).toBeCloseTo(wanted, 9);
}

/** Every statistic of every group, against the rows. */
function expectGroups(edges: { node: Answer }[], by: readonly Dimension[], wanted: Map<string, Row[]>): void {
  const keys = edges.map(({ node }) => by.map((dimension) => IN_ANSWER[dimension](node.key)).join(' '));
  expect([...keys].sort()).toEqual([...wanted.keys()].sort());
  edges.forEach(({ node }, at) => {
    const members = wanted.get(keys[at] ?? '') ?? [];
    const values = present(members, 'value');
    expect([node.count, node.missing]).toEqual([values.length, members.length - values.length]);
    const { value } = node;
    expect(value.count).toBe(values.length);
    expectClose(value.sum, values.length === 0 ? null : (mean(values) ?? 0) * values.length);
    expectClose(value.average, mean(values));
    expectClose(value.median, quantile(values, 0.5));
    expectClose(value.quantile, quantile(values, 0.25));
    expectClose(value.min, values[0] ?? null);
    expectClose(value.max, values.at(-1) ?? null);
    const average = mean(values) ?? 0;
    const squares = values.reduce((sum, x) => sum + (x - average) ** 2, 0);
    expectClose(value.standardDeviation, values.length < 2 ? null : Math.sqrt(squares / (values.length - 1)));
    expectClose(node.points.sum, present(members, 'points').reduce((sum, x) => sum + x, 0) || node.points.sum);
    expectClose(node.rank.median, quantile(present(members, 'rank'), 0.5));
    expectClose(node.coverage.average, mean(present(members, 'coverage')));
    expectClose(node.automaticShare.max, present(members, 'automaticShare').at(-1) ?? null);
    const changes = members.flatMap(({ change }) => change?.value ?? []);
    expectClose(node.change.value.average, mean(changes));
    const moves = members.flatMap(({ change }) => change?.rank ?? []).sort((a, b) => a - b);
    expect([node.change.rank.min, node.change.rank.max]).toEqual([moves[0] ?? null, moves.at(-1) ?? null]);
    expect([node.best?.value ?? null, node.worst?.value ?? null]).toEqual([values.at(-1) ?? null, values[0] ?? null]);
    expect(node.top.map((score: Answer) => score.value)).toEqual(values.toReversed().slice(0, 2));
  });
}

const INDEX_ONLY = (row: Row) => row.code === 'INDEX';

describe('scoreGroups', () => {
  it.each<[string, Dimension[], object, (row: Row) => boolean]>([
    ['one group of all', [], { rounds: ['PROVINCE-2022'] }, (row) => row.round === 'PROVINCE-2022' && INDEX_ONLY(row)],
    ['by region', ['REGION'], { rounds: ['PROVINCE-2022'] }, (row) => row.round === 'PROVINCE-2022' && INDEX_ONLY(row)],
    [
      'by pillar over main indexes, which count in several',
      ['PILLAR'],
      { rounds: ['PROVINCE-2022'], kind: 'MAIN_INDEX' },
      (row) => row.round === 'PROVINCE-2022' && row.kind === 'MAIN_INDEX',
    ],
    [
      'by region and year',
      ['REGION', 'YEAR'],
      { level: 'PROVINCE', years: [2021, 2022] },
      (row) => row.level === 'PROVINCE' && INDEX_ONLY(row),
    ],
    [
      'by peer group and main index over indicators',
      ['PEER_GROUP', 'MAIN_INDEX'],
      { rounds: ['MINISTRY-2022', 'PROVINCE-2022'], kind: 'INDICATOR' },
      (row) => row.year === 2022 && row.kind === 'INDICATOR',
    ],
    [
      'by entity over the years in some measures',
      ['ENTITY', 'MEASURE'],
      { rounds: ['PROVINCE-2021', 'PROVINCE-2022'], measures: ['CYBERSECURITY', 'INDEX'] },
      (row) => row.level === 'PROVINCE' && ['CYBERSECURITY', 'INDEX'].includes(row.code),
    ],
    [
      'by level, kind and round over the children of a measure',
      ['LEVEL', 'KIND', 'ROUND'],
      { years: [2022], parent: 'CYBERSECURITY' },
      (row) => row.year === 2022 && row.parents.includes('CYBERSECURITY'),
    ],
    [
      'by measure, which means all of them',
      ['MEASURE'],
      { rounds: ['MINISTRY-2022'] },
      (row) => row.round === 'MINISTRY-2022',
    ],
    [
      'of a measure that only the filter names',
      ['REGION'],
      { rounds: ['PROVINCE-2022'], filter: { measure: { eq: 'CYBERSECURITY' } } },
      (row) => row.round === 'PROVINCE-2022' && row.code === 'CYBERSECURITY',
    ],
  ])('equals an oracle over the scores: %s', async (_name, by, range, isMeant) => {
    const { scoreGroups } = await graph.read(GROUPS, { by, ...range });
    expect(scoreGroups.totalCount).toBe(scoreGroups.edges.length);
    expectGroups(scoreGroups.edges, by, groupRows(rows.filter(isMeant), by));
  });

  it('any dimensions and filters equal the oracle, and so do having and order', async () => {
    const filters: [object, (row: Row) => boolean][] = [
      [{ value: { gte: 0.5 } }, (row) => row.value !== null && row.value >= 0.5],
      [{ value: { eq: null } }, (row) => row.value === null],
      [{ not: { rank: { lte: 20 } } }, (row) => !(row.rank !== null && row.rank <= 20)],
      [{ region: { in: ['SE', 'GSO-2004:RRD'] } }, (row) => ['GSO-2004:SE', 'GSO-2004:RRD'].includes(row.region ?? '')],
      [{ name: { contains: 'Bình' } }, (row) => row.names.some((name) => /b[iì]nh/i.test(name))],
      [
        { or: [{ change: { rank: { lt: -5 } } }, { change: { value: { gt: 0.05 } } }] },
        ({ change }) => (change?.rank ?? 0) < -5 || (change?.value ?? 0) > 0.05,
      ],
      [
        { peerGroup: { ne: 'PROVINCE_63' }, coverage: { lt: 1 } },
        (row) => row.peerGroup !== 'PROVINCE_63' && row.coverage !== null && row.coverage < 1,
      ],
    ];
    const havings: [object | null, (members: Row[]) => boolean][] = [
      [null, () => true],
      [{ count: { gt: 3 } }, (members) => present(members, 'value').length > 3],
      [
        { value: { average: { gte: 0.55 } }, missing: { eq: 0 } },
        (members) =>
          (mean(present(members, 'value')) ?? 0) >= 0.55 && present(members, 'value').length === members.length,
      ],
      [
        { not: { rank: { quantile: { p: 0.9, is: { lt: 30 } } } } },
        (members) => !((quantile(present(members, 'rank'), 0.9) ?? 99) < 30),
      ],
    ];
    const dimensions = Object.keys(DIMENSIONS) as Dimension[];
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom(...dimensions), { maxLength: 3 }),
        fc.constantFrom(...filters),
        fc.constantFrom(...havings),
        fc.constantFrom('ASC', 'DESC'),
        async (by, [filter, holds], [having, isShown], direction) => {
          const isFew = !by.includes('ENTITY');
          const isMeant = (row: Row) =>
            holds(row) && row.year === 2022 && (isFew ? row.kind !== 'PILLAR' : row.kind === 'MAIN_INDEX');
          const [first, ...others] = [
            { kind: 'MAIN_INDEX' },
            ...(isFew ? [{ kind: 'INDICATOR' }, { kind: 'INDEX' }] : []),
          ];
          // One kind per question; all together when nothing is said.
          const range = { rounds: ['PROVINCE-2022', 'MINISTRY-2022'] };
          for (const selection of [first, ...others]) {
            const kind = selection?.kind;
            const wanted = groupRows(
              rows.filter((row) => isMeant(row) && row.kind === kind),
              by,
            );
            for (const [key, members] of wanted) if (!isShown(members)) wanted.delete(key);
            const orderBy = [{ aggregate: 'AVERAGE', direction }];
            const { scoreGroups } = await graph.read(GROUPS, { by, ...range, kind, filter, having, orderBy });
            expectGroups(scoreGroups.edges, by, wanted);
            const averages: (number | null)[] = scoreGroups.edges.map(
              ({ node }: { node: Answer }) => node.value.average,
            );
            const sorted = averages
              .filter((average) => average !== null)
              .sort((a, b) => (direction === 'ASC' ? a - b : b - a));
            expect(averages).toEqual([...sorted, ...averages.filter((average) => average === null)]);
          }
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);

  it('the summary of a ranking or of scores is that of all rows, not of the page', async () => {
    const { ranking, scores } = await graph.read(`{
      ranking(round: "PROVINCE-2022", first: 2, filter: { region: { eq: "SE" } }) { summary { count value { average } best { entity { id } } } edges { node { entity { id } } } }
      scores(round: "PROVINCE-2022", kind: MAIN_INDEX, first: 0) { summary { count missing value { median } } }
    }`);
    const of = (isMeant: (row: Row) => boolean) => rows.filter((row) => row.round === 'PROVINCE-2022' && isMeant(row));
    const south = present(
      of((row) => row.region === 'GSO-2004:SE' && INDEX_ONLY(row)),
      'value',
    );
    expect(ranking.summary.count).toBe(south.length);
    expectClose(ranking.summary.value.average, mean(south));
    expect(ranking.summary.best.entity).toEqual(ranking.edges[0].node.entity);
    const main = of(({ kind }) => kind === 'MAIN_INDEX');
    const values = present(main, 'value');
    expect(scores.summary).toMatchObject({ count: values.length, missing: main.length - values.length });
    expectClose(scores.summary.value.median, quantile(values, 0.5));
  });

  it('groups come by key, in the order of `by`, unless they are ordered otherwise; ties go by key', async () => {
    const range = { rounds: ['PROVINCE-2021', 'PROVINCE-2022'], measures: ['INDEX', 'CYBERSECURITY'] };
    const keysOf = async (variables: object) => {
      const { scoreGroups } = await graph.read(GROUPS, { by: ['YEAR', 'MEASURE'], ...range, ...variables });
      return scoreGroups.edges.map(({ node }: { node: Answer }) => `${node.key.year} ${node.key.measure.id}`);
    };
    const [index, security] = ['Measure:PDTI-922:INDEX', 'Measure:PDTI-922:CYBERSECURITY'];
    const expected = [`2021 ${index}`, `2021 ${security}`, `2022 ${index}`, `2022 ${security}`];
    expect(await keysOf({})).toEqual(expected);
    // All have 63 scores.
    expect(await keysOf({ orderBy: [{ aggregate: 'COUNT', direction: 'DESC' }] })).toEqual(expected);
    const byMeasure = [expected[1], expected[3], expected[0], expected[2]];
    expect(await keysOf({ orderBy: [{ dimension: 'MEASURE', direction: 'DESC' }] })).toEqual(byMeasure);
    const newest = [...byMeasure.slice(0, 2).toReversed(), ...byMeasure.slice(2).toReversed()];
    const orderBy = [
      { dimension: 'MEASURE', direction: 'DESC' },
      { dimension: 'YEAR', direction: 'DESC' },
    ];
    expect(await keysOf({ orderBy })).toEqual(newest);
  });

  it('cursors walk the groups', async () => {
    const variables = {
      ...{ by: ['ENTITY'], rounds: ['PROVINCE-2022'] },
      orderBy: [{ aggregate: 'QUANTILE', p: 0.5, direction: 'DESC' }],
    };
    const whole = (await graph.read(GROUPS, variables)).scoreGroups;
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { scoreGroups } = await graph.read(GROUPS, { ...variables, first: 17, after });
      expect(scoreGroups.totalCount).toBe(63);
      seen.push(...scoreGroups.edges.map(({ node }: { node: Answer }) => node.key.entity.id));
      after = scoreGroups.pageInfo.hasNextPage ? scoreGroups.pageInfo.endCursor : null;
    } while (after !== null);
    expect(seen).toEqual(whole.edges.map(({ node }: { node: Answer }) => node.key.entity.id));
    expect(whole.edges[0].node.best).toMatchObject({ round: { code: 'PROVINCE-2022' }, measure: { code: 'INDEX' } });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown round', { by: [], rounds: ['PROVINCE-1999'] }, 'NOT_FOUND'],
    ['an unknown measure', { by: [], rounds: ['PROVINCE-2022'], measures: ['NONE'] }, 'NOT_FOUND'],
    ['an unknown parent', { by: [], rounds: ['PROVINCE-2022'], parent: 'NONE' }, 'NOT_FOUND'],
    ['no round at all', { by: ['REGION'] }, 'BAD_USER_INPUT'],
    [
      'an order by what is not grouped by',
      { by: ['REGION'], rounds: ['PROVINCE-2022'], orderBy: [{ dimension: 'YEAR' }] },
      'BAD_USER_INPUT',
    ],
    [
      'an order by two things',
      { by: ['YEAR'], rounds: ['PROVINCE-2022'], orderBy: [{ dimension: 'YEAR', aggregate: 'SUM' }] },
      'BAD_USER_INPUT',
    ],
    ['an order by nothing', { by: [], rounds: ['PROVINCE-2022'], orderBy: [{}] }, 'BAD_USER_INPUT'],
    [
      'a quantile without its share',
      { by: [], rounds: ['PROVINCE-2022'], orderBy: [{ aggregate: 'QUANTILE' }] },
      'BAD_USER_INPUT',
    ],
    ['a quantile beyond 1', { by: [], rounds: ['PROVINCE-2022'], p: 1.5 }, 'BAD_USER_INPUT'],
  ])('refuses %s', async (_name, variables, code) => {
    expect(await graph.fail(GROUPS, variables)).toBe(code);
  });

  it('leaves out rounds that are only meant by year and have no scores, or measures that a framework lacks', async () => {
    const { scoreGroups } = await graph.read(GROUPS, { by: ['ROUND'], years: [2022, 1999], measures: ['P_GOV'] });
    expect(scoreGroups.edges.map(({ node }: { node: Answer }) => node.key.round.code)).toEqual(['PROVINCE-2022']);
    expect((await graph.read(GROUPS, { by: [], years: [1999] })).scoreGroups.totalCount).toBe(0);
  });
});
