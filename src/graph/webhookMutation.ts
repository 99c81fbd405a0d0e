import { GraphQLID } from 'graphql';
import { Arg, Ctx, Field, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { AlertKind } from '../domain/alert.js';
import { PlatformError } from '../domain/errors.js';
import type { WebhookStatus } from '../domain/webhook.js';
import { once } from '../pipeline/once.js';
import { changeWebhook, registerWebhook, testWebhook } from '../pipeline/webhook.js';
import { readWebhooks } from '../store/webhook.js';
import { readWatched } from './alertUpdates.js';
import { createContext, type GraphContext, stageOf } from './context.js';
import { IDEMPOTENCY_KEY } from './sourceInput.js';
import { WebhookDeliveryType, WebhookType } from './webhook.js';
import { AlertKindWord } from './words.js';

@InputType({
  description:
    'An address and what is to be sent there. All that is given must hold, but `entities` and `sources`: of these one is enough.',
})
class RegisterWebhookInput {
  @Field(() => String, {
    description: '`https://host/path`, in the public network or allowed by the operator; judged at every message.',
  })
  url!: string;

  @Field(() => [AlertKindWord], { nullable: true, description: 'Only alerts about this; absent = all.' })
  kinds?: AlertKind[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Only alerts of these entities: `GSO-2025:48`, or an unambiguous code.',
  })
  entities?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'Only alerts of the sources with these keys.' })
  sources?: string[] | null;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@ObjectType({ description: 'A webhook that was just registered.', simpleResolvers: true })
class RegisterWebhookPayload {
  @Field(() => WebhookType, { description: 'What is stored of it.' })
  readonly webhook: WebhookType;

  @Field(() => String, {
    nullable: true,
    description:
      'What its receiver verifies messages with, `whsec_…`: kept sealed, shown this once. Null = an earlier request with this idempotencyKey registered it.',
  })
  readonly secret: string | null;

  constructor(webhook: WebhookType, secret: string | null) {
    this.webhook = webhook;
    this.secret = secret;
  }
}

const ID = { description: 'Its id: `Webhook:0123456789ab`.' };

/** Writes to webhooks, for integrators. */
@Resolver()
export class WebhookMutationResolver {
  @Mutation(() => RegisterWebhookPayload, {
    description: 'Has alerts sent to an address from now on. SYNC_ADDRESS when it is not in the public network.',
  })
  async registerWebhook(
    @Arg('input', () => RegisterWebhookInput, { description: 'Where, and what.' }) input: RegisterWebhookInput,
    @Ctx() context: GraphContext,
  ): Promise<RegisterWebhookPayload> {
    const stage = stageOf(context);
    const { idempotencyKey = null, ...asked } = input;
    const wish = { url: asked.url, ...(await readWatched(context.view, asked)) };
    const request = {
      operation: 'registerWebhook',
      input: asked,
      subject: context.viewer.subject,
      key: idempotencyKey,
    };
    let secret: string | null = null;
    // The secret is no part of the outcome, since that is kept.
    const { id } = await once(stage.database, stage.library, request, async () => {
      const made = await registerWebhook(stage, context.viewer, wish);
      secret = made.secret;
      return { id: made.id };
    });
    return new RegisterWebhookPayload(await webhookAfter(context, id), secret);
  }

  @Mutation(() => WebhookDeliveryType, {
    description: 'Sends a message of the type `test` at once, to a paused webhook too, and says what came of it.',
  })
  async testWebhook(
    @Arg('id', () => GraphQLID, ID) id: string,
    @Arg('idempotencyKey', () => String, IDEMPOTENCY_KEY) idempotencyKey: string | null,
    @Ctx() context: GraphContext,
  ): Promise<WebhookDeliveryType> {
    const stage = stageOf(context);
    const request = {
      operation: 'testWebhook',
      input: { id },
      subject: context.viewer.subject,
      key: idempotencyKey ?? null,
    };
    const { deliveryId } = await once(stage.database, stage.library, request, async () => ({
      deliveryId: (await testWebhook(stage, context.viewer, keyOf(id))).id,
    }));
    const delivery = await context.loaders.delivery.load(deliveryId);
    if (delivery === null)
      throw new PlatformError('NOT_FOUND', 'The message of this idempotencyKey is not kept any more.');
    return new WebhookDeliveryType(delivery, context.view);
  }

  @Mutation(() => WebhookType, {
    description: 'Sends to a webhook that was paused again. What it has missed is not sent.',
  })
  activateWebhook(
    @Arg('id', () => GraphQLID, ID) id: string,
    @Arg('idempotencyKey', () => String, IDEMPOTENCY_KEY) _idempotencyKey: string | null,
    @Ctx() context: GraphContext,
  ): Promise<WebhookType> {
    return change(context, id, 'ACTIVE');
  }

  @Mutation(() => WebhookType, { description: 'Sends nothing to a webhook until it is activated.' })
  pauseWebhook(
    @Arg('id', () => GraphQLID, ID) id: string,
    @Arg('idempotencyKey', () => String, IDEMPOTENCY_KEY) _idempotencyKey: string | null,
    @Ctx() context: GraphContext,
  ): Promise<WebhookType> {
    return change(context, id, 'PAUSED');
  }

  @Mutation(() => WebhookType, {
    description: 'Removes a webhook for good; what was sent stays on record for 30 days.',
  })
  removeWebhook(
    @Arg('id', () => GraphQLID, ID) id: string,
    @Arg('idempotencyKey', () => String, IDEMPOTENCY_KEY) _idempotencyKey: string | null,
    @Ctx() context: GraphContext,
  ): Promise<WebhookType> {
    return change(context, id, 'REMOVED');
  }
}

async function change(context: GraphContext, id: string, status: WebhookStatus): Promise<WebhookType> {
  await changeWebhook(stageOf(context), context.viewer, keyOf(id), status);
  return webhookAfter(context, keyOf(id));
}

/** @throws PlatformError NOT_FOUND for what is no id of a webhook */
function keyOf(id: string): string {
  const key = /^(?:Webhook:)?([0-9a-f]{12})$/.exec(id)?.[1];
  if (key !== undefined) return key;
  throw new PlatformError('NOT_FOUND', `There is no webhook "${id.slice(0, 80)}".`);
}

/** A webhook as the write has left it. */
async function webhookAfter({ platform, viewer }: GraphContext, id: string): Promise<WebhookType> {
  const [webhook] = await readWebhooks(platform.database.fork(), [id]);
  if (webhook === undefined) throw new PlatformError('NOT_FOUND', `There is no webhook "${id.slice(0, 80)}".`);
  return new WebhookType(webhook, createContext(platform, viewer));
}
