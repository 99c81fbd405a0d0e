import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mappingSchema } from '../../../src/source/map/mapping.js';
import { parseMapping, SMALLEST } from './sampleMapping.js';

/** Path and message of each problem. */
function problemsOf(parts: Readonly<Record<string, unknown>>): readonly string[] {
  const { error } = mappingSchema.safeParse({ ...SMALLEST, ...parts });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

const FIGURE = { indicator: 'GOV.01', value: { field: 'share' } };
const PERIOD = { field: 'at', format: 'dateTime', grain: 'month', timeZone: 'Asia/Ho_Chi_Minh' };
const BY_NAME = { by: 'name', codeSystem: 'GSO-2004', field: 'name' };

/** Every key of the language at least once. */
const WHOLE = {
  framework: { field: 'level', of: 'row', table: { province: 'PDTI-922' } },
  filter: 'row.kind != "total"',
  entity: {
    by: 'code',
    codeSystem: {
      byPeriod: [
        { codeSystem: 'GSO-2004', until: '2025-06-30' },
        { codeSystem: 'GSO-2025', from: '2025-07-01' },
      ],
    },
    field: 'province',
    table: { HN: '01' },
    stripPrefixes: ['VN-'],
    pad: 2,
  },
  period: PERIOD,
  figures: [
    {
      indicator: { expression: '"GOV." + row.n' },
      numerator: { field: 'done', multiply: 1000, number: { thousands: ',' } },
      denominator: { expression: 'times(row.all, 2)' },
      obsStatus: { field: 'status', table: { '': 'A', p: 'P' } },
      when: 'has(row.done)',
      onMissing: 'O',
    },
    {
      indicator: 'GOV.02',
      value: { field: 'rate', of: 'parent' },
      multiply: { field: 'unit', powerOfTen: true },
      number: { decimal: ',', percent: 'divide', exponent: true },
      range: { min: 0, max: '1' },
    },
  ],
  number: { decimal: '.', thousands: ',' },
  nullTokens: ['-', 'N/A'],
  publishedAt: { field: 'released', format: ['date', 'dateTime'], timeZone: 'UTC' },
  action: { field: 'action', delete: ['D'], keep: ['A', 'R'] },
  rules: { required: ['kind'], range: { rate: { min: 0 } }, allowed: { kind: ['a', 'b'] } },
};

describe('the schema of a mapping', () => {
  it('accepts the smallest mapping and one with every key', () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf(WHOLE)).toEqual([]);
    expect(
      problemsOf({ entity: { ...BY_NAME, aliases: { 'Sài Gòn': 'Hồ Chí Minh' } }, deletedWhen: 'row.gone' }),
    ).toEqual([]);
  });

  it('fills in defaults', () => {
    const { number, nullTokens, rules, figures } = parseMapping({});
    expect(number).toEqual({ decimal: '.', thousands: '', percent: 'refuse', exponent: false });
    expect([nullTokens, rules]).toEqual([[], { required: [], range: {}, allowed: {} }]);
    expect(figures).toEqual([{ ...FIGURE, obsStatus: 'A', onMissing: 'reject' }]);
  });

  it('names every key that is misspelt', () => {
    const misspellings = (node: unknown): readonly (readonly [unknown, string])[] => {
      if (Array.isArray(node)) {
        return node.flatMap((item, at) => misspellings(item).map(([bad, key]) => [node.with(at, bad), key] as const));
      }
      if (typeof node !== 'object' || node === null) return [];
      return Object.entries(node).flatMap(([key, value]) => {
        const { [key]: _, ...rest } = node as Record<string, unknown>;
        // The keys of these are the source's.
        const own = ['table', 'aliases', 'range', 'allowed'].includes(key) && !('min' in Object(value));
        const inner = own ? [] : misspellings(value).map(([bad, name]) => [{ ...node, [key]: bad }, name] as const);
        return [[{ ...rest, [`${key}x`]: value }, `${key}x`] as const, ...inner];
      });
    };
    const all = misspellings(WHOLE);
    expect(all.length).toBeGreaterThan(60);
    for (const [bad, key] of all) expect(problemsOf(bad as Record<string, unknown>).join('\n')).toContain(key);
  });

  it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    ['two sources', { period: { ...PERIOD, expression: 'row.at' } }, /^period.field: name either field or expression$/],
    ['no source', { period: { format: 'year' } }, /^period.field: name either field or expression$/],
    [
      'of without a field',
      { period: { expression: 'row.at', of: 'row', format: 'year' } },
      /^period.of: of says where/,
    ],
    [
      'an expression that is none',
      { filter: 'row.a ==' },
      /^filter: the expression is wrong at column 9: Unexpected token: EOF$/,
    ],
    ['a loop', { deletedWhen: 'row.a.all(x, x)' }, /^deletedWhen: .*column 7: all\(\) cannot be used: it is a loop$/],
    ['a filter that is no condition', { filter: '"yes"' }, /expected a condition/],
    [
      'an expression inside a figure',
      { figures: [{ indicator: 'A', value: { expression: 'rwo.x' } }] },
      /^figures.0.value.expression: .*"rwo"/,
    ],
    [
      'an expression of the framework',
      { framework: { expression: 'foo' } },
      /^framework.expression: .*column 1: there is no variable "foo"/,
    ],
    ['a framework that is a list', { framework: ['A'] }, /^framework: expected a text, or an object/],
    ['no grain', { period: { field: 'at', format: 'date' } }, /^period.grain: date need grain/],
    [
      'an unknown zone',
      { period: { ...PERIOD, timeZone: 'Asia/Hanoi' } },
      /^period.timeZone: expected an IANA time zone/,
    ],
    [
      'an unknown format',
      { period: { field: 'at', format: 'years' } },
      /^period.format: expected one or more of year, yearMonth/,
    ],
    [
      'half a ratio',
      { figures: [{ indicator: 'A', numerator: { field: 'n' } }] },
      /a ratio needs numerator and denominator/,
    ],
    [
      'a value and a ratio',
      { figures: [{ ...FIGURE, numerator: { field: 'n' }, denominator: { field: 'd' } }] },
      /either value, or/,
    ],
    ['no figure', { figures: [] }, /^figures: /],
    [
      'an unknown status',
      { figures: [{ ...FIGURE, obsStatus: { field: 's', table: { f: 'F' } } }] },
      /"F" is none of A, E, P, O, M/,
    ],
    ['a factor that is none', { figures: [{ ...FIGURE, multiply: '1e3' }] }, /multiply: expected a plain decimal/],
    [
      'a bound that is none',
      { figures: [{ ...FIGURE, range: { min: 'low' } }] },
      /range.min: expected a plain decimal/,
    ],
    ['the same mark twice', { number: { decimal: ',', thousands: ',' } }, /^number.thousands: the mark/],
    [
      'two ways to delete',
      { deletedWhen: 'row.a', action: { field: 'b', delete: ['D'] } },
      /^action: name deletedWhen or action/,
    ],
    [
      'overlapping ranges',
      {
        entity: {
          ...BY_NAME,
          codeSystem: { byPeriod: [{ codeSystem: 'A' }, { codeSystem: 'B', from: '2025-07-01' }] },
        },
      },
      /^entity.codeSystem.byPeriod: the range of A is empty or overlaps the next$/,
    ],
    [
      'an alias with two meanings',
      { entity: { ...BY_NAME, aliases: { 'TP HCM': 'A', 'tp. hcm': 'B' } } },
      /^entity.aliases.tp. hcm: .*two meanings/,
    ],
    ['an unknown way to name entities', { entity: { by: 'id', codeSystem: 'A', field: 'x' } }, /^entity.by: /],
  ])('refuses %s', (_what, parts, problem) => {
    expect(problemsOf(parts).join('\n')).toMatch(problem);
  });

  it('has a description for every key', () => {
    const undescribed: string[] = [];
    const walk = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [key, value] of Object.entries(node)) {
        if (key === 'properties' && typeof value === 'object' && value !== null) {
          for (const [name, schema] of Object.entries(value)) {
            if (!('description' in Object(schema))) undescribed.push(`${path}.${name}`);
            walk(schema, `${path}.${name}`);
          }
        } else walk(value, path);
      }
    };
    const schema = z.toJSONSchema(mappingSchema, { io: 'input' });
    walk(schema, '');
    expect(undescribed).toEqual([]);
    expect(schema.additionalProperties).toBe(false);
    expect(schema.required).toEqual(['framework', 'entity', 'period', 'figures']);
  });
});
