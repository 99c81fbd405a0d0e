import { GraphQLInt } from 'graphql';
import { Args, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import type { AlertKind } from '../domain/alert.js';
import type { DeliveryState, Webhook, WebhookDelivery, WebhookEvent, WebhookStatus } from '../domain/webhook.js';
import { countDeliveries, countWebhooks, listDeliveries, listWebhooks } from '../store/webhook.js';
import { AlertType, findAlert } from './alert.js';
import { connectionType, numberAfter, PageArgs, pageSize, positionIn } from './connection.js';
import type { GraphContext, View } from './context.js';
import { Cost, ListSize } from './cost.js';
import { DateTimeScalar } from './dateTime.js';
import { EntityType } from './entity.js';
import { NodeType } from './node.js';
import { readSource, SourceType } from './source.js';
import { Volatile } from './volatile.js';
import { AlertKindWord, DeliveryStateWord, WebhookStatusWord } from './words.js';

@Volatile()
@ObjectType('WebhookDelivery', {
  description: 'One message to one webhook, sent until it is accepted or often enough; kept for 30 days.',
  implements: NodeType,
  simpleResolvers: true,
})
export class WebhookDeliveryType implements NodeType {
  readonly id: string;

  @Field(() => String, { description: '`alert.opened`, `alert.resolved` or `test`: the `type` of the message.' })
  readonly event: WebhookEvent;

  @Field(() => DeliveryStateWord, { description: 'Where it stands.' })
  readonly state: DeliveryState;

  @Field(() => GraphQLInt, { description: 'How often it was sent.' })
  readonly attempts: number;

  @Field(() => GraphQLInt, { nullable: true, description: 'HTTP status of the last attempt; null = no whole answer.' })
  readonly statusCode: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'What was wrong at the last attempt; null = nothing. Never an address, a secret or the answer.',
  })
  readonly error: string | null;

  @Field(() => DateTimeScalar, { description: 'When it was written, with its alert.' })
  readonly createdAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was last sent; null = not yet.' })
  readonly lastAttemptAt: Date | null;

  constructor(
    readonly delivery: WebhookDelivery,
    readonly view: View,
  ) {
    this.id = `WebhookDelivery:${delivery.id}`;
    this.event = delivery.event;
    this.state = delivery.state;
    this.attempts = delivery.attempts;
    this.statusCode = delivery.statusCode;
    this.error = delivery.error;
    this.createdAt = delivery.createdAt;
    this.lastAttemptAt = delivery.lastAttemptAt;
  }

  @Cost(5)
  @Field(() => AlertType, { nullable: true, description: 'The alert that it tells of; null = a test.' })
  async alert(): Promise<AlertType | null> {
    const { alertId } = this.delivery;
    return alertId === null ? null : ((await findAlert(this.view, String(alertId))) as AlertType | null);
  }
}

const WebhookDeliveryConnection = connectionType(
  'WebhookDelivery',
  () => WebhookDeliveryType,
  'Messages to a webhook, newest first.',
);
type WebhookDeliveryConnection = InstanceType<typeof WebhookDeliveryConnection>;

@Volatile()
@ObjectType('Webhook', {
  description: 'An address that alerts are sent to, as signed messages (Standard Webhooks).',
  implements: NodeType,
  simpleResolvers: true,
})
export class WebhookType implements NodeType {
  readonly id: string;

  @Field(() => String, { description: 'Where messages go, by POST.' })
  readonly url: string;

  @ListSize(3)
  @Field(() => [AlertKindWord], { nullable: true, description: 'Which alerts are sent; null = all.' })
  readonly kinds: readonly AlertKind[] | null;

  @Field(() => WebhookStatusWord, { description: 'Whether messages are sent.' })
  readonly status: WebhookStatus;

  @Field(() => String, { nullable: true, description: 'Why the platform has paused it; null = it has not.' })
  readonly statusReason: string | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Since when nothing was accepted; null = the last message was. After a day it is paused.',
  })
  readonly failingSince: Date | null;

  @Field(() => String, { description: 'Subject of whoever registered it.' })
  readonly createdBy: string;

  @Field(() => DateTimeScalar, { description: 'When it was registered.' })
  readonly createdAt: Date;

  constructor(
    readonly webhook: Webhook,
    readonly context: GraphContext,
  ) {
    this.id = `Webhook:${webhook.id}`;
    this.url = webhook.url;
    this.kinds = webhook.kinds;
    this.status = webhook.status;
    this.statusReason = webhook.statusReason;
    this.failingSince = webhook.failingSince;
    this.createdBy = webhook.createdBy;
    this.createdAt = webhook.createdAt;
  }

  @ListSize(10)
  @Field(() => [EntityType], {
    nullable: true,
    description: 'Whose alerts are sent; with `sources`, of either; null = of all.',
  })
  entities(): EntityType[] | null {
    const { view } = this.context;
    const found = this.webhook.entityIds?.flatMap((id) => view.catalogue.entity(id) ?? []);
    return found?.map((entity) => new EntityType(entity, view)) ?? null;
  }

  @ListSize(10)
  @Field(() => [SourceType], {
    nullable: true,
    description: 'Alerts of these sources are sent; with `entities`, of either; null = of all.',
  })
  async sources(): Promise<SourceType[] | null> {
    const { sourceIds } = this.webhook;
    return sourceIds === null ? null : Promise.all(sourceIds.map((id) => readSource(this.context.view, id)));
  }

  @Cost(50)
  @Field(() => WebhookDeliveryConnection, { description: 'What was sent to it, newest first.' })
  async deliveries(@Args(() => PageArgs) page: PageArgs): Promise<WebhookDeliveryConnection> {
    const { platform, view } = this.context;
    const { id } = this.webhook;
    const size = pageSize(page);
    const position = positionIn(`deliveries:${id}`, view.revision, page);
    const rows = await listDeliveries(platform.database.fork(), id, numberAfter(position), size + 1);
    return new WebhookDeliveryConnection({
      position,
      nodes: rows.slice(0, size).map((row) => new WebhookDeliveryType(row, view)),
      keyOf: ({ delivery }) => String(delivery.number),
      hasNext: rows.length > size,
      countAll: () => countDeliveries(platform.database.fork(), id),
    });
  }
}

const WebhookConnection = connectionType('Webhook', () => WebhookType, 'Webhooks that were not removed, by id.');
type WebhookConnection = InstanceType<typeof WebhookConnection>;

/** The root field about webhooks. */
@Resolver()
export class WebhookResolver {
  @Volatile()
  @Cost(10)
  @Query(() => WebhookConnection, {
    description: 'Addresses that alerts are sent to, never their secrets. For integrators.',
  })
  async webhooks(@Args(() => PageArgs) page: PageArgs, @Ctx() context: GraphContext): Promise<WebhookConnection> {
    const { platform, revision } = context;
    const size = pageSize(page);
    const position = positionIn('webhooks', revision, page);
    const rows = await listWebhooks(platform.database.fork(), position.after, size + 1);
    return new WebhookConnection({
      ...{
        position,
        nodes: rows.slice(0, size).map((row) => new WebhookType(row, context)),
        hasNext: rows.length > size,
      },
      keyOf: ({ webhook }) => webhook.id,
      countAll: () => countWebhooks(platform.database.fork()),
    });
  }
}
