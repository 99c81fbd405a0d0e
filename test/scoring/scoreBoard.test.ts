import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toUnits } from '../../src/domain/quantise.js';
import type { ScoredFigure } from '../../src/scoring/rule.js';
import { ENGINE_VERSION } from '../../src/scoring/version.js';
import { makeFramework, measureOf, plain, ratio, readFramework } from './frameworkFixture.js';
import { column, computeScores, type FigureTable, scoreTable } from './scoreTable.js';

const PROVINCIAL = readFramework('PDTI-922');

/** Two main indexes of 60 and 40 points; the pillar has both, and an unscored one. */
const SMALL = makeFramework({
  mainIndexes: {
    A: [
      { code: 'A.01', maxPoints: 40 },
      { code: 'A.02', maxPoints: 20, rule: { kind: 'RELATIVE_TO_BEST' } },
    ],
    B: [{ code: 'B.01', maxPoints: 40, rule: { kind: 'YES_NO' } }],
    CITY: [{ code: 'CITY.01', maxPoints: 0, rule: { kind: 'YES_NO' } }],
  },
  pillars: { P: ['A', 'CITY'] },
});

describe('computeScores', () => {
  it('adds points up to main indexes, pillars and the index, and ranks each of them', () => {
    const { columns, problems } = scoreTable(SMALL, {
      7: { 'A.01': ratio(1, 2), 'A.02': plain(30), 'B.01': plain(1) },
      8: { 'A.01': ratio(1, 1), 'A.02': plain(15), 'B.01': plain(0) },
    });
    expect(problems).toEqual([]);
    expect(column(columns, SMALL, 'A.01', 'points')).toEqual([20, 40]);
    expect(column(columns, SMALL, 'A.02', 'points')).toEqual([20, 10]);
    expect(column(columns, SMALL, 'A', 'points')).toEqual([40, 50]);
    expect(column(columns, SMALL, 'A', 'value')).toEqual([0.666666666667, 0.833333333333]);
    expect(column(columns, SMALL, 'P', 'value')).toEqual(column(columns, SMALL, 'A', 'value'));
    expect(column(columns, SMALL, 'INDEX', 'value')).toEqual([0.8, 0.5]);
    expect(column(columns, SMALL, 'INDEX', 'rank')).toEqual([1, 2]);
    expect(column(columns, SMALL, 'A', 'rank')).toEqual([2, 1]);
  });

  it('lists an unscored measure with its observation and nothing else', () => {
    const { columns, problems } = scoreTable(SMALL, { 7: { 'CITY.01': plain(5, { observationId: 9 }) } });
    expect(problems).toEqual([]);
    for (const code of ['CITY', 'CITY.01']) {
      expect(column(columns, SMALL, code, 'value')).toEqual([null]);
      expect(column(columns, SMALL, code, 'points')).toEqual([null]);
      expect(column(columns, SMALL, code, 'rank')).toEqual([0]);
      expect(column(columns, SMALL, code, 'coverage')).toEqual([null]);
      expect(column(columns, SMALL, code, 'automaticShare')).toEqual([null]);
    }
    expect(column(columns, SMALL, 'CITY.01', 'observationId')).toEqual([9]);
    expect(column(columns, SMALL, 'CITY', 'observationId')).toEqual([0]);
  });

  it('says how much is known and how much of it was measured, in shares of points', () => {
    const { columns } = scoreTable(SMALL, { 7: { 'A.01': ratio(0, 2), 'B.01': plain(1, { automatic: true }) } });
    expect(column(columns, SMALL, 'INDEX', 'coverage')).toEqual([0.8]);
    expect(column(columns, SMALL, 'INDEX', 'automaticShare')).toEqual([0.4]);
    expect(column(columns, SMALL, 'A', 'coverage')).toEqual([0.666666666667]);
    expect(column(columns, SMALL, 'A', 'automaticShare')).toEqual([0]);
    expect(column(columns, SMALL, 'A.02', 'coverage')).toEqual([0]);
  });

  it('takes the best from the peer group, not from the round', () => {
    const figure = (entityId: number) => plain(entityId);
    const framework = makeFramework({
      mainIndexes: { A: [{ code: 'A.01', maxPoints: 10, rule: { kind: 'RELATIVE_TO_BEST' } }] },
    });
    const groups = [
      { peerGroupId: 5, peerGroupCode: 'LOW', entityIds: [2, 1] },
      { peerGroupId: 6, peerGroupCode: 'HIGH', entityIds: [10, 5] },
    ];
    const { columns } = computeScores({ framework, groups, figure });
    expect(column(columns, framework, 'A.01', 'value')).toEqual([1, 0.5, 1, 0.5]);
    expect(column(columns, framework, 'A.01', 'rank')).toEqual([1, 2, 1, 2]);
    expect([...columns.entityIds]).toEqual([2, 1, 10, 5]);
    expect([...columns.groupOf]).toEqual([5, 5, 6, 6]);
  });

  it('reports a figure that contradicts its rule and goes on without it', () => {
    const { columns, problems } = scoreTable(SMALL, {
      7: { 'A.01': ratio(1, 0, { observationId: 3, automatic: true }), 'A.02': plain(-5), 'B.01': plain(1) },
      8: { 'A.02': plain(10) },
    });
    expect(problems).toEqual([
      {
        entityId: 7,
        indicatorId: measureOf(SMALL, 'A.01').id,
        code: 'METHOD_INPUT_INVALID',
        message: expect.stringContaining('A.01 has the denominator 0'),
      },
      {
        entityId: 7,
        indicatorId: measureOf(SMALL, 'A.02').id,
        code: 'METHOD_INPUT_INVALID',
        message: expect.stringContaining('A.02 is -5'),
      },
    ]);
    expect(column(columns, SMALL, 'A.01', 'value')).toEqual([null, null]);
    expect(column(columns, SMALL, 'A.01', 'automaticShare')).toEqual([0, 0]);
    expect(column(columns, SMALL, 'A.01', 'observationId')).toEqual([3, 0]);
    expect(column(columns, SMALL, 'A.02', 'value')).toEqual([null, 1]);
  });

  it('computes a round without entities', () => {
    expect(scoreTable(SMALL, {}).columns.value).toHaveLength(0);
  });

  it('refuses an entity that stands in two places', () => {
    const groups = [1, 2].map((peerGroupId) => ({ peerGroupId, peerGroupCode: `${peerGroupId}`, entityIds: [7] }));
    expect(() => computeScores({ framework: SMALL, groups, figure: () => null })).toThrow(
      expect.objectContaining({ code: 'METHOD_INPUT_INVALID' }),
    );
  });

  it('asks for every figure once at most', () => {
    const asked: string[] = [];
    const groups = [{ peerGroupId: 1, peerGroupCode: 'G', entityIds: [7, 8] }];
    const figure = (entityId: number, indicatorId: number): null => {
      asked.push(`${entityId}:${indicatorId}`);
      return null;
    };
    computeScores({ framework: PROVINCIAL, groups, figure });
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).toHaveLength(2 * 98);
  });

  it('says which version of the method it is', () => {
    expect(ENGINE_VERSION).toBe('2');
  });
});

