import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DocumentNode, GraphQLError, getIntrospectionQuery, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildGraphSchema } from '../../src/graph/schema.js';
import { costOf, judgeCost, MAX_COST } from '../../src/server/cost.js';
import { priced } from './priced.js';

const schema = buildGraphSchema();
const ROOT = join(import.meta.dirname, '../..');
const ROUND = 'round: "PROVINCE-2022"';

function cost(source: string, variables: Readonly<Record<string, unknown>> = {}, operationName?: string) {
  return costOf(schema, priced(schema, parse(source), variables, operationName));
}

function refusalOf(document: DocumentNode): GraphQLError | null {
  const judged = judgeCost(schema, priced(schema, document));
  return judged instanceof GraphQLError ? judged : null;
}

/** `{ a0: <field> a1: <field> … }` */
function aliased(count: number, field: string): string {
  return `{ ${Array.from({ length: count }, (_, at) => `a${at}: ${field}`).join(' ')} }`;
}

/** Two fields of each fragment spread the next one, so that n lines select 2^n fields. */
function doubling(count: number, body: (next: string) => string): string {
  return Array.from({ length: count }, (_, at) => `fragment F${at} ${body(`...F${at + 1}`)}`).join(' ');
}

describe('costOf', () => {
  it.each([
    ['a field and its leaves', '{ entity(code: "74") { code name } }', 3],
    ['each alias', '{ a: entity(code: "74") { code } b: entity(code: "48") { code } }', 4],
    ['a page: the connection, its rows, what is asked once', '{ rounds(first: 3) { totalCount edges { cursor } } }', 6],
    ['a page of the default size', '{ rounds { edges { cursor } } }', 22],
    ['a page whose size is null', '{ rounds(first: null) { edges { cursor } } }', 22],
    ['no row of an empty page', '{ rounds(first: 0) { totalCount edges { node { code } } } }', 3],
    ['a size that is refused later as the next that is not', '{ rounds(first: 5000) { edges { cursor } } }', 1002],
    ['scores of a kind', `{ entity(code: "74") { scores(${ROUND}, kind: MAIN_INDEX) { value rank } } }`, 2 + 9 * 2],
    ['scores below a parent', `{ entity(code: "74") { scores(${ROUND}, parent: "GOV_ACTIVITY") { value } } }`, 2 + 29],
    ['all scores', `{ entity(code: "74") { scores(${ROUND}) { value } } }`, 2 + 111],
    ['a list of ids by its length', '{ nodes(ids: ["a", "b", "c"]) { id } }', 1 + 3],
    ['one id for a list', '{ nodes(ids: "a") { id } }', 1 + 1],
    ['what is read from the database', `{ entity(code: "74") { score(${ROUND}) { provenance { reason } } } }`, 13],
    ['inline fragments', '{ node(id: "x") { id ... on Entity { code } ... { __typename } } }', 4],
    [
      'a fragment at each use',
      '{ a: rounds { ...F } b: rounds(first: 1) { ...F } } fragment F on AssessmentRoundConnection { edges { cursor } }',
      22 + 3,
    ],
    [
      'nothing that is skipped',
      '{ rounds @skip(if: true) { edges { cursor } } __typename @include(if: false) entity(code: "74") @include(if: true) { code } }',
      2,
    ],
    ['nothing at all', '{ ...F @skip(if: true) } fragment F on Query { __typename }', 0],
  ])('counts %s', (_name, source, expected) => {
    expect(validate(schema, parse(source))).toEqual([]);
    expect(cost(source)).toBe(expected);
  });

  it('reads sizes and conditions from variables and their defaults', () => {
    const source =
      'query Q($first: Int = 7, $with: Boolean = false) { rounds(first: $first) { edges { cursor } totalCount @include(if: $with) } }';
    expect(cost(source)).toBe(2 + 7);
    expect(cost(source, { first: 50, with: true })).toBe(3 + 50);
    expect(cost('query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: Array(900).fill('x') })).toBe(901);
  });

  it('counts the operation that is meant', () => {
    const source =
      'query A { rounds(first: 1) { totalCount } } query B($first: Int!) { rounds(first: $first) { edges { cursor } } }';
    expect(cost(source, {}, 'A')).toBe(2);
    expect(cost(source, { first: 10 }, 'B')).toBe(12);
  });

  it('counts a search by the rows that it goes through and its conditions, wherever they stand', () => {
    const search = (filter: unknown) =>
      cost(`query Q($filter: ScoreFilter) { scores(${ROUND}, first: 0, filter: $filter) { totalCount } }`, {
        filter,
      });
    const plain = search(null);
    const one = search({ measure: { contains: 'x' } });
    expect(plain).toBeGreaterThan(500);
    expect(one).toBeGreaterThan(plain);
    expect(search({ or: [{ measure: { contains: 'x' } }] })).toBe(one);
    expect(search({ not: { and: [{ value: { gt: 0, lt: 1 } }] } })).toBe(plain + 2 * (one - plain));
  });

  it('prices fragments that double each other at once', () => {
    const flat = `{ ...F0 } ${doubling(60, (next) => `on Query { ${next} ${next} }`)} fragment F60 on Query { __typename }`;
    expect(cost(flat)).toBe(2 ** 60);
    const nested = `{ entity(code: "74") { ...F0 } } ${doubling(400, (next) => `on Entity { a: successors { ${next} } b: successors { ${next} } }`)} fragment F400 on Entity { code }`;
    expect(cost(nested)).toBeGreaterThan(1e300);
  });
});

type Named = readonly [name: string, source: string];

const README = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/```graphql\n(.*?)```/gs)].map(
  (match, at): Named => [`the README’s query ${at + 1}`, match[1] ?? ''],
);
const CONTRACT_FOLDER = join(ROOT, 'test/graph/contract');
const CONTRACT = readdirSync(CONTRACT_FOLDER)
  .filter((name) => name.endsWith('.graphql'))
  .map((name): Named => [`the contract’s ${name}`, readFileSync(join(CONTRACT_FOLDER, name), 'utf8')]);
