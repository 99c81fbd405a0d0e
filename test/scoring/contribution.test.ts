import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Framework } from '../../src/domain/framework.js';
import { toUnits } from '../../src/domain/quantise.js';
import { contributionsOf } from '../../src/scoring/contribution.js';
import { makeFramework, ratio, readFramework, type TestIndicator } from './frameworkFixture.js';
import { type FigureTable, scoreTable } from './scoreTable.js';

/** Contributions to a measure of the first entity, by code. */
function split(framework: Framework, table: FigureTable, code: string, group?: string): Record<string, number> {
  const { columns } = scoreTable(framework, table, group);
  const at = framework.measures.findIndex((measure) => measure.code === code);
  const codes = new Map(framework.measures.map((measure) => [measure.id, measure.code]));
  return Object.fromEntries(
    contributionsOf(columns, framework, 0, at).map(({ measureId, units }) => [codes.get(measureId) ?? '', units]),
  );
}

const equal = (...codes: string[]): TestIndicator[] => codes.map((code) => ({ code, maxPoints: 10 }));

describe('contributionsOf', () => {
  it('gives round shares as they are', () => {
    const framework = makeFramework({
      mainIndexes: { A: [{ code: 'a', maxPoints: 100 }], B: [{ code: 'b', maxPoints: 900 }] },
    });
    const table = { 1: { a: ratio(1, 1), b: ratio(1, 2) } };
    expect(split(framework, table, 'INDEX')).toEqual({ A: 100_000_000_000, B: 450_000_000_000 });
  });

  it('gives what rounding leaves over to the largest', () => {
    const framework = makeFramework({ mainIndexes: { A: equal('a', 'b', 'c') } });
    const table = { 1: { a: ratio(1, 10), b: ratio(0, 1), c: ratio(1, 1) } };
    expect(split(framework, table, 'A')).toEqual({ a: 33_333_333_333, b: 0, c: 333_333_333_334 });
  });

  it('gives it to the first by code among equals, whatever their order', () => {
    const framework = makeFramework({ mainIndexes: { A: equal('c', 'a', 'b') } });
    const full = { 1: { a: ratio(1, 1), b: ratio(1, 1), c: ratio(1, 1) } };
    expect(split(framework, full, 'A')).toEqual({ a: 333_333_333_334, b: 333_333_333_333, c: 333_333_333_333 });
  });

  it('lists a child without a value and an unscored one with 0', () => {
    const framework = makeFramework({ mainIndexes: { A: [...equal('a', 'b'), { code: 'c', maxPoints: 0 }] } });
    expect(split(framework, { 1: { a: ratio(1, 1) } }, 'A')).toEqual({ a: 500_000_000_000, b: 0, c: 0 });
  });

  it('scales shares up as the points were when something was left out', () => {
    const framework = makeFramework({ mainIndexes: { A: equal('a', 'b', 'c') }, missing: 'EXCLUDE_AND_RESCALE' });
    const table = { 1: { a: ratio(1, 1), b: ratio(1, 2) } };
    expect(split(framework, table, 'A')).toEqual({ a: 500_000_000_000, b: 250_000_000_000, c: 0 });
  });

  it('is empty for an indicator and for a measure without a value', () => {
    const framework = makeFramework({ mainIndexes: { A: equal('a') } });
    expect(split(framework, { 1: { a: ratio(1, 1) } }, 'a')).toEqual({});
    expect(split(framework, { 1: {} }, 'A')).toEqual({});
  });

  it('gives zeros for a value of 0', () => {
    const framework = makeFramework({ mainIndexes: { A: equal('a', 'b') } });
    expect(split(framework, { 1: { a: ratio(0, 1), b: ratio(0, 1) } }, 'A')).toEqual({ a: 0, b: 0 });
  });

  it.each([
    ['PDTI-922', 'PROVINCE_63'],
    ['MDTI-922', 'MINISTRY_WITHOUT_SERVICES'],
  ])('adds up to the value exactly for every measure of %s, for any figures', (code, group) => {
    const framework = readFramework(code);
    const ratios = framework.measures.filter(({ indicator }) => indicator?.rule.kind.startsWith('RATIO'));
    const figure = fc.option(fc.tuple(fc.nat(1_000), fc.integer({ min: 1, max: 1_000_000 })), { freq: 8 });
    const figures = fc.array(figure, { minLength: ratios.length, maxLength: ratios.length });
    fc.assert(
      fc.property(figures, (list) => {
        const row = ratios.map((measure, at) => [measure.code, list[at] ? ratio(...list[at]) : null] as const);
        const { columns } = scoreTable(framework, { 1: Object.fromEntries(row) }, group);
        framework.measures.forEach(({ kind }, at) => {
          const total = toUnits(columns.value[at] ?? Number.NaN);
          const parts = contributionsOf(columns, framework, 0, at);
          const isEmpty = kind === 'INDICATOR' || Number.isNaN(total);
          expect(parts.length === 0).toBe(isEmpty);
          expect(parts.reduce((sum, { units }) => sum + units, 0)).toBe(isEmpty ? 0 : total);
          for (const { units } of parts) expect(Number.isSafeInteger(units) && units >= 0).toBe(true);
        });
      }),
      { numRuns: 40 },
    );
  });
});
