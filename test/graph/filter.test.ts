import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileCondition, compileFilter } from '../../src/graph/filter.js';
import { type Condition, columnCondition, type Filter, filterSql } from '../../src/store/condition.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.drop());

type Kind = 'text' | 'numeric' | 'timestamptz';

const DAY = new Date('2026-07-01T00:00:00.123Z');
const LATER = new Date('2026-07-02T12:00:00Z');

/** Values of rows and operands at once; null = no value. */
const VALUES: Readonly<Record<Kind, readonly unknown[]>> = {
  text: [
    ...[null, '', 'a', 'A', 'b', '74', '8', 'registry', 'REGISTRY', 'Đà Nẵng', 'đà nẵng', 'Da Nang', 'da nang', 'ẵ'],
    // The same letter in one code point and in three; a letter beyond the 16 bits of a code unit, and one that sorts after its first half.
    ...['e\u0302\u0301', 'ế', '\u{1F600}', '\uff61', 'Ω', 'ω', 'Ё', 'İ', 'ß', '100%', 'a_b', "o'clock", '\\', '\u0301'],
  ],
  numeric: [null, 0, -1, 3, 3.5, 10, 9],
  timestamptz: [null, DAY, LATER, new Date('1999-12-31T23:59:59.999Z'), new Date('0000-01-01T00:00:00Z')],
};

/** Each operator with each operand. */
function conditionsOf(kind: Kind): Condition[] {
  const values = VALUES[kind];
  const single = (['eq', 'ne', 'lt', 'lte', 'gt', 'gte'] as const).flatMap((operator) =>
    values.map((value) => ({ [operator]: value })),
  );
  const lists = [[], [null], values.slice(1, 4), values, [values[2], null]].map((list) => ({ in: list }));
  const texts = kind === 'text' ? (values as (string | null)[]).map((contains) => ({ contains })) : [];
  const several = [{}, { in: null }, { gt: values[1], lte: values[3] }, { ne: null, in: values.slice(0, 3) }];
  return [...single, ...lists, ...texts, ...several];
}

/** Positions of the rows that the SQL of a filter finds, among one row per value. */
async function findInSql(kind: Kind, filter: Filter<'field'>): Promise<number[]> {
  const values = VALUES[kind].map((value) => (value instanceof Date ? toTimestamp(value) : value));
  const fields = { field: columnCondition(sql`v.value`, kind) };
  const { rows } = await sql<{ at: number }>`
    select v.at::int as at from unnest(${values}::${sql.raw(kind)}[]) with ordinality as v (value, at)
    where ${filterSql(filter, fields)} order by v.at`.execute(test.database.fork().getKysely());
  return rows.map(({ at }) => at - 1);
}

/** PostgreSQL has no year 0; the year before the first is 1 BC. */
function toTimestamp(value: Date): string {
  return value.getUTCFullYear() === 0 ? '0001-01-01T00:00:00Z BC' : value.toISOString();
}

function findInMemory(kind: Kind, filter: Filter<'field'>): number[] {
  const holds = compileFilter(filter, { field: (value: unknown) => value });
  return VALUES[kind].flatMap((value, at) => (holds(value) ? [at] : []));
}

describe('a filter in SQL and the same filter in memory', () => {
  it.each([
    'text',
    'numeric',
    'timestamptz',
  ] as const)('SQL and memory find the same %s values by every operator', async (kind) => {
    const found: Record<string, unknown>[] = [];
    const expected: Record<string, unknown>[] = [];
    for (const condition of conditionsOf(kind)) {
      found.push({ condition, at: await findInSql(kind, { field: condition }) });
      expected.push({ condition, at: findInMemory(kind, { field: condition }) });
    }
    expect(found).toEqual(expected);
    // A table in which nothing, or everything, is found would prove nothing.
    const counts = expected.map(({ at }) => (at as number[]).length);
    expect(counts.some((count) => count > 0 && count < VALUES[kind].length)).toBe(true);
  });

  it.each<[string, Filter<'field'>]>([
    ['nothing', {}],
    ['a field that is null', { field: null }],
    ['and', { and: [{ field: { gt: 'a' } }, { field: { lt: 'e' } }] }],
    ['an empty and', { and: [] }],
    ['or', { or: [{ field: { eq: 'a' } }, { field: { eq: null } }] }],
    ['an empty or', { or: [] }],
    ['not', { not: { field: { contains: 'a' } } }],
    ['not of an order, which no value never has', { not: { field: { lt: 'b' } } }],
    [
      'all at once',
      { field: { ne: 'b' }, and: [{ field: { gte: '' } }], or: [{ not: { field: { in: ['a', null] } } }] },
    ],
  ])('SQL and memory find the same by %s', async (_name, filter) => {
    expect(await findInSql('text', filter)).toEqual(findInMemory('text', filter));
  });

  it('SQL takes a list of more values than PostgreSQL takes parameters', async () => {
    const list = Array.from({ length: 70_000 }, (_, at) => String(at));
    expect(await findInSql('text', { field: { in: list } })).toHaveLength(2);
  });
});

describe('compileCondition', () => {
  it('refuses a list that is too long and a text that no database holds', () => {
    const code = 'BAD_USER_INPUT';
    expect(() => compileCondition({ in: Array(1001).fill('x') })).toThrow(expect.objectContaining({ code }));
    for (const condition of [{ eq: 'a\0' }, { in: ['a', '\0'] }, { contains: '\0' }]) {
      expect(() => compileCondition(condition)).toThrow(expect.objectContaining({ code }));
    }
  });

  it('asks one of several readings to satisfy each operator', () => {
    const holds = compileCondition({ in: ['GSO-2004:74'], ne: '48' });
    expect([holds(['74', 'GSO-2004:74']), holds(['48', 'GSO-2004:48'])]).toEqual([true, false]);
  });
});
