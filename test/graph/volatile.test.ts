import { type GraphQLObjectType, isObjectType } from 'graphql';
import { expect, it } from 'vitest';
import { buildGraphSchema } from '../../src/graph/schema.js';
import { isVolatile } from '../../src/graph/volatile.js';

const schema = buildGraphSchema();

/** Types that answers to queries are made of. */
const types = Object.values(schema.getTypeMap()).filter(
  (type): type is GraphQLObjectType =>
    isObjectType(type) &&
    !type.name.startsWith('__') &&
    type !== schema.getMutationType() &&
    type !== schema.getSubscriptionType(),
);

function fieldsOf(type: GraphQLObjectType, wanted: boolean): string[] {
  const fields = Object.values(type.getFields()).filter((field) => isVolatile(field) === wanted);
  return fields.map(({ name }) => name).sort();
}

// Whoever adds to these lists has thought about it: what a kept answer holds must be the same until the next revision.
it('these root fields are functions of their arguments, the scope of the viewer and the revision', () => {
  const query = schema.getQueryType();
  if (!query) throw new Error('there is no Query');
  const kept = [
    'entities',
    'entity',
    'frameworks',
    'linkages',
    'measures',
    'observations',
    'ranking',
    'round',
    'rounds',
  ];
  expect(fieldsOf(query, false)).toEqual([...kept, 'scoreGroups', 'scores', 'snapshot']);
  const told = ['apiKeys', 'auditTrail', 'hosts', 'node', 'nodes', 'source', 'sources', 'syncRuns', 'viewer'];
  expect(fieldsOf(query, true)).toEqual(told);
});

it('these types and fields change without a revision, or tell the time or who asks', () => {
  const whole = types.filter(isVolatile).map(({ name }) => name);
  expect(whole.sort()).toEqual([
    ...['ApiKey', 'AuditEntry', 'Host', 'RejectedRecord', 'SourcePage', 'SourceSettings', 'SourceVersion'],
    ...['SubmissionClaim', 'SyncRun', 'Viewer'],
  ]);
  const parts = types.filter((type) => !isVolatile(type) && type !== schema.getQueryType());
  const fields = parts.flatMap((type) => fieldsOf(type, true).map((field) => `${type.name}.${field}`));
  expect(fields.sort()).toEqual(['Observation.stale', 'Source.lastRun', 'Source.runs', 'Source.stale']);
});
