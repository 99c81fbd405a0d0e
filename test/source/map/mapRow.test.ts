import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPeriod } from '../../../src/domain/period.js';
import type { JsonObject } from '../../../src/source/json.js';
import { createMapper } from '../../../src/source/map/mapRow.js';
import { mapRow, parseMapping, RECORD, ROW } from './sampleMapping.js';

const FIGURE = { indicator: 'GOV.01', value: { field: 'share' } };
const RATIO = { indicator: 'GOV.02', numerator: { field: 'done' }, denominator: { field: 'all' } };

/** One figure, with other keys. */
function figure(parts: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { figures: [{ ...FIGURE, ...parts }] };
}

/** Kind and rule of each record: `record`, `rejected number`. */
function outcomes(records: ReturnType<typeof mapRow>): readonly string[] {
  return records.map((record) => (record.kind === 'record' ? record.kind : `${record.kind} ${record.rule}`));
}

describe('a mapped row', () => {
  it('gives one record per figure, in their order', () => {
    const records = mapRow({ figures: [FIGURE, RATIO] }, { ...ROW, done: 3, all: '4' });
    expect(records).toEqual([
      RECORD,
      { ...RECORD, indicatorCode: 'GOV.02', value: null, numerator: '3', denominator: '4' },
    ]);
  });

  it.each<[string, Readonly<Record<string, unknown>>, JsonObject, Readonly<Record<string, unknown>>]>([
    ['a field by a path', figure({ value: { field: 'a.b.0' } }), { a: { b: [7] } }, { value: '7' }],
    ['a field with dots in its name', figure({ value: { field: 'a.b' } }), { 'a.b': 1, a: { b: 2 } }, { value: '1' }],
    ['a field of the parent', figure({ value: { field: 'v', of: 'parent' } }), {}, { value: '8' }],
    ['an expression', figure({ value: { expression: 'minus(row.share, partition.base)' } }), {}, { value: '10.25' }],
    [
      'a framework by level',
      { framework: { field: 'level', table: { bộ: 'MDTI-922' } } },
      { level: 'bo\u0302\u0323' },
      { frameworkCode: 'MDTI-922' },
    ],
    [
      'a framework by an expression',
      { framework: { expression: 'row.level == "M" ? "MDTI-922" : "PDTI-922"' } },
      { level: 'M' },
      { frameworkCode: 'MDTI-922' },
    ],
    [
      'an indicator through a table',
      figure({ indicator: { field: 'ind', table: { x1: 'GOV.09' } } }),
      { ind: ' x1 ' },
      { indicatorCode: 'GOV.09' },
    ],
    [
      'an indicator by its own code',
      figure({ indicator: { field: 'ind' } }),
      { ind: 'GOV.05' },
      { indicatorCode: 'GOV.05' },
    ],
    ['a factor', figure({ multiply: 0.001 }), {}, { value: '0.0125' }],
    ['a factor as text', figure({ multiply: '1000000' }), {}, { value: '12500000' }],
    ['a factor of one part', figure({ value: { field: 'share', multiply: 2 }, multiply: 3 }), {}, { value: '25' }],
    [
      'a power of ten of the row',
      figure({ multiply: { field: 'mult', powerOfTen: true } }),
      { mult: -3 },
      { value: '0.0125' },
    ],
    [
      'a unit through a table',
      figure({ multiply: { field: 'unit', table: { nghìn: '1000', '': '1' } } }),
      { unit: 'nghìn' },
      { value: '12500' },
    ],
    [
      'no unit',
      figure({ multiply: { field: 'unit', table: { nghìn: '1000', '': '1' } } }),
      { unit: null },
      { value: '12.5' },
    ],
    ['a number format', { number: { decimal: ',', thousands: '.' } }, { share: '1.234,5' }, { value: '1234.5' }],
    [
      'a format of one figure',
      figure({ number: { decimal: ',', percent: 'divide' } }),
      { share: '12,5%' },
      { value: '0.125' },
    ],
    [
      'a format of one part',
      figure({ value: { field: 'share', number: { decimal: ',' } } }),
      { share: '12,5' },
      { value: '12.5' },
    ],
    ['a constant status', figure({ obsStatus: 'E' }), {}, { obsStatus: 'E' }],
    [
      'a status through a table',
      figure({ obsStatus: { field: 's', table: { sb: 'P' } } }),
      { s: 'sb' },
      { obsStatus: 'P' },
    ],
    ['an empty status', figure({ obsStatus: { field: 's', table: { '': 'A' } } }), { s: '' }, { obsStatus: 'A' }],
    [
      'a missing value with its status',
      figure({ obsStatus: { field: 's' } }),
      { s: 'M', share: '' },
      { obsStatus: 'M', value: null },
    ],
    [
      'a value that is not sent with status O',
      figure({ value: { field: 'x' }, obsStatus: 'O' }),
      {},
      { obsStatus: 'O', value: null },
    ],
    ['an empty value as an observation', figure({ onMissing: 'O' }), { share: null }, { obsStatus: 'O', value: null }],
    [
      'a null token',
      { ...figure({ onMissing: 'M' }), nullTokens: ['…'] },
      { share: ' … ' },
      { obsStatus: 'M', value: null },
    ],
    ['a value at its bounds', figure({ range: { min: '12.5', max: 12.5 } }), {}, { value: '12.5' }],
    [
      'a prefix and zeros',
      { entity: { by: 'code', codeSystem: 'GSO-2004', field: 'province', stripPrefixes: ['VN-', 'P'], pad: 3 } },
      { province: 'P 7' },
      { entityCode: '007' },
    ],
    ['a code as a number', {}, { province: 1 }, { entityCode: '01' }],
    [
      'a code through a table',
      { entity: { by: 'code', codeSystem: 'GSO-2004', field: 'province', table: { HNI: '01' } } },
      { province: 'HNI' },
      { entityCode: '01' },
    ],
    [
      'a code system of the row',
      { entity: { by: 'code', codeSystem: { field: 'sys' }, field: 'province', pad: 2 } },
      { sys: 'CENTRAL' },
      { codeSystem: 'CENTRAL' },
    ],
    [
      'a period by an expression',
      { period: { expression: 'string(row.m) + "/" + row.year', format: 'monthYear' } },
      { m: 3 },
      { period: '2024-03' },
    ],
    [
      'a period of the partition',
      { period: { field: 'year', of: 'partition', format: 'year' } },
      {},
      { period: '2023' },
    ],
    [
      'a time of publication',
      { publishedAt: { field: 'at', format: 'dateTime', timeZone: 'Asia/Ho_Chi_Minh' } },
      { at: '2024-12-31 23:30:00' },
      { publishedAt: '2024-12-31T16:30:00.000Z' },
    ],
    [
      'a day of publication',
      { publishedAt: { field: 'at', format: ['dateTime', 'date'], timeZone: 'Asia/Ho_Chi_Minh' } },
      { at: '2025-01-01' },
      { publishedAt: '2024-12-31T17:00:00.000Z' },
    ],
    [
      'no time of publication',
      { publishedAt: { field: 'at', format: 'epochMs', timeZone: 'UTC' } },
      { at: null },
      { publishedAt: null },
    ],
  ])('reads %s', (_what, parts, row, expected) => {
    const variables = { parent: { v: 8 }, partition: { base: '2.25', year: 2023 } };
    expect(mapRow(parts, { ...ROW, ...row }, { variables })).toEqual([{ ...RECORD, ...expected }]);
  });

  it.each<[string, Readonly<Record<string, unknown>>, JsonObject, string, RegExp]>([
    ['a value that is no number', {}, { share: 'n/a' }, 'number', /share: "n\/a" is not a number/],
    ['a value that is a list', {}, { share: [1] }, 'number', /a list is not a number/],
    ['an empty value', {}, { share: '' }, 'required', /share is empty/],
    ['a number that lost digits', {}, { share: 2 ** 60 }, 'number', /is not exact/],
    ['a value that grows too long', figure({ multiply: 10 }), { share: '9'.repeat(60) }, 'number', /too long/],
    [
      'a power that is none',
      figure({ multiply: { field: 'm', powerOfTen: true } }),
      { m: '1.5' },
      'number',
      /no exponent of ten/,
    ],
    [
      'an unknown unit',
      figure({ multiply: { field: 'm', table: { k: '1000' } } }),
      { m: 'M' },
      'number',
      /does not list/,
    ],
    ['a value below its bound', figure({ range: { min: 20 } }), {}, 'range', /12.5, less than 20/],
    ['a value above its bound', figure({ range: { max: '12.49' } }), {}, 'range', /greater than 12.49/],
    ['half a ratio', { figures: [RATIO] }, { done: 1, all: null }, 'required', /both counts/],
    ['a period that is none', {}, { year: '24' }, 'period', /"24" is not a period/],
    ['an empty period', {}, { year: null }, 'required', /year, which says the period, is empty/],
    ['an empty code', {}, { province: ' ' }, 'required', /province is empty/],
    ['a code that is an object', {}, { province: {} }, 'entity', /an object/],
    [
      'a code that only has the prefix',
      { entity: { by: 'code', codeSystem: 'A', field: 'province', stripPrefixes: ['P'] } },
      { province: 'P' },
      'entity',
      /no entity/,
    ],
    [
      'an unknown indicator',
      figure({ indicator: { field: 'i', table: { a: 'A' } } }),
      { i: 'b' },
      'indicator',
      /"b".*does not list/,
    ],
    ['an unknown level', { framework: { field: 'l', table: { a: 'A' } } }, { l: 'b' }, 'indicator', /framework/],
    ['an unknown status', figure({ obsStatus: { field: 's' } }), { s: 'X' }, 'allowed', /status "X"/],
    [
      'an expression that does not fit',
      figure({ value: { expression: 'row.gone + 1' } }),
      {},
      'expression',
      /row.gone \+ 1: No such key: gone/,
    ],
    ['a condition that does not fit', figure({ when: 'row.gone' }), {}, 'expression', /No such key/],
    ['a condition that is none', { filter: 'row.year' }, {}, 'expression', /neither true nor false/],
    [
      'a result that is not exact',
      figure({ value: { expression: 'row.a / row.b' } }),
      { a: 1, b: 3 },
      'number',
      /plus, minus, times or divide/,
    ],
    [
      'a time of publication that is none',
      { publishedAt: { field: 'year', format: 'date', timeZone: 'UTC' } },
      {},
      'period',
      /publication/,
    ],
    [
      'an unknown action',
      { action: { field: 'act', delete: ['D'], keep: ['A'] } },
      { act: 'X' },
      'allowed',
      /none of D, A/,
    ],
    ['no action', { action: { field: 'act', delete: ['D'] } }, {}, 'required', /has no act/],
    ['a required field', { rules: { required: ['unit'] } }, { unit: '' }, 'required', /unit is empty/],
    [
      'a field out of range',
      { rules: { range: { share: { max: 10 } } } },
      {},
      'range',
      /share is 12.5, greater than 10/,
    ],
    ['a field in range that is no number', { rules: { range: { n: { max: 10 } } } }, { n: 'x' }, 'number', /n: "x"/],
    [
      'a value that is not allowed',
      { rules: { allowed: { unit: ['%'] } } },
      { unit: 'kg' },
      'allowed',
      /unit is "kg", none of %/,
    ],
  ])('rejects %s', (_what, parts, row, rule, message) => {
    expect(mapRow(parts, { ...ROW, ...row })).toEqual([
      { kind: 'rejected', rule, message: expect.stringMatching(message) },
    ]);
  });

  it.each([
    'province',
    'year',
    'share',
  ])('rejects a row in which %s was renamed, even where an empty value is allowed', (field) => {
    const { [field]: value, ...rest } = ROW;
    const [record] = mapRow(figure({ onMissing: 'O' }), { ...rest, [`${field}_new`]: value });
    expect(record).toMatchObject({ kind: 'rejected', rule: 'required' });
  });

  it('skips by named rules', () => {
    expect(outcomes(mapRow({ filter: 'row.year != "2024"', figures: [FIGURE, RATIO] }, ROW))).toEqual([
      'skipped filter',
      'skipped filter',
    ]);
    expect(outcomes(mapRow(figure({ when: 'has(row.gone)' }), ROW))).toEqual(['skipped when']);
    expect(outcomes(mapRow(figure({ onMissing: 'skip' }), { ...ROW, share: null }))).toEqual(['skipped missing']);
  });

  it('filters before it reads anything else, so that a total line without a code is skipped', () => {
    expect(outcomes(mapRow({ filter: 'row.province != null' }, { province: null }))).toEqual(['skipped filter']);
  });

  it('rejects every figure of a row that the decoder could not read', () => {
    const records = mapRow({ figures: [FIGURE, RATIO] }, { _malformed: 'line 7 has 3 columns instead of 4' });
    const rejected = { kind: 'rejected', rule: 'malformed', message: 'line 7 has 3 columns instead of 4' };
    expect(records).toEqual([rejected, rejected]);
    expect(mapRow({}, { _malformed: { at: 7 } })).toEqual([
      { ...rejected, message: 'the decoder could not read this row' },
    ]);
  });

  it('withdraws figures without reading their values', () => {
    const deleted = { ...RECORD, value: null, deleted: true };
    expect(mapRow({ deletedWhen: 'row.gone' }, { ...ROW, share: 'x', gone: true })).toEqual([deleted]);
    expect(mapRow({ deletedWhen: 'row.gone' }, { ...ROW, gone: false })).toEqual([RECORD]);
    const action = { field: 'act', delete: ['D'], keep: ['A'] };
    expect(mapRow({ action }, { province: '1', year: '2024', act: 'D' })).toEqual([deleted]);
    expect(mapRow({ action }, { ...ROW, act: 'A' })).toEqual([RECORD]);
    expect(mapRow({ action: { field: 'act', delete: ['D'] } }, { ...ROW, act: '' })).toEqual([RECORD]);
  });

  it('withdraws only the figures that the row is about', () => {
    const figures = [
      { ...FIGURE, when: 'row.kind == "a"' },
      { ...RATIO, when: 'row.kind == "b"' },
    ];
    const records = mapRow({ figures, deletedWhen: 'true' }, { ...ROW, kind: 'b' });
    expect(outcomes(records)).toEqual(['skipped when', 'record']);
    expect(records[1]).toMatchObject({ indicatorCode: 'GOV.02', deleted: true });
  });

  it('reads the variables anew for each row', () => {
    const variables: Record<string, unknown> = { parent: { v: 1 } };
    const map = createMapper(parseMapping(figure({ value: { field: 'v', of: 'parent' } })), {
      entityByName: () => null,
      variables,
    });
    const first = map(ROW);
    variables.parent = { v: 2 };
    expect([first, map(ROW)].map(([record]) => record)).toMatchObject([{ value: '1' }, { value: '2' }]);
  });
});

