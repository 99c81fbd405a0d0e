import { GraphQLID } from 'graphql';
import { Arg, Args, Ctx, Query, Resolver } from 'type-graphql';
import { can, permissionOf } from '../access/permission.js';
import { PlatformError } from '../domain/errors.js';
import { findAlert } from './alert.js';
import { findApiKeyNode } from './apiKey.js';
import { openView, ReadArgs } from './at.js';
import { findAuditEntry } from './audit.js';
import type { GraphContext, View } from './context.js';
import { ListSize } from './cost.js';
import { EntityType } from './entity.js';
import { FrameworkType } from './framework.js';
import { MeasureType } from './measure.js';
import { NodeType } from './node.js';
import { ObservationType } from './observation.js';
import { PeerGroupType } from './peerGroup.js';
import { RegionType } from './region.js';
import { RoundType } from './round.js';
import { SnapshotType } from './snapshot.js';
import { findSource } from './source.js';
import { SyncRunType } from './syncRun.js';
import { Volatile } from './volatile.js';
import { WebhookDeliveryType, WebhookType } from './webhook.js';

const MAX_IDS = 1000;

type Found = NodeType | null | Promise<NodeType | null>;

/** How each type of node is found by its key. Whoever adds a type that implements Node adds it here; a test walks the schema for them. */
const FINDERS: Readonly<Record<string, (view: View, key: string, context: GraphContext) => Found>> = {
  Entity(view, key) {
    const entity = view.catalogue.entityByKey(key);
    return entity === undefined ? null : new EntityType(entity, view);
  },
  Region(view, key) {
    const region = view.catalogue.content.regions.find(({ codeSystem, code }) => `${codeSystem}:${code}` === key);
    return region === undefined ? null : new RegionType(region);
  },
  PeerGroup(view, key) {
    const group = view.catalogue.content.peerGroups.find(({ code }) => code === key);
    return group === undefined ? null : new PeerGroupType(group);
  },
  Framework(view, key) {
    const framework = view.catalogue.framework(key);
    return framework === undefined ? null : new FrameworkType(framework, view);
  },
  Measure(view, key) {
    const at = key.indexOf(':');
    const measure = view.catalogue.measureByCode(key.slice(0, at), key.slice(at + 1));
    return measure === undefined ? null : new MeasureType(measure, view);
  },
  AssessmentRound(view, key) {
    const round = view.catalogue.roundByCode(key);
    return round === undefined ? null : new RoundType(round, view);
  },
  Snapshot(view, key) {
    const head = view.snapshotById(Number(key));
    return head === undefined ? null : new SnapshotType(head, view);
  },
  Source: findSource,
  ApiKey: findApiKeyNode,
  AuditEntry: findAuditEntry,
  Alert: findAlert,
  async Webhook(view, key, context) {
    const webhook = /^[0-9a-f]{12}$/.test(key) ? await view.loaders.webhook.load(key) : null;
    return webhook === null ? null : new WebhookType(webhook, context);
  },
  async WebhookDelivery(view, key) {
    const delivery = UUID.test(key) ? await view.loaders.delivery.load(key) : null;
    return delivery === null ? null : new WebhookDeliveryType(delivery, view);
  },
  async SyncRun(view, key) {
    const run = isNumber(key) ? await view.loaders.run.load(Number(key)) : null;
    const isEnded = run !== null && (view.until === null || (run.finishedAt !== null && run.finishedAt <= view.until));
    return isEnded ? new SyncRunType(run, view) : null;
  },
  async Observation(view, key) {
    const observation = isNumber(key) ? await view.loaders.observation.load(Number(key)) : null;
    const isKnown = observation !== null && observation.revision <= view.revision;
    return isKnown ? new ObservationType(observation, view) : null;
  },
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function isNumber(key: string): boolean {
  return /^\d{1,15}$/.test(key);
}

/**
 * What an id names, as a view shows it; null = nothing.
 * @throws PlatformError BAD_USER_INPUT when it is not an id; AUTH_REQUIRED or AUTH_FORBIDDEN when the type is not for the viewer, since the
 * document does not say what an id names
 */
function findNode(view: View, id: string, context: GraphContext): Found {
  const { viewer } = context;
  const at = id.indexOf(':');
  const type = id.slice(0, at);
  const find = Object.hasOwn(FINDERS, type) ? FINDERS[type] : undefined;
  if (find !== undefined && !can(viewer, type)) {
    const code = viewer.subject === null ? 'AUTH_REQUIRED' : 'AUTH_FORBIDDEN';
    const roles = permissionOf(type)?.roles ?? [];
    throw new PlatformError(code, `${type} is for the roles ${roles.join(', ')}.`, {
      details: { coordinate: type, roles },
    });
  }
  if (find !== undefined) return find(view, id.slice(at + 1), context);
  const types = Object.keys(FINDERS).join(', ');
  throw new PlatformError(
    'BAD_USER_INPUT',
    `"${id.slice(0, 80)}" is not an id; it begins with one of ${types}, a colon, and the key.`,
  );
}

/** Root fields that find anything by its id. */
@Resolver()
export class LookupResolver {
  @Volatile()
  @Query(() => NodeType, {
    nullable: true,
    description: 'Anything that has an id; null when there is nothing of this id.',
  })
  async node(
    @Arg('id', () => GraphQLID, { description: 'Its id: `Entity:GSO-2004:74`.' }) id: string,
    @Args(() => ReadArgs) args: ReadArgs,
    @Ctx() context: GraphContext,
  ): Promise<NodeType | null> {
    return findNode(await openView(context, args), id, context);
  }

  @ListSize(({ ids }) => (Array.isArray(ids) ? ids.length : 1))
  @Volatile()
  @Query(() => [NodeType], {
    nullable: 'items',
    description: 'Things by their ids, in the order of the ids; null where there is nothing.',
  })
  async nodes(
    @Arg('ids', () => [GraphQLID], { description: 'At most 1,000 ids.' }) ids: string[],
    @Args(() => ReadArgs) args: ReadArgs,
    @Ctx() context: GraphContext,
  ): Promise<(NodeType | null)[]> {
    if (ids.length > MAX_IDS) {
      throw new PlatformError(
        'BAD_USER_INPUT',
        `${ids.length} ids were asked for, ${MAX_IDS} are allowed; ask in parts.`,
      );
    }
    const view = await openView(context, args);
    return Promise.all(ids.map((id) => findNode(view, id, context)));
  }
}