describe('computeScores on published results of 2022', () => {
  const MAIN_INDEXES = [
    'AWARENESS',
    'INSTITUTIONS',
    'INFRASTRUCTURE',
    'HUMAN_RESOURCES',
    'CYBERSECURITY',
    'GOV_ACTIVITY',
    'ECO_ACTIVITY',
    'SOC_ACTIVITY',
  ];
  const path = new URL('../../data/references/published-results.csv', import.meta.url);
  const published = new Map<string, string>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [level, year, name, measure, score] = line.split(',');
    if (level === 'province' && year === '2022' && score) published.set(`${name}/${measure}`, score);
  }
  /** The framework's main indexes with their points, each measured by one ratio. */
  const framework = makeFramework({
    mainIndexes: Object.fromEntries(
      MAIN_INDEXES.map((code) => [code, [{ code: `${code}.01`, maxPoints: measureOf(PROVINCIAL, code).maxPoints }]]),
    ),
    pillars: { P_GOV: MAIN_INDEXES.slice(0, 6) },
  });
  const provinces = ['Đà Nẵng', 'Thành phố Hồ Chí Minh', 'Quảng Ninh', 'Thừa Thiên Huế', 'Cần Thơ'];
  const table = Object.fromEntries(
    provinces.map((name, id) => [
      id,
      Object.fromEntries(
        MAIN_INDEXES.map((code) => [`${code}.01`, ratio(Number(published.get(`${name}/${code}`)), 1)]),
      ),
    ]),
  );
  const { columns } = scoreTable(framework, table);

  it.each(provinces.map((name, id) => [name, id] as const))('gives %s its overall value within 0.0001', (name, id) => {
    const value = column(columns, framework, 'INDEX', 'value')[id];
    expect(Math.abs(Number(value) - Number(published.get(`${name}/overall`)))).toBeLessThan(1e-4);
  });

  it('gives the sums of the brief: 0.716355 for Ho Chi Minh City, 0.702445 for Quang Ninh, 0.697460 for Thua Thien Hue', () => {
    expect(column(columns, framework, 'INDEX', 'value').slice(1, 4)).toEqual([0.716355, 0.702445, 0.69746]);
  });

  it('ranks the five as published, and Ho Chi Minh City third in the government pillar', () => {
    expect(column(columns, framework, 'INDEX', 'rank')).toEqual([1, 2, 3, 4, 5]);
    expect(column(columns, framework, 'P_GOV', 'rank')).toEqual([1, 3, 4, 2, 5]);
    // By hand: (89.17 + 90 + 82.58 + 62.67 + 55.80 + 168.12) / 700 for Ho Chi Minh City.
    expect(column(columns, framework, 'P_GOV', 'value')[1]).toBe(0.783342857143);
  });
});