describe('a poison field', () => {
  const FIELDS = ['province', 'year', 'share', 'done', 'all', 'extra', 'ok'];
  const figures = [FIGURE, RATIO, { indicator: 'GOV.03', value: { expression: 'row.extra * 2' }, when: 'row.ok' }];
  const rules = { required: ['note'], range: { done: { min: 0 }, extra: { max: 9 } } };
  const row = { ...ROW, done: 3, all: 4, extra: 5, ok: true, note: 'x' };
  const poisons: readonly unknown[] = ['☠', {}, [], true, -1e300, 'NaN', '\0', '9'.repeat(500)];

  it('costs nothing when there is none', () => {
    expect(outcomes(mapRow({ figures, rules }, row))).toEqual(['record', 'record', 'record']);
  });

  it.each<[string, readonly number[]]>([
    ['share', [0]],
    ['done', [1]],
    ['all', [1]],
    ['extra', [2]],
    ['year', [0, 1, 2]],
  ])('%s costs the figures that read it, and no others', (field, costs) => {
    for (const poison of poisons) {
      const records = mapRow({ figures, rules }, { ...row, [field]: poison });
      expect(records.flatMap(({ kind }, at) => (kind === 'rejected' ? [at] : []))).toEqual(costs);
    }
  });

  it('breaks a rule for the figures that read the field, or for all if none does', () => {
    expect(outcomes(mapRow({ figures, rules }, { ...row, done: -1 }))).toEqual(['record', 'rejected range', 'record']);
    expect(outcomes(mapRow({ figures, rules }, { ...row, extra: 10 }))).toEqual(['record', 'record', 'rejected range']);
    const all = ['rejected required', 'rejected required', 'rejected required'];
    expect(outcomes(mapRow({ figures, rules }, { ...row, note: null }))).toEqual(all);
    const byYear = { figures, rules: { allowed: { year: ['2023'] } } };
    expect(outcomes(mapRow(byYear, row))).toEqual(['rejected allowed', 'rejected allowed', 'rejected allowed']);
  });

  it('never makes the mapper throw, whatever the row holds', () => {
    const mapping = parseMapping({
      ...{ figures, rules, deletedWhen: 'has(row.gone) && row.gone', nullTokens: ['-'] },
      publishedAt: { field: 'year', format: ['dateTime', 'date', 'excelSerial'], timeZone: 'Asia/Ho_Chi_Minh' },
      entity: {
        by: 'name',
        codeSystem: { byPeriod: [{ codeSystem: 'A', until: '2025-06-30' }] },
        field: 'province',
        aliases: { x: 'y' },
      },
    });
    const map = createMapper(mapping, { entityByName: (_system, name) => (name === '' ? null : name), variables: {} });
    const values = fc.oneof(fc.anything(), fc.string(), fc.constantFrom('2024', '45657', '1', 5, true));
    const keys = fc.constantFrom(...FIELDS, 'note', 'gone', '_malformed', '__proto__', 'constructor', 'toString');
    fc.assert(
      fc.property(fc.dictionary(keys, values), (hostile) => {
        const records = map({ ...row, ...hostile });
        expect(records).toHaveLength(figures.length);
        for (const record of records) if (record.kind === 'record') expect(isPeriod(record.period)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
