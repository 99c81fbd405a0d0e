import { execute, parse, validate } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CompiledOperations, isCompilable } from '../../src/server/compiled.js';
import { buildSampleSchema } from './sampleSchema.js';

const schema = buildSampleSchema();

/** Executes three times, so that the last answer is the compiled one if the operation is compiled. */
async function executeBoth(source: string, variables: Readonly<Record<string, unknown>> = {}, operationName?: string) {
  const compiled = new CompiledOperations(schema);
  const document = parse(source);
  expect(validate(schema, document)).toEqual([]);
  const ask = () => ({ document, variableValues: variables, operationName, contextValue: { language: 'en' } });
  await compiled.execute(ask());
  await compiled.execute(ask());
  const direct = await compiled.tryExecute(ask());
  return {
    state: compiled.stateOf(ask()),
    isDirect: direct !== null,
    answer: JSON.parse(JSON.stringify(await compiled.execute(ask()))),
    expected: JSON.parse(JSON.stringify(await execute({ ...ask(), schema }))),
  };
}

describe('CompiledOperations', () => {
  it.each([
    ['a list of promises', '{ entities { id code name scores { id value rank published } } }', {}],
    ['arguments and enums', '{ entities(first: 2) { scores(kind: PILLAR) { value published } } }', {}],
    ['aliases', '{ a: echo(text: "x") b: echo(text: "y") list: entities { s: scores { v: value } } }', {}],
    [
      'fragments',
      '{ entities { ...E scores { ...S } } } fragment E on Entity { id ...F } fragment F on Entity { code } fragment S on Score { id value }',
      {},
    ],
    ['inline fragments', '{ entities { ... on Entity { id } ... { code } } }', {}],
    ['merged fields', '{ entities { scores { id } } entities { scores { value } code } }', {}],
    ['typenames', '{ __typename entities { __typename scores { __typename id } } }', {}],
    [
      'variables',
      'query Q($n: Int = 1, $k: Kinds) { entities(first: $n) { scores(kind: $k) { value } } }',
      { k: 'PILLAR' },
    ],
    ['absent variables', 'query Q($n: Int = 1, $k: Kinds) { entities(first: $n) { scores(kind: $k) { value } } }', {}],
    ['null variables', 'query Q($k: Kinds) { entities { scores(kind: $k) { value } } }', { k: null }],
    ['input objects', 'query Q($w: Filter!) { filter(where: $w) }', { w: { contains: 'x' } }],
    ['inputs that contain themselves, written out', '{ nested(where: { not: { inner: { text: "x" } } }) }', {}],
    ['input objects written out', 'query Q($c: String) { filter(where: { contains: $c, ranks: [3] }) }', { c: 'x' }],
    ['one value for a list', 'query Q($w: Filter!) { filter(where: $w) }', { w: { ranks: 7 } }],
    ['a choice', 'query Q($by: Choice!) { choose(by: $by) }', { by: { code: 'x' } }],
    ['unused variables of the client', '{ echo(text: "x") }', { other: 1 }],
    ['null', '{ nullable(rank: 0) { id } }', {}],
    [
      'odd texts',
      '{ a: echo(text: "\\"\\\\ \\n \\u2028 $ {1} ` \' </script>") b: echo(text: """block " text""") }',
      {},
    ],
  ])('compiles %s and answers as graphql-js', async (_name, source, variables) => {
    const { state, isDirect, answer, expected } = await executeBoth(source, variables);
    expect({ state, isDirect }).toEqual({ state: 'compiled', isDirect: true });
    expect(answer).toEqual(expected);
    expect(answer.errors).toBeUndefined();
  });

  it.each([
    ['a failing field', '{ failing(code: "x") }', {}],
    ['an unforeseen failure', '{ failing(code: "plain") entities { id } }', {}],
    ['null where none may be', '{ nullable(rank: 1) { id rank } b: nullable { id rank } }', {}],
    ['null in a list', '{ holes { id } }', {}],
    ['null that rises through a list', '{ holes { rank } entities { id } }', {}],
    ['a getter that throws after a promise', '{ thrower { id published } }', {}],
    ['bad variables', 'query Q($n: Int!) { entities(first: $n) { id } }', { n: 'three' }],
    ['bad input objects', 'query Q($w: Filter!) { filter(where: $w) }', { w: { other: 1 } }],
    ['two choices of one', 'query Q($by: Choice!) { choose(by: $by) }', { by: { code: 'x', rank: 1 } }],
    ['missing variables', 'query Q($n: Int!) { entities(first: $n) { id } }', {}],
  ])('leaves the errors of %s to graphql-js', async (_name, source, variables) => {
    const { state, isDirect, answer, expected } = await executeBoth(source, variables);
    expect({ state, isDirect }).toEqual({ state: 'compiled', isDirect: false });
    expect(answer).toEqual(expected);
    expect(answer.errors.length).toBeGreaterThan(0);
  });

  it.each([
    ['interfaces', '{ node(id: "e1") { __typename id ... on Entity { code } } }', {}],
    ['literals of custom scalars', '{ day(day: "2026-07-01") }', {}],
    ['defaults of custom scalars', 'query Q($d: Day! = "2026-07-01") { day(day: $d) }', {}],
    [
      'variables of inputs that contain themselves',
      'query Q($w: Nested) { nested(where: $w) }',
      { w: { and: [{ text: 'x' }], not: { inner: { text: 'y' } } } },
    ],
    [
      'variables of inputs that contain others that do',
      'query Q($w: Wrapped) { nested(where: { not: $w }) }',
      { w: {} },
    ],
    ['introspection', '{ __schema { queryType { name } } }', {}],
    ['response names with an underscore', '{ main_scores: entities { id } }', {}],
    ['the name __proto__', '{ __proto__: echo(text: "x") }', {}],
    ['texts with two underscores', '{ echo(text: "a__b") }', {}],
    [
      'conditions',
      'query Q($p: Boolean!) { a: entities { ...F @include(if: $p) id } b: entities { ...F } } fragment F on Entity { code }',
      { p: false },
    ],
    ['mutations', 'mutation { a: count b: count }', {}],
  ])('interprets %s', async (_name, source, variables) => {
    const { state, answer, expected } = await executeBoth(source, variables);
    expect(state).toBe('interpreted');
    expect(answer.data).toEqual(expected.data);
    expect(answer.errors).toBeUndefined();
  });

  it('passes variables of custom scalars on with their class', async () => {
    const { state, answer } = await executeBoth('query Q($d: Day!) { day(day: $d) }', { d: '2026-07-01' });
    expect({ state, data: answer.data }).toEqual({ state: 'compiled', data: { day: '2026-07-01' } });
  });

  it('never runs what a client writes into a text', async () => {
    const holder = globalThis as { intruder?: boolean };
    onTestFinished(() => {
      delete holder.intruder;
    });
    const payload = '__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74d(globalThis.intruder=true)';
    for (const written of [payload, payload.replaceAll('_', '\\u005f'), payload.replace('_', '\\u{5F}')]) {
      for (const source of [
        `{ echo(text: "${written}") }`,
        `query Q($t: String! = "${written}") { echo(text: $t) }`,
        `{ filter(where: { contains: "${written}" }) }`,
      ]) {
        const { state, answer } = await executeBoth(source);
        expect(state).toBe('interpreted');
        expect(JSON.stringify(answer.data)).toContain('__MAGIC_DATE__');
      }
    }
    expect(holder.intruder).toBeUndefined();
  });

  it('compiles at the second request, by document and operation name', async () => {
    const compiled = new CompiledOperations(schema);
    const document = parse('query A { echo(text: "a") } query B { echo(text: "b") }');
    const a = { document, operationName: 'A' };
    expect(compiled.stateOf(a)).toBe('unknown');
    expect(await compiled.tryExecute(a)).toBeNull();
    expect(compiled.stateOf(a)).toBe('seen');
    expect(await compiled.tryExecute(a)).toEqual({ data: { echo: 'a' } });
    expect(compiled.stateOf(a)).toBe('compiled');
    expect(compiled.stateOf({ document, operationName: 'B' })).toBe('unknown');
  });

  it('leaves very long documents alone', async () => {
    const compiled = new CompiledOperations(schema);
    const args = { document: parse(`{ echo(text: "${'x'.repeat(20_000)}") }`) };
    await compiled.execute(args);
    await compiled.execute(args);
    expect(compiled.stateOf(args)).toBe('unknown');
  });

  it('executes many requests of one compiled operation at once without mixing them up', async () => {
    const compiled = new CompiledOperations(schema);
    const document = parse('query Q($n: Int) { entities(first: $n) { code scores { value } } }');
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        compiled.execute({ document, variableValues: { n: at }, contextValue: {} }),
      ),
    );
    const lengths = answers.map((answer) => (answer.data?.entities as unknown[]).length);
    expect(lengths).toEqual(Array.from({ length: 50 }, (_, at) => at));
  });
});

describe('isCompilable', () => {
  it('sees texts inside lists, objects and defaults', () => {
    const judge = (source: string) => isCompilable(schema, parse(source));
    expect(judge('{ echo(text: "fine_text") }')).toBe(true);
    expect(judge('{ filter(where: { contains: "a__" }) }')).toBe(false);
    expect(judge('query Q($w: Filter = { contains: "__" }) { filter(where: $w) }')).toBe(false);
  });
});
