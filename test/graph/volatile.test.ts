import { type GraphQLObjectType, getNamedType, isObjectType } from 'graphql';
import { expect, it } from 'vitest';
import { buildGraphSchema } from '../../src/graph/schema.js';
import { isVolatile, readingOf } from '../../src/graph/volatile.js';

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
    ...[
      'alerts',
      'entities',
      'entity',
      'frameworks',
      'linkages',
      'measures',
      'observations',
      'ranking',
      'round',
      'rounds',
    ],
    ...['scoreGroups', 'scores', 'snapshot'],
  ];
  expect(fieldsOf(query, false)).toEqual(kept);
  const told = ['alertRules', 'apiKeys', 'auditTrail', 'hosts', 'manifestProblems', 'node', 'nodes', 'source'];
  expect(fieldsOf(query, true)).toEqual([...told, 'sources', 'syncRuns', 'viewer', 'webhooks']);
});

it('these types and fields change without a revision, or tell the time or who asks', () => {
  const whole = types.filter(isVolatile).map(({ name }) => name);
  expect(whole.sort()).toEqual([
    ...['AlertRule', 'ApiKey', 'AuditEntry', 'Host', 'RejectedRecord', 'SourcePage', 'SourceSettings', 'SourceVersion'],
    ...['SubmissionClaim', 'SyncRun', 'Viewer', 'Webhook', 'WebhookDelivery'],
  ]);
  const parts = types.filter((type) => !isVolatile(type) && type !== schema.getQueryType());
  const fields = parts.flatMap((type) => fieldsOf(type, true).map((field) => `${type.name}.${field}`));
  expect(fields.sort()).toEqual([
    ...['Observation.stale', 'Source.lastGoodRunAt', 'Source.lastReading', 'Source.lastRun', 'Source.runs'],
    ...['Source.schedule', 'Source.stale'],
  ]);
});

it('answers of these types alone are kept while observations come: they tell of snapshots and reference data', () => {
  const query = schema.getQueryType();
  if (!query) throw new Error('there is no Query');
  const roots = Object.values(query.getFields()).filter((field) => readingOf(field) === 'RESULTS');
  const everything = ['alerts', 'linkages', 'observations'];
  expect(roots.map(({ name }) => name).sort()).toEqual(
    fieldsOf(query, false).filter((name) => !everything.includes(name)),
  );
  const reached = new Set<GraphQLObjectType>();
  const reach = (type: unknown): void => {
    if (!isObjectType(type) || reached.has(type) || isVolatile(type) || readingOf(type) === 'EVERYTHING') return;
    reached.add(type);
    for (const field of Object.values(type.getFields())) if (!isVolatile(field)) reach(getNamedType(field.type));
  };
  for (const { type } of roots) reach(getNamedType(type));
  const names = [...reached].map(({ name }) => name).filter((name) => !/(Edge|Connection)$/.test(name));
  expect(names.sort()).toEqual([
    ...['AssessmentRound', 'Contribution', 'Entity', 'Framework', 'Measure', 'MergePolicy', 'NotApplicableIndicators'],
    ...['PageInfo', 'PeerGroup', 'PublishedReference', 'RankingRow', 'Region', 'Score', 'ScoreChange'],
    ...['ScoreChangeStatistics', 'ScoreGroup', 'ScoreGroupKey', 'ScoreStatistics', 'ScoreSummary'],
    ...['ScoringProblemType', 'ScoringRule', 'ScoringTier', 'Snapshot'],
  ]);
});
