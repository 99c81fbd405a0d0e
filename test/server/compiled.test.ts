import { execute, getOperationAST, getVariableValues, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { CompiledOperations } from '../../src/server/compiled.js';
import { buildSampleSchema } from './sampleSchema.js';

const schema = buildSampleSchema();

/** Executes twice by plan, since the second time goes by what the first one laid out, and by graphql-js. */
async function executeBoth(source: string, variables: Readonly<Record<string, unknown>> = {}, operationName?: string) {
  const compiled = new CompiledOperations(schema);
  const document = parse(source);
  expect(validate(schema, document)).toEqual([]);
  const ask = () => ({ document, variableValues: variables, operationName, contextValue: { language: 'en' } });
  const first = await compiled.tryExecute(ask());
  const direct = await compiled.tryExecute(ask());
  expect(direct).toEqual(first);
  return {
    isPlanned: direct !== null,
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
    ['response names with an underscore', '{ main_scores: entities { id } }', {}],
    ['the name __proto__', '{ __proto__: echo(text: "x") }', {}],
    ['texts with two underscores', '{ echo(text: "a__b") }', {}],
    [
      'conditions',
      'query Q($p: Boolean!) { a: entities { ...F @include(if: $p) id } b: entities { ...F } } fragment F on Entity { code }',
      { p: false },
    ],
    [
      'conditions that leave everything out',
      'query Q($p: Boolean!) { entities { ...F @skip(if: $p) } } fragment F on Entity { code }',
      { p: true },
    ],
    [
      'odd texts',
      '{ a: echo(text: "\\"\\\\ \\n \\u2028 $ {1} ` \' </script>") b: echo(text: """block " text""") }',
      {},
    ],
  ])('executes %s by plan and answers as graphql-js', async (_name, source, variables) => {
    const { isPlanned, answer, expected } = await executeBoth(source, variables);
    expect(isPlanned).toBe(true);
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
    ['an error that is returned, not thrown', '{ returned { published } }', {}],
    ['bad variables', 'query Q($n: Int!) { entities(first: $n) { id } }', { n: 'three' }],
    ['bad input objects', 'query Q($w: Filter!) { filter(where: $w) }', { w: { other: 1 } }],
    ['two choices of one', 'query Q($by: Choice!) { choose(by: $by) }', { by: { code: 'x', rank: 1 } }],
    ['missing variables', 'query Q($n: Int!) { entities(first: $n) { id } }', {}],
  ])('leaves the errors of %s to graphql-js', async (_name, source, variables) => {
    const { isPlanned, answer, expected } = await executeBoth(source, variables);
    expect(isPlanned).toBe(false);
    expect(answer).toEqual(expected);
    expect(answer.errors.length).toBeGreaterThan(0);
  });

  it.each([
    ['introspection', '{ __schema { queryType { name } } }', {}],
    ['mutations', 'mutation { a: count b: count }', {}],
  ])('interprets %s', async (_name, source, variables) => {
    const { isPlanned, answer, expected } = await executeBoth(source, variables);
    expect(isPlanned).toBe(false);
    expect(answer.data).toEqual(expected.data);
    expect(answer.errors).toBeUndefined();
  });

  it('passes variables of custom scalars on with their class', async () => {
    const { isPlanned, answer } = await executeBoth('query Q($d: Day!) { day(day: $d) }', { d: '2026-07-01' });
    expect({ isPlanned, data: answer.data }).toEqual({ isPlanned: true, data: { day: '2026-07-01' } });
  });

  it('plans by operation, and by what conditions ask', async () => {
    const compiled = new CompiledOperations(schema);
    const document = parse(
      'query A($p: Boolean!) { echo(text: "a") @include(if: $p) other: echo(text: "o") } query B { echo(text: "b") }',
    );
    const ask = (operationName: string, p?: boolean) =>
      compiled.tryExecute({ document, operationName, variableValues: { p } });
    expect(await ask('A', true)).toEqual({ data: { echo: 'a', other: 'o' } });
    expect(await ask('A', false)).toEqual({ data: { other: 'o' } });
    expect(await ask('B')).toEqual({ data: { echo: 'b' } });
    expect(await ask('A', true)).toEqual({ data: { echo: 'a', other: 'o' } });
  });

  it('leaves an operation with too many conditions to graphql-js', async () => {
    const compiled = new CompiledOperations(schema);
    const names = ['a', 'b', 'c', 'd', 'e'];
    const document = parse(
      `query Q(${names.map((name) => `$${name}: Boolean!`)}) { ${names.map((name) => `${name}: echo(text: "${name}") @include(if: $${name})`)} }`,
    );
    const planned = await Promise.all(
      Array.from({ length: 32 }, (_, at) => {
        const variableValues = Object.fromEntries(names.map((name, bit) => [name, (at & (1 << bit)) !== 0]));
        return compiled.tryExecute({ document, variableValues });
      }),
    );
    expect(planned.filter((each) => each !== null)).toHaveLength(16);
  });

  it('writes every text as JSON does', async () => {
    const texts = [
      '',
      '"',
      '\\',
      '\u0000\n\u001f',
      'đĐ ề ộ',
      '\ud83d\ude00',
      'half \ud83d',
      '\u2028',
      'x'.repeat(100),
      `${'x'.repeat(100)}"`,
    ];
    for (const text of texts) {
      const document = parse('query Q($t: String!) { echo(text: $t) }');
      const operation = getOperationAST(document);
      if (!operation) throw new Error('there is no operation');
      const { coerced = {} } = getVariableValues(schema, operation.variableDefinitions ?? [], { t: text });
      const written = await new CompiledOperations(schema).write(
        { document, operation, coerced },
        { contextValue: {} },
      );
      expect(String(written)).toBe(`${JSON.stringify({ data: { echo: text } })}\n`);
    }
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