describe('computeScores, for any figures', () => {
  const scored = PROVINCIAL.measures.filter(
    ({ indicator, maxPoints }) => maxPoints > 0 && indicator?.rule.kind === 'RATIO',
  );
  const fraction = fc
    .tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.nat())
    .map(([whole, part]): ScoredFigure => ratio(part % (whole + 1), whole));
  const figures = fc.array(fraction, { minLength: scored.length, maxLength: scored.length });

  /** Figures of the scored ratios, in framework order. */
  const rowOf = (list: readonly ScoredFigure[]): Record<string, ScoredFigure> =>
    Object.fromEntries(scored.flatMap(({ code }, at) => (list[at] === undefined ? [] : [[code, list[at]]])));

  it('keeps an exact tie when fractions are exchanged between indicators of equal maximum, scaled, across main indexes', () => {
    // The ranks 15, 15, 17 of Thanh Hóa and Yên Bái in 2022 rest on this.
    const property = fc.property(figures, fc.array(fc.nat(), { minLength: 60, maxLength: 60 }), (list, picks) => {
      const other = [...list];
      picks.forEach((pick, step) => {
        const a = step % scored.length;
        const b = pick % scored.length;
        if (scored[a]?.maxPoints !== scored[b]?.maxPoints) return;
        const [first, second] = [other[a], other[b]];
        if (first === undefined || second === undefined) return;
        other[a] = { ...second, numerator: Number(second.numerator) * 3, denominator: Number(second.denominator) * 3 };
        other[b] = first;
      });
      const { columns } = scoreTable(PROVINCIAL, { 38: rowOf(list), 15: rowOf(other) });
      expect(column(columns, PROVINCIAL, 'INDEX', 'rank')).toEqual([1, 1]);
      const [a, b] = column(columns, PROVINCIAL, 'INDEX', 'value');
      expect(a).toBe(b);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('does not depend on the order of entities, and gives equal figures equal scores', () => {
    fc.assert(
      fc.property(figures, figures, (first, second) => {
        const table: FigureTable = { 1: rowOf(first), 2: rowOf(second), 3: rowOf(first) };
        const { columns } = scoreTable(PROVINCIAL, table);
        const [a, b, c] = column(columns, PROVINCIAL, 'INDEX', 'value');
        expect(a).toBe(c);
        const swapped = scoreTable(PROVINCIAL, { 1: rowOf(second), 2: rowOf(first) }).columns;
        expect(column(swapped, PROVINCIAL, 'INDEX', 'value')).toEqual([b, a]);
      }),
      { numRuns: 30 },
    );
  });

  it('lowers no score of any measure when one figure rises', () => {
    fc.assert(
      fc.property(figures, fc.nat(), (list, pick) => {
        const better = list.map((figure, at) =>
          at === pick % list.length ? { ...figure, numerator: figure.denominator } : figure,
        );
        const { columns } = scoreTable(PROVINCIAL, { 1: rowOf(list), 2: rowOf(better) });
        for (const { code, maxPoints } of PROVINCIAL.measures) {
          const [before, after] = column(columns, PROVINCIAL, code, 'value');
          if (maxPoints > 0 && before !== null) expect(after).toBeGreaterThanOrEqual(Number(before));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('stores only whole units, values from 0 to 1, and points that agree with them', () => {
    fc.assert(
      fc.property(figures, (list) => {
        const { columns } = scoreTable(PROVINCIAL, { 1: rowOf(list) });
        columns.value.forEach((value, cell) => {
          if (Number.isNaN(value)) return;
          expect(value).toBe(toUnits(value) / 1e12);
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
          const points = columns.points[cell] ?? Number.NaN;
          expect(points).toBeCloseTo(value * (columns.maxPoints[cell] ?? 0), 8);
        });
      }),
      { numRuns: 30 },
    );
  });
});
