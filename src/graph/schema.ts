import { type GraphQLObjectType, type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { AlertResolver } from './alert.js';
import { AlertRuleResolver } from './alertRule.js';
import { AlertUpdatesResolver } from './alertUpdates.js';
import { ApiKeyResolver } from './apiKey.js';
import { AuditResolver } from './audit.js';
import { ComputationResolver } from './computation.js';
import { ComputationMutationResolver } from './computationMutation.js';
import { ComputationUpdatesResolver } from './computationUpdates.js';
import { callDirectly } from './direct.js';
import { EntityResolver } from './entities.js';
import { FrameworkResolver } from './framework.js';
import { HostResolver } from './host.js';
import { LinkageResolver } from './linkage.js';
import { LookupResolver } from './lookup.js';
import { ManifestProblemResolver } from './manifestProblem.js';
import { MeasureResolver } from './measure.js';
import { ObservationResolver } from './observation.js';
import { QuarantineResolver } from './quarantine.js';
import { RankingResolver } from './ranking.js';
import { ReferenceResolver } from './reference.js';
import { RoundResolver } from './round.js';
import { ReferenceScoreResolver, ScoreResolver } from './scoreFields.js';
import { ScoreGroupResolver } from './scoreGroups.js';
import { ScoreUpdatesResolver } from './scoreUpdates.js';
import { SnapshotResolver } from './snapshot.js';
import { SourceResolver } from './source.js';
import { SourceConfigurationResolver } from './sourceConfiguration.js';
import { SourceMutationResolver } from './sourceMutation.js';
import { SubscriptionResolver } from './subscription.js';
import { SyncRunResolver } from './syncRun.js';
import { SyncRunUpdatesResolver } from './syncRunUpdates.js';
import { ViewerResolver } from './viewer.js';
import { WebhookResolver } from './webhook.js';
import { WebhookMutationResolver } from './webhookMutation.js';

/** type-graphql asks for one wherever there are subscriptions. Ours come from the revision feed, so this one only says if anybody uses it. */
const NO_PUBSUB = {
  publish: refuse,
  subscribe: refuse,
};

function refuse(): never {
  throw new Error('subscriptions follow the revision feed; give them a subscribe function');
}

/** Builds the executable schema of the platform. */
export function buildGraphSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      LookupResolver,
      EntityResolver,
      FrameworkResolver,
      MeasureResolver,
      RoundResolver,
      ScoreGroupResolver,
      SnapshotResolver,
      ReferenceResolver,
      ScoreResolver,
      ReferenceScoreResolver,
      RankingResolver,
      SourceResolver,
      SourceConfigurationResolver,
      SourceMutationResolver,
      SyncRunResolver,
      QuarantineResolver,
      ObservationResolver,
      LinkageResolver,
      SubscriptionResolver,
      ScoreUpdatesResolver,
      ComputationMutationResolver,
      ComputationResolver,
      ComputationUpdatesResolver,
      AlertResolver,
      AlertRuleResolver,
      AlertUpdatesResolver,
      WebhookResolver,
      WebhookMutationResolver,
      SyncRunUpdatesResolver,
      HostResolver,
      ManifestProblemResolver,
      ViewerResolver,
      ApiKeyResolver,
      AuditResolver,
    ],
    validate: false,
    pubSub: NO_PUBSUB,
  });
  callDirectly(schema);
  // type-graphql makes the root types itself and cannot describe them.
  describe(
    schema.getQueryType(),
    'Everything that can be read. All root fields of an operation read the same state. Before it is executed an operation is priced, about one for each field of each row that it may lead to; QUERY_TOO_COSTLY says the price and the limit.',
  );
  describe(
    schema.getMutationType(),
    'Everything that can be changed, by those whose role allows it. Each change leaves a row in the audit.',
  );
  describe(schema.getSubscriptionType(), 'Everything that can be watched live.');
  return schema;
}

function describe(type: GraphQLObjectType | null | undefined, description: string): void {
  if (type) type.description = description;
}

/** The schema as text, sorted, so that its difference from one version to the next is what changed. */
export function printGraphSchema(): string {
  return `${printSchema(lexicographicSortSchema(buildGraphSchema()))}\n`;
}
