import { ROLES, type Role, type Viewer } from './viewer.js';

/** Who may use one coordinate of the graph. */
export interface Permission {
  readonly roles: readonly Role[];
  /** Officers only for their own entity, which the argument of this name says as a key or id: `GSO-2025:79`, `Entity:GSO-2025:79`. */
  readonly ownEntity?: string;
}

const ANYBODY: Permission = { roles: ROLES };
const INTEGRATORS: Permission = { roles: ['integrator', 'admin'] };
const ADMINS: Permission = { roles: ['admin'] };

/**
 * The one map of what is protected: coordinates of the graph (`Mutation.syncSource`, `Source.settings`, or a whole type: `ApiKey`) and who may use
 * them. Every root field must stand here, since one that is missing is refused to everybody; fields and types below the root are open unless they do.
 * The public reads published rankings with their provenance and candidates, and sources with the counts of their runs, never configuration.
 */
export const PERMISSIONS: Readonly<Record<string, Permission>> = {
  'Query.node': ANYBODY,
  'Query.nodes': ANYBODY,
  'Query.entity': ANYBODY,
  'Query.entities': ANYBODY,
  'Query.measures': ANYBODY,
  'Query.frameworks': ANYBODY,
  'Query.rounds': ANYBODY,
  'Query.round': ANYBODY,
  'Query.ranking': ANYBODY,
  'Query.scores': ANYBODY,
  'Query.scoreGroups': ANYBODY,
  'Query.snapshot': ANYBODY,
  'Query.observations': ANYBODY,
  'Query.sources': ANYBODY,
  'Query.source': ANYBODY,
  'Query.syncRuns': ANYBODY,
  'Query.linkages': ANYBODY,
  'Query.alerts': ANYBODY,
  'Query.alertRules': ANYBODY,
  'Query.webhooks': INTEGRATORS,
  'Query.hosts': INTEGRATORS,
  'Query.manifestSchema': ANYBODY,
  'Query.manifestProblems': INTEGRATORS,
  'Query.viewer': ANYBODY,
  'Query.apiKeys': ADMINS,
  'Query.auditTrail': ADMINS,

  'Subscription.rankingUpdates': ANYBODY,
  'Subscription.scoreUpdates': ANYBODY,
  'Subscription.computationUpdates': ANYBODY,
  'Subscription.alertUpdates': ANYBODY,
  'Subscription.syncRunUpdates': ANYBODY,

  'Mutation.registerSource': INTEGRATORS,
  'Mutation.checkSource': INTEGRATORS,
  'Mutation.previewSource': INTEGRATORS,
  'Mutation.setSourceSettings': INTEGRATORS,
  'Mutation.activateSource': INTEGRATORS,
  'Mutation.pauseSource': INTEGRATORS,
  'Mutation.retireSource': INTEGRATORS,
  'Mutation.syncSource': INTEGRATORS,
  'Mutation.replayRejected': INTEGRATORS,
  'Mutation.recomputeRound': INTEGRATORS,
  'Mutation.registerWebhook': INTEGRATORS,
  'Mutation.testWebhook': INTEGRATORS,
  'Mutation.activateWebhook': INTEGRATORS,
  'Mutation.pauseWebhook': INTEGRATORS,
  'Mutation.removeWebhook': INTEGRATORS,
  'Mutation.setAlertRule': ADMINS,
  'Mutation.createApiKey': ADMINS,
  'Mutation.revokeApiKey': ADMINS,
  'Mutation.revokeToken': ADMINS,

  // Configuration of sources, and rows of other people's registers as they came.
  'Source.settings': INTEGRATORS,
  'Source.versions': INTEGRATORS,
  'Source.waitingVersion': INTEGRATORS,
  'SyncRun.rejects': INTEGRATORS,
  'SyncRun.pagesRead': INTEGRATORS,
  'SyncRun.worker': INTEGRATORS,
  'SyncRun.failure': INTEGRATORS,

  // Whole types as well, so that a new field which leads to them gives nothing away.
  SourceSettings: INTEGRATORS,
  SourceSecret: INTEGRATORS,
  SourceVersion: INTEGRATORS,
  SourcePreviewType: INTEGRATORS,
  SourcePage: INTEGRATORS,
  Host: INTEGRATORS,
  Webhook: INTEGRATORS,
  WebhookDelivery: INTEGRATORS,
  ApiKey: ADMINS,
  AuditEntry: ADMINS,
};

/** Whether a viewer may ask for the schema where introspection is closed to the public: who writes manifests and scripts needs it. */
export function mayIntrospect({ role }: Viewer): boolean {
  return INTEGRATORS.roles.includes(role);
}

const ROOT_TYPES = /^(Query|Mutation|Subscription)\./;

/** Nobody: what a root field gets that nobody has declared. */
const UNDECLARED: Permission = { roles: [] };

/**
 * What protects a coordinate.
 * @param coordinate `Type.field`, or `Type` for a whole type
 * @returns null = nothing does, it is open to everybody
 */
export function permissionOf(
  coordinate: string,
  permissions: Readonly<Record<string, Permission>> = PERMISSIONS,
): Permission | null {
  const permission = Object.hasOwn(permissions, coordinate) ? permissions[coordinate] : undefined;
  if (permission === undefined) return ROOT_TYPES.test(coordinate) ? UNDECLARED : null;
  return permission.roles.includes('public') ? null : permission;
}

/** Whether a viewer may use a coordinate, `Type.field` or `Type`, at all; an officer perhaps for the own entity only. */
export function can(viewer: Viewer, coordinate: string): boolean {
  const type = coordinate.split('.', 1)[0] ?? '';
  return [type, coordinate].every((each) => permissionOf(each)?.roles.includes(viewer.role) ?? true);
}

/** The protected coordinates that a viewer may use, in the order of {@link PERMISSIONS}. */
export function permissionsOf(viewer: Viewer): string[] {
  return Object.keys(PERMISSIONS).filter((coordinate) => permissionOf(coordinate) !== null && can(viewer, coordinate));
}
