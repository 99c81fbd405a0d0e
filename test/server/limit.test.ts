import { buildSchema, getIntrospectionQuery, parse, specifiedRules, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { limitRule, MAX_DEPTH, MAX_FIELDS, refuseDeepVariables } from '../../src/server/limit.js';

const schema = buildSchema('type Query { next: Query, list: [Query!], leaf: Int }');

function codesOf(source: string): readonly unknown[] {
  return validate(schema, parse(source), [limitRule]).map((error) => error.extensions.code);
}

/** `{ next { next { leaf } } }` with this many levels. */
function nested(levels: number): string {
  return `${'{ next '.repeat(levels - 1)}{ leaf }${' }'.repeat(levels - 1)}`;
}

describe('limitRule', () => {
  it.each([
    ['a shallow operation', '{ leaf }', []],
    ['the deepest allowed one', nested(MAX_DEPTH), []],
    ['one level more', nested(MAX_DEPTH + 1), ['QUERY_TOO_DEEP']],
    ['depth in a fragment', `{ next { ...F } } fragment F on Query ${nested(MAX_DEPTH)}`, ['QUERY_TOO_DEEP']],
    ['depth in an inline fragment', `{ ... on Query { next ${nested(MAX_DEPTH)} } }`, ['QUERY_TOO_DEEP']],
    ['inline fragments, which are no level', `{ ${'... { '.repeat(40)} leaf ${'} '.repeat(40)} }`, []],
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
    [
      'many fields',
      `{ ${Array.from({ length: MAX_FIELDS + 1 }, (_, at) => `f${at}: leaf`).join(' ')} }`,
      ['QUERY_TOO_LARGE'],
    ],
    [
      'introspection by GraphiQL',
      getIntrospectionQuery({ oneOf: true, inputValueDeprecation: true, schemaDescription: true }),
      [],
    ],
  ])('judges %s', (_name, source, codes) => {
    expect(codesOf(source)).toEqual(codes);
  });

  it('counts fields that fragments multiply, at once', () => {
    const doubling = Array.from(
      { length: 14 },
      (_, at) => `fragment F${at} on Query { a: next { ...F${at + 1} } b: next { ...F${at + 1} } }`,
    );
    const source = `{ ...F0 } ${doubling.join(' ')} fragment F14 on Query { leaf }`;
    const started = performance.now();
    expect(codesOf(source)).toEqual(['QUERY_TOO_LARGE']);
    expect(performance.now() - started).toBeLessThan(200);
  });

  it('leaves introspection that circles to the rule of graphql-js', () => {
    const source =
      '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }';
    expect(validate(schema, parse(source), [...specifiedRules, limitRule])).toHaveLength(1);
  });
});

describe('refuseDeepVariables', () => {
  const nest = (levels: number) =>
    JSON.parse(`${'{"not":'.repeat(levels)}{}${'}'.repeat(levels)}`) as Record<string, unknown>;

  it('lets filters pass that nest as deep as they may, in lists or not', () => {
    const filter = `${'{"and":['.repeat(8)}{"code":{"in":["74"]}}${']}'.repeat(8)}`;
    for (const variables of [undefined, null, {}, { filter: JSON.parse(filter) }, nest(9)]) {
      expect(refuseDeepVariables(variables)).toBeNull();
    }
  });

  it('refuses what would use up the stack of those who read it', () => {
    expect(refuseDeepVariables({ filter: nest(30_000) })?.extensions).toMatchObject({ code: 'QUERY_TOO_DEEP' });
  });
});
