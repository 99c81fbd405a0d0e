import { getIntrospectionQuery, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import {
  MAX_ALIASES,
  MAX_DEFINITIONS,
  MAX_DEPTH,
  MAX_DIRECTIVES,
  MAX_FIELDS,
  MAX_ROOT_FIELDS,
  MAX_VALUE_DEPTH,
  MAX_VARIABLE_VALUES,
  measureDocument,
  refuseLargeVariables,
} from '../../src/server/limit.js';

function codesOf(source: string): readonly unknown[] {
  return measureDocument(parse(source)).errors.map((error) => error.extensions.code);
}

/** `a0 a1 a2 …`, each made by a function of its number. */
function many(count: number, make: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => make(at)).join(' ');
}

/** `{ next { next { leaf } } }` with this many levels. */
function nested(levels: number): string {
  return `${'{ next '.repeat(levels - 1)}{ leaf }${' }'.repeat(levels - 1)}`;
}

describe('measureDocument', () => {
  it.each([
    ['a shallow operation', '{ leaf }', []],
    ['the deepest allowed one', nested(MAX_DEPTH), []],
    ['one level more', nested(MAX_DEPTH + 1), ['QUERY_TOO_DEEP']],
    ['depth in a fragment', `{ next { ...F } } fragment F on Query ${nested(MAX_DEPTH)}`, ['QUERY_TOO_DEEP']],
    ['depth in an inline fragment', `{ ... on Query { next ${nested(MAX_DEPTH)} } }`, ['QUERY_TOO_DEEP']],
    ['inline fragments, which are no level', `{ ${'... { '.repeat(40)} leaf ${'} '.repeat(40)} }`, []],
    ['too many of them', `{ ${'... { '.repeat(60)} leaf ${'} '.repeat(60)} }`, ['QUERY_TOO_DEEP']],
    ['the deep one of two operations', `query A { leaf } query B ${nested(MAX_DEPTH + 1)}`, ['QUERY_TOO_DEEP']],
    ['subscriptions too', `subscription ${nested(MAX_DEPTH + 1)}`, ['QUERY_TOO_DEEP']],
    ['a fragment that is used nowhere', `{ leaf } fragment F on Query ${nested(40)}`, []],
    ['a fragment that contains itself', '{ ...F } fragment F on Query { next { ...F } }', []],
    [
      'fragments that contain each other',
      '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A leaf }',
      [],
    ],
    ['an unknown fragment', '{ ...Nowhere }', []],
    ['many fields', `{ next { ${many(MAX_FIELDS, () => 'leaf')} } }`, ['QUERY_TOO_LARGE']],
    ['as many fields of the root as it may have', `{ ${many(MAX_ROOT_FIELDS, () => 'leaf')} }`, []],
    ['one more', `{ ...F leaf } fragment F on Query { ${many(MAX_ROOT_FIELDS, () => 'leaf')} }`, ['QUERY_TOO_LARGE']],
    ['as many aliases as it may have', `{ next { ${many(MAX_ALIASES, (at) => `a${at}: leaf`)} } }`, []],
    [
      'one more, wherever they stand',
      `{ b: leaf ...F } fragment F on Query { next { ${many(MAX_ALIASES, (at) => `a${at}: leaf`)} } }`,
      ['QUERY_TOO_LARGE'],
    ],
    ['as many directives as it may have', `{ leaf ${many(MAX_DIRECTIVES, () => '@x')} }`, []],
    [
      'one more, wherever they stand',
      `query ($v: Int @x) @x { leaf @x ... @x { leaf } ...F @x } fragment F on Query @x { leaf ${many(MAX_DIRECTIVES - 5, () => '@x')} }`,
      ['QUERY_TOO_LARGE'],
    ],
    ['as many definitions as it may have', many(MAX_DEFINITIONS, (at) => `query A${at} { leaf }`), []],
    ['one more', `{ leaf } ${many(MAX_DEFINITIONS, (at) => `fragment F${at} on Query { leaf }`)}`, ['QUERY_TOO_LARGE']],
    [
      'an argument as deep as it may be',
      `{ leaf(a: ${'['.repeat(MAX_VALUE_DEPTH)}${']'.repeat(MAX_VALUE_DEPTH)}) }`,
      [],
    ],
    ['a deeper one', `{ leaf(a: ${'{a:['.repeat(21)}${']}'.repeat(21)}) }`, ['QUERY_TOO_DEEP']],
    ['a deep default', `query ($v: X = ${'['.repeat(41)}${']'.repeat(41)}) { leaf }`, ['QUERY_TOO_DEEP']],
    ['a deep argument of a directive', `{ leaf @x(a: ${'['.repeat(41)}${']'.repeat(41)}) }`, ['QUERY_TOO_DEEP']],
    [
      'introspection by GraphiQL',
      getIntrospectionQuery({ oneOf: true, inputValueDeprecation: true, schemaDescription: true }),
      [],
    ],
  ])('judges %s', (_name, source, codes) => {
    expect(codesOf(source)).toEqual(codes);
  });

  it('counts fields that fragments multiply without writing them out', () => {
    // 9 to the power of 14: whoever wrote them out would not come back.
    const multiplying = Array.from({ length: 14 }, (_, at) => {
      const fields = Array.from('abcdefghi', (alias) => `${alias}: next { ...F${at + 1} }`);
      return `fragment F${at} on Query { ${fields.join(' ')} }`;
    });
    expect(codesOf(`{ ...F0 } ${multiplying.join(' ')} fragment F14 on Query { leaf }`)).toEqual(['QUERY_TOO_LARGE']);
  });

  it('knows who asks for the schema, also in a fragment', () => {
    const introspects = (source: string) => measureDocument(parse(source)).introspects;
    expect([
      introspects('{ __typename leaf }'),
      introspects('{ next { ...F } } fragment F on Query { __schema { x } }'),
    ]).toEqual([false, true]);
  });
});

describe('refuseLargeVariables', () => {
  const nest = (levels: number) =>
    JSON.parse(`${'{"not":'.repeat(levels)}{}${'}'.repeat(levels)}`) as Record<string, unknown>;

  it('lets filters pass that nest as deep as they may, in lists or not', () => {
    const filter = `${'{"and":['.repeat(8)}{"code":{"in":["74"]}}${']}'.repeat(8)}`;
    for (const variables of [undefined, null, {}, { filter: JSON.parse(filter) }, nest(9)]) {
      expect(refuseLargeVariables(variables)).toBeNull();
    }
  });

  it('refuses what would use up the stack of those who read it', () => {
    expect(refuseLargeVariables({ filter: nest(30_000) })?.extensions).toMatchObject({ code: 'QUERY_TOO_DEEP' });
  });

  it('refuses more values than may be, and counts each item of a list', () => {
    const ids = (count: number) => refuseLargeVariables({ ids: Array(count).fill('x') });
    expect(ids(MAX_VARIABLE_VALUES - 2)).toBeNull();
    expect(ids(MAX_VARIABLE_VALUES)?.extensions).toMatchObject({ code: 'QUERY_TOO_LARGE' });
  });
});
