import { describe, expect, it } from 'vitest';
import { mappingSchema } from '../../../src/source/map/mapping.js';
import { mapRow, RECORD, ROW, SMALLEST } from './sampleMapping.js';

const RATIO = { figures: [{ indicator: 'GOV.01', numerator: { field: 'part' }, denominator: { field: 'whole' } }] };
const MISSING = {
  ...{ value: null, numerator: null, denominator: null, obsStatus: 'O' },
  changedBy: 'suppressed_small_count',
};

describe('a small count', () => {
  it.each([
    [{ below: 5 }, '4', true],
    [{ below: 5 }, '0.5', true],
    [{ below: 5 }, '5', false],
    [{ below: 5 }, '0', false],
    [{ below: 5 }, '-3', false],
    [{ below: 5, zero: true }, '0', true],
    [{ below: '2.5' }, '2.4', true],
    [{ below: 5, indicators: ['GOV.01'] }, '1', true],
    [{ below: 5, indicators: ['GOV.02'] }, '1', false],
  ])('by %j, the value %s is missing: %s', (suppress, share, isMissing) => {
    expect(mapRow({ suppress }, { ...ROW, share })).toEqual([
      { ...RECORD, value: Number(share).toString(), ...(isMissing ? MISSING : {}) },
    ]);
  });

  it.each([
    [{}, '3', '1000', true],
    [{}, '50', '100', false],
    [{}, '0', '100', false],
    [{}, '98', '100', true],
    [{}, '100', '100', false],
    [{}, '2', '3', true],
    [{ complement: false }, '98', '100', false],
    [{ zero: true }, '100', '100', true],
  ])('by %j, the ratio %s of %s is missing: %s', (more, part, whole, isMissing) => {
    const [record] = mapRow({ ...RATIO, suppress: { below: 5, ...more } }, { ...ROW, part, whole });
    expect(record).toMatchObject(isMissing ? MISSING : { numerator: part, denominator: whole, obsStatus: 'A' });
  });

  it('needs a number, and keys that exist', () => {
    const parse = (suppress: unknown) => mappingSchema.safeParse({ ...SMALLEST, suppress }).success;
    expect([parse({ below: 5 }), parse({ below: 'five' }), parse({}), parse({ below: 5, limit: 1 })]).toEqual([
      ...[true, false, false, false],
    ]);
  });
});

describe('the revision of a row', () => {
  it.each([
    [7, '7'],
    ['2024-03-18T15:30:00Z', '2024-03-18T15:30:00Z'],
    ['', null],
    [null, null],
  ])('%j is carried as %j', (changed, revision) => {
    expect(mapRow({ revision: { field: 'changed' } }, { ...ROW, changed })).toEqual([{ ...RECORD, revision }]);
  });

  it('must be in the row', () => {
    expect(mapRow({ revision: { field: 'changed' } }, ROW)).toMatchObject([{ kind: 'rejected', rule: 'required' }]);
  });
});
