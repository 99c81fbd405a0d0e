import { parse } from 'graphql';
import { expect, it } from 'vitest';
import { buildGraphSchema } from '../../src/graph/schema.js';
import { readingOfDocument } from '../../src/server/keeping.js';

const schema = buildGraphSchema();

it.each([
  ['a ranking', '{ ranking(round: "R") { edges { node { rank score { value } entity { name } } } } }', 'RESULTS'],
  ['fragments', 'query A { ...F } fragment F on Query { rounds { totalCount } }', 'RESULTS'],
  ['observations', '{ observations { totalCount } }', 'EVERYTHING'],
  [
    'the source of a figure',
    '{ entity(code: "74") { score(round: "R") { provenance { chosen { source { key } } } } } }',
    'EVERYTHING',
  ],
  ['one of both', '{ rounds { totalCount } linkages { totalCount } }', 'EVERYTHING'],
  ['sync runs', '{ rounds { totalCount } syncRuns { totalCount } }', null],
  ['whether a source is stale', '{ observations { edges { node { source { stale } } } } }', null],
  ['a fragment about the viewer', 'query A { ...F } fragment F on Query { viewer { role } }', null],
  ['another operation of the document', 'query A { rounds { totalCount } } query B { viewer { role } }', null],
  ['an interface', '{ node(id: "Entity:GSO-2004:74") { id } }', null],
  ['the schema', '{ __schema { queryType { name } } }', null],
  ['a mutation', 'mutation { pauseSource(key: "x") { source { key } } }', null],
  ['a subscription', 'subscription { rankingUpdates(round: "R") { revision } }', null],
])('answers to %s are kept as long as they may be', (_name, source, reading) => {
  expect(readingOfDocument(schema, parse(source))).toBe(reading);
});
