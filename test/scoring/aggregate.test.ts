import { describe, expect, it } from 'vitest';
import type { Framework } from '../../src/domain/framework.js';
import { makeFramework, plain, ratio, readFramework, type TestFramework } from './frameworkFixture.js';
import { column, scoreTable } from './scoreTable.js';

const MAIN_INDEXES: TestFramework['mainIndexes'] = {
  A: [
    { code: 'A.01', maxPoints: 30 },
    { code: 'A.02', maxPoints: 20 },
  ],
  B: [{ code: 'B.01', maxPoints: 50 }],
};

/** Values of A, B and the index for one entity that has the given shares of its indicators. */
function valuesOf(framework: Framework, shares: Readonly<Record<string, number>>): (number | null | undefined)[] {
  const row = Object.fromEntries(Object.entries(shares).map(([code, share]) => [code, ratio(share * 100, 100)]));
  const { columns } = scoreTable(framework, { 1: row });
  return ['A', 'B', 'INDEX'].map((code) => column(columns, framework, code, 'value')[0]);
}

describe('a missing value', () => {
  const losing = makeFramework({ mainIndexes: MAIN_INDEXES });
  const excluding = makeFramework({ mainIndexes: MAIN_INDEXES, missing: 'EXCLUDE_AND_RESCALE' });

  it.each<[string, Framework, Record<string, number>, (number | null)[]]>([
    ['loses its points', losing, { 'A.01': 1, 'B.01': 0.5 }, [0.6, 0.5, 0.55]],
    [
      'leaves a main index without any value null, which loses all its points',
      losing,
      { 'B.01': 0.5 },
      [null, 0.5, 0.25],
    ],
    ['is not zero: a zero is a value', losing, { 'A.01': 0, 'B.01': 0.5 }, [0, 0.5, 0.25]],
    ['leaves everything null when there is nothing at all', losing, {}, [null, null, null]],
    ['is left out and the rest scaled up', excluding, { 'A.01': 0.5, 'B.01': 0.2 }, [0.5, 0.2, 0.35]],
    ['leaves out a whole main index, too', excluding, { 'B.01': 0.2 }, [null, 0.2, 0.2]],
    ['leaves everything null when all is left out', excluding, {}, [null, null, null]],
    ['changes nothing where nothing is missing', excluding, { 'A.01': 1, 'A.02': 0, 'B.01': 1 }, [0.6, 1, 0.8]],
  ])('%s', (_, framework, shares, expected) => {
    expect(valuesOf(framework, shares)).toEqual(expected);
  });

  it('scales the points up to the full maximum', () => {
    const { columns } = scoreTable(excluding, { 1: { 'A.01': ratio(1, 2) } });
    expect(column(columns, excluding, 'A.01', 'points')).toEqual([15]);
    expect(column(columns, excluding, 'A', 'points')).toEqual([25]);
    expect(column(columns, excluding, 'INDEX', 'points')).toEqual([50]);
    expect(column(columns, excluding, 'A', 'coverage')).toEqual([0.6]);
    expect(column(columns, excluding, 'INDEX', 'coverage')).toEqual([0.3]);
  });
});

describe('an indicator that is not applicable to a peer group', () => {
  const indicators = ['A.02'];
  const notApplicable = [{ peerGroup: 'WITHOUT', rule: 'EXCLUDE_AND_RESCALE', indicators }] as const;
  const framework = makeFramework({ mainIndexes: MAIN_INDEXES, notApplicable });
  const table = { 1: { 'A.01': ratio(1, 2), 'A.02': ratio(1, 1), 'B.01': ratio(1, 5) } };

  it('is left out there, even with a figure, and counts elsewhere', () => {
    const without = scoreTable(framework, table, 'WITHOUT').columns;
    expect(column(without, framework, 'A', 'value')).toEqual([0.5]);
    expect(column(without, framework, 'INDEX', 'value')).toEqual([0.35]);
    for (const name of ['value', 'points', 'coverage', 'automaticShare'] as const) {
      expect(column(without, framework, 'A.02', name)).toEqual([null]);
    }
    expect(column(without, framework, 'A.02', 'observationId')).toEqual([0]);
    expect(column(without, framework, 'INDEX', 'coverage')).toEqual([1]);
    const elsewhere = scoreTable(framework, table, 'WITH').columns;
    expect(column(elsewhere, framework, 'A', 'value')).toEqual([0.7]);
  });

  it('does not forgive other missing values of the group', () => {
    const { columns } = scoreTable(framework, { 1: { 'A.01': ratio(1, 1) } }, 'WITHOUT');
    expect(column(columns, framework, 'A', 'value')).toEqual([1]);
    expect(column(columns, framework, 'INDEX', 'value')).toEqual([0.5]);
    // A counts for half of the index, also where only a part of it is applicable.
    expect(column(columns, framework, 'INDEX', 'coverage')).toEqual([0.5]);
  });

  it('can be told to lose its points where the framework forgives', () => {
    const strict = makeFramework({
      mainIndexes: MAIN_INDEXES,
      missing: 'EXCLUDE_AND_RESCALE',
      notApplicable: [{ peerGroup: 'WITHOUT', rule: 'LOSES_POINTS', indicators }],
    });
    const row = { 1: { 'A.01': ratio(1, 1), 'B.01': ratio(1, 1) } };
    expect(column(scoreTable(strict, row, 'WITHOUT').columns, strict, 'A', 'value')).toEqual([0.6]);
    expect(column(scoreTable(strict, row, 'WITH').columns, strict, 'A', 'value')).toEqual([1]);
  });

  it('lets a body without public services reach the full 1,000 points of the ministerial framework', () => {
    const ministerial = readFramework('MDTI-922');
    const full = Object.fromEntries(
      ministerial.measures.flatMap(({ code, indicator }) => {
        if (indicator === null || ministerial.notApplicable[0]?.indicators.includes(code)) return [];
        const { kind } = indicator.rule;
        return [[code, kind === 'RATIO' || kind === 'RATIO_CAPPED' ? ratio(9, 9) : plain(kind === 'TIERED' ? 99 : 1)]];
      }),
    );
    const { columns } = scoreTable(ministerial, { 1: full }, 'MINISTRY_WITHOUT_SERVICES');
    expect(column(columns, ministerial, 'INDEX', 'points')).toEqual([1000]);
    expect(column(columns, ministerial, 'INDEX', 'coverage')).toEqual([1]);
    const withServices = scoreTable(ministerial, { 1: full }, 'MINISTRY_WITH_SERVICES').columns;
    expect(column(withServices, ministerial, 'INDEX', 'points')[0]).toBeLessThan(1000);
  });
});