/** `first` is that of `ranking.graphql`; clients may ask for all. */
const VARIABLES = {
  ...{ round: 'PROVINCE-2022', code: '74', codeSystem: 'GSO-2004', first: 1000 },
  ...{ key: 'population', path: 'x.yaml', content: '', baseUrl: 'https://example.vn', name: 'x', manifest: '' },
};

/** 63 provinces or all bodies of a page, with all their indicators. */
const matrix = (first: number, fields: string) =>
  `{ ranking(${ROUND}, first: ${first}) { edges { node { entity { code scores(${ROUND}, kind: INDICATOR) { ${fields} } } } } } }`;
const CHOSEN = 'provenance { reason chosen { value numerator denominator source { key } } }';
const CANDIDATES = `provenance { reason chosen { value source { key } } candidates { value source { key } accepted reason } }`;

describe('judgeCost', () => {
  it('finds documents of the contract and of the README', () => {
    expect([CONTRACT.length, README.length]).toEqual([7, 3]);
  });

  it.each<Named>([
    ...CONTRACT,
    ...README,
    [
      'all indicators of an entity with all candidates',
      `{ entity(code: "74") { scores(${ROUND}, kind: INDICATOR) { measure { code name } points ${CANDIDATES} } } }`,
    ],
    [
      'the matrix of 63 bodies and all indicators',
      matrix(63, 'measure { code name } value points rank published coverage automaticShare'),
    ],
    [
      'the same asked with a round number',
      matrix(100, 'measure { code name } value points rank published coverage automaticShare'),
    ],
    ['the same with the chosen figures', matrix(63, `measure { code } value ${CHOSEN}`)],
    [
      'a full page of scores',
      `{ scores(${ROUND}, first: 1000) { totalCount edges { cursor node { entity { code name region { code } } measure { code name kind } value points maxPoints rank coverage automaticShare published change { value rank } } } } }`,
    ],
    [
      'a full page of observations with their origin',
      '{ observations(first: 1000) { totalCount edges { node { id value numerator denominator period obsStatus retrievedAt rowHash row page entity { code name } indicator { code name } source { key name } syncRun { id } submission { state reviewer } } } } }',
    ],
    [
      'all entities with what became of them',
      '{ entities(first: 1000) { edges { node { code name region { code name } predecessors { code name } successors { code name } } } } }',
    ],
    [
      'all measures with their neighbours',
      '{ measures(first: 1000) { edges { node { code name parents { code } children { code } rule { kind target tiers { atLeast share } } } } } }',
    ],
    [
      'the introspection of GraphiQL',
      getIntrospectionQuery({
        oneOf: true,
        inputValueDeprecation: true,
        schemaDescription: true,
        specifiedByUrl: true,
      }),
    ],
  ])('lets %s pass', (_name, source) => {
    const document = parse(source);
    expect(validate(schema, document)).toEqual([]);
    expect(judgeCost(schema, priced(schema, document, VARIABLES))).toBeLessThanOrEqual(MAX_COST);
  });

  const nestedScores = `scores(${ROUND}) { entity { scores(${ROUND}) { entity { scores(${ROUND}) { value } } } } }`;
  it.each([
    [
      'scores of scores of scores',
      `{ scores(${ROUND}, first: 1000) { edges { node { entity { ${nestedScores} } } } } }`,
    ],
    ['scores in scores of one entity', `{ entity(code: "74") { ${nestedScores} } }`],
    ['the 63 bodies with all candidates', matrix(63, CANDIDATES)],
    [
      'bodies of the rounds of bodies',
      `{ entity(code: "74") { score(${ROUND}) { round { entities { score(${ROUND}) { round { entities { score(${ROUND}) { round { entities { code } } } } } } } } } } }`,
    ],
    [
      'measures that circle',
      '{ measures(first: 1000) { edges { node { parents { children { parents { children { code } } } } } } } }',
    ],
    [
      'frameworks that circle',
      '{ frameworks { edges { node { measures { framework { measures { framework { measures { code } } } } } } } } }',
    ],
    [
      'runs of sources of runs',
      '{ syncRuns(first: 1000) { edges { node { source { runs(first: 1000) { edges { node { source { runs(first: 1000) { totalCount } } } } } } } } } }',
    ],
    [
      'references of rounds',
      `{ rounds { edges { node { references(first: 1000) { edges { node { score { round { references(first: 1000) { totalCount edges { cursor } } } } } } } } } } }`,
    ],
    ['a search under 200 aliases', aliased(200, `scores(${ROUND}, first: 1) { edges { cursor } }`)],
    ['a count of all observations under 200 aliases', aliased(200, 'observations(first: 0) { totalCount }')],
    [
      'all scores of a body under 200 aliases',
      `{ entity(code: "74") ${aliased(200, `scores(${ROUND}) { value measure { code } entity { code } round { code } }`)} }`,
    ],
    [
      'introspection under 200 aliases',
      aliased(200, '__schema { types { fields { name args { name type { name } } type { name } } } }'),
    ],
    [
      'a thousand ids',
      `{ nodes(ids: [${'"Entity:GSO-2004:74" '.repeat(1000)}]) { ... on Entity { scores(${ROUND}) { value rank } } } }`,
    ],
    [
      'a subscription, by what each event costs',
      `subscription { rankingUpdates(${ROUND}) { rows { entity { scores(${ROUND}) { contributions { value } measure { code children { code } } } } } } }`,
    ],
    [
      'fragments that double each other',
      `{ entity(code: "74") { ...F0 } } ${doubling(10, (next) => `on Entity { a: predecessors { ${next} } b: successors { ${next} } }`)} fragment F10 on Entity { code }`,
    ],
    [
      'what is 30 levels deep',
      `{ entities { edges { node { ${'successors { '.repeat(27)}code ${'} '.repeat(27)}} } } }`,
    ],
  ])('refuses %s, with the cost, the limit and what to do', (_name, source) => {
    const document = parse(source);
    expect(validate(schema, document).map(({ message }) => message)).toEqual([]);
    const started = performance.now();
    const refusal = refusalOf(document);
    // Against hanging only: it takes some milliseconds.
    expect(performance.now() - started).toBeLessThan(30_000);
    expect(refusal?.extensions).toMatchObject({ code: 'QUERY_TOO_COSTLY' });
    expect(refusal?.message).toMatch(/^The operation costs [\d,]+, 150,000 are allowed\. .*"first"/);
    expect(refusal?.originalError).toMatchObject({ details: { cost: expect.any(Number), limit: MAX_COST } });
  });

  it('says a number that JSON has, whatever the cost', () => {
    const source = `{ entity(code: "74") { ...F0 } } ${doubling(400, (next) => `on Entity { a: successors { ${next} } b: successors { ${next} } }`)} fragment F400 on Entity { code }`;
    const refusal = refusalOf(parse(source));
    expect(refusal?.originalError).toMatchObject({ details: { cost: Number.MAX_SAFE_INTEGER } });
  });
});
