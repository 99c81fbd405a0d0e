import { getNamedType, getNullableType, isCompositeType, isInterfaceType, isListType, isObjectType } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { costOfField, pageOf } from '../../src/graph/cost.js';
import { buildGraphSchema } from '../../src/graph/schema.js';
import { holdCatalogue } from '../../src/platform.js';
import { openTestDatabase, type TestDatabase } from '../helpers/database.js';

const schema = buildGraphSchema();
let test: TestDatabase;
let catalogue: Catalogue;
beforeAll(async () => {
  test = await openTestDatabase();
  catalogue = (await holdCatalogue(test.database)).current();
});
afterAll(() => test.drop());

/** Items that a list is counted as. */
function sizeOf(typeName: string, fieldName: string, args: Readonly<Record<string, unknown>> = {}, page = 1): number {
  const type = schema.getType(typeName);
  const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
  if (field === undefined) throw new Error(`there is no ${typeName}.${fieldName}`);
  return costOfField(field, true, args, page).items;
}

it('every list of objects declares how many it has, so that nothing is priced by a guess', () => {
  const lists = Object.values(schema.getTypeMap())
    .filter((type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'))
    .flatMap((type) => ('getFields' in type ? Object.values(type.getFields()) : []).map((field) => ({ type, field })))
    .filter(({ field }) => isListType(getNullableType(field.type)) && isCompositeType(getNamedType(field.type)));
  expect(lists.length).toBeGreaterThan(25);
  const undeclared = lists.filter(({ field }) => field.extensions.listSize === undefined);
  expect(undeclared.map(({ type, field }) => `${type.name}.${field.name}`)).toEqual([]);
});

it('lists of measures and scores are declared as large as the largest framework makes them', () => {
  const { frameworks } = catalogue.content;
  for (const kind of ['INDEX', 'PILLAR', 'MAIN_INDEX', 'INDICATOR', null] as const) {
    const counts = frameworks.map(
      ({ measures }) => measures.filter((each) => kind === null || each.kind === kind).length,
    );
    expect(sizeOf('Entity', 'scores', { kind })).toBe(Math.max(...counts));
    expect(sizeOf('Framework', 'measures', { kind })).toBe(Math.max(...counts));
  }
  const children = frameworks.flatMap(({ edges, measures }) =>
    measures.map(({ id }) => edges.filter(({ parentId }) => parentId === id).length),
  );
  expect(sizeOf('Entity', 'scores', { kind: 'INDICATOR', parent: 'GOV_ACTIVITY' })).toBeGreaterThanOrEqual(
    Math.max(...children),
  );
  expect(sizeOf('Measure', 'children')).toBeGreaterThanOrEqual(Math.max(...children));
  const parents = frameworks.flatMap(({ edges, measures }) =>
    measures.map(({ id }) => edges.filter(({ childId }) => childId === id).length),
  );
  expect(sizeOf('Measure', 'parents')).toBeGreaterThanOrEqual(Math.max(...parents));
});

it('lists of entities and peer groups are declared as large as the largest round makes them', () => {
  const { rounds, successions } = catalogue.content;
  const members = rounds.map(({ groups }) => groups.flatMap(({ entityIds }) => entityIds).length);
  expect(sizeOf('AssessmentRound', 'entities')).toBeGreaterThanOrEqual(Math.max(...members));
  expect(sizeOf('AssessmentRound', 'peerGroups')).toBeGreaterThanOrEqual(
    Math.max(...rounds.map(({ groups }) => groups.length)),
  );
  for (const [field, side] of [
    ['predecessors', 'successorId'],
    ['successors', 'predecessorId'],
  ] as const) {
    const counts = [...Map.groupBy(successions, (each) => each[side]).values()].map((group) => group.length);
    expect(sizeOf('Entity', field)).toBeGreaterThanOrEqual(Math.max(...counts));
  }
});

it('rows of a connection are those of the page that was asked for', () => {
  expect(sizeOf('RankingConnection', 'edges', {}, 63)).toBe(63);
  const fields = schema.getQueryType()?.getFields().ranking;
  const pages = [{ first: 5 }, { first: null }, { first: 9999 }, { first: -1 }, {}].map(
    (args) => fields && pageOf(fields, args),
  );
  expect(pages).toEqual([5, 20, 1000, 0, 1]);
});

it('rows of an update of scores are those that are watched', () => {
  const field = schema.getSubscriptionType()?.getFields().scoreUpdates;
  const rows = (args: Record<string, unknown>) => field && pageOf(field, args);
  expect([{}, { measures: ['A', 'B'] }, { entities: ['74'], measures: null }].map(rows)).toEqual([63, 126, 1]);
  expect(rows({ entities: Array(10_000), measures: Array(98) })).toBe(20_000);
});

it('a filter costs as much as it goes through: rounds, measures and conditions below relations', () => {
  const { entities: field } = schema.getQueryType()?.getFields() ?? {};
  if (field === undefined) throw new Error('there is no Query.entities');
  const costOf = (filter: object) => costOfField(field, false, { filter }, 1).own;
  const plainly = costOf({ code: { eq: '1' } });
  const score = (range: object) => costOf({ score: { ...range, some: { rank: { gt: 4 } } } });
  expect(score({ rounds: ['A'] })).toBeLessThan(plainly * 2);
  expect(score({ rounds: ['A', 'B'], measures: ['X', 'Y', 'Z'] })).toBeGreaterThan(plainly * 4);
  expect(score({ level: 'PROVINCE', kind: 'INDICATOR' })).toBeGreaterThan(plainly * 100);
  const deep = { predecessors: { some: { score: { years: [1, 2, 3], some: { rank: { gt: 4, lt: 9 } } } } } };
  expect(costOf(deep)).toBeGreaterThan(plainly * 4);
});
