import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DeliveryStage, deliverWebhook } from '../../src/pipeline/deliverWebhook.js';
import { type Jobs, openJobs, prepareJobs } from '../../src/pipeline/jobs.js';
import { raiseAlerts } from '../../src/pipeline/raiseAlerts.js';
import { deliverAlerts, queueDeliveries, startDeliveries } from '../../src/pipeline/sendWebhooks.js';
import { registerSource, SELF_REPORT } from '../../src/pipeline/source.js';
import { createAddressGuard } from '../../src/source/address.js';
import { POST_BOUNDS } from '../../src/source/post.js';
import { SyncRunTable } from '../../src/store/tables/syncRun.js';
import { insertTestDelivery } from '../../src/store/webhook.js';
import { documentedFunction } from '../docs/liveCode.js';
import type { GraphqlAnswer } from '../helpers/graphqlClient.js';
import { rowsOf } from '../store/batch.js';
import { type DeskServing, openDesk } from './sourceDesk.js';
import type { TestServer } from './testServer.js';

interface Message {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
type Reply = (response: ServerResponse, message: Message) => void;

const status =
  (code: number, headers: Record<string, string> = {}): Reply =>
  (response) =>
    void response.writeHead(code, headers).end();

/** Somebody's server, which answers as it is told: the first replies in order, then the last one for good. */
class Receiver {
  readonly messages: Message[] = [];
  replies: Reply[] = [status(204)];
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const message = { headers: request.headers, body: Buffer.concat(chunks).toString() };
      this.messages.push(message);
      const reply = this.replies.length > 1 ? this.replies.shift() : this.replies[0];
      reply?.(response, message);
    });
  });

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook?token=hidden`;
  }
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let desk: DeskServing;
let receiver: Receiver;
let server: TestServer;
let token: string;
let sourceId: number;
let stage: DeliveryStage;
beforeAll(async () => {
  desk = await openDesk();
  token = await desk.tokenOf('integrator');
  const { database } = desk.stage;
  sourceId = await registerSource(
    database,
    { ...SELF_REPORT, key: 'registry', kind: 'NATIONAL_DATABASE' },
    'ACTIVE',
    new Date(),
  );
  stage = { ...desk.stage, sealer: desk.stage.library.sealer, catalogue: desk.stage.library.catalogue };
  receiver = new Receiver();
  await receiver.listen();
});
afterAll(async () => {
  await receiver.close();
  await desk.close();
});
beforeEach(async () => {
  server = await desk.start();
  receiver.messages.length = 0;
  receiver.replies = [status(204)];
  await stage.database.fork().execute(`update webhook set status = 'REMOVED'`);
  await stage.database.fork().execute(`update webhook_delivery set state = 'FAILED' where state = 'PENDING'`);
});

async function ask(
  document: string,
  variables: Record<string, unknown> = {},
  bearer: string | null = token,
): Promise<GraphqlAnswer> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }) },
    body: JSON.stringify({ query: document, variables }),
  });
  return (await response.json()) as GraphqlAnswer;
}

async function done(document: string, variables: Record<string, unknown> = {}) {
  const { data, errors } = await ask(document, variables);
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data as ReturnType<typeof JSON.parse>;
}

const REGISTER = `mutation ($input: RegisterWebhookInput!) {
  registerWebhook(input: $input) { secret webhook { id url kinds status createdBy entities { code } sources { key } } } }`;
const register = async (input: Record<string, unknown> = {}) =>
  (await done(REGISTER, { input: { url: receiver.url, ...input } })).registerWebhook as {
    secret: string;
    webhook: { id: string; status: string };
  };

const LOG = `query ($id: ID!) { node(id: $id) { ... on Webhook { status statusReason failingSince
  deliveries { totalCount edges { node { id event state attempts statusCode error alert { id kind } } } } } } }`;
async function logOf(id: string) {
  const { node } = await done(LOG, { id });
  return { ...node, deliveries: node.deliveries.edges.map((edge: { node: unknown }) => edge.node) };
}

/** Lets a run of the source fail, or be good again, and looks for alerts as a worker does. */
async function endRun(result: 'FAILED' | 'SUCCEEDED'): Promise<void> {
  const em = stage.database.fork();
  const now = new Date();
  em.create(SyncRunTable, {
    ...{ sourceId, sourceVersion: 1, mode: 'FULL_REFRESH', status: result, startedAt: now, finishedAt: now },
    ...{
      stopReasons: {},
      skippedRules: {},
      ...(result === 'FAILED' ? { errorCode: 'SYNC_AUTH', failureType: 'config_error' } : {}),
    },
  });
  await em.flush();
  const { library, feed } = desk.platform;
  const alerts = {
    database: stage.database,
    catalogue: stage.catalogue,
    library,
    now: () => now,
    onAlerts: deliverAlerts(true),
  };
  expect(await raiseAlerts(alerts, feed.head)).not.toBeNull();
}

/** Ids of deliveries that wait. */
const waiting = async () =>
  (
    await rowsOf<{ id: string }>(
      stage.database,
      `select id from webhook_delivery where state = 'PENDING' order by number`,
    )
  ).map(({ id }) => id);

describe('webhooks', () => {
  it('a message is signed as the documentation says, and a changed one is not genuine', async () => {
    const isGenuine =
      await documentedFunction<(secret: string, headers: IncomingHttpHeaders, body: string, now?: number) => boolean>(
        'isGenuine',
      );
    const { secret, webhook } = await register({ kinds: ['FAILED_RUN'], sources: ['registry'] });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(webhook).toMatchObject({
      status: 'ACTIVE',
      kinds: ['FAILED_RUN'],
      sources: [{ key: 'registry' }],
      createdBy: 'local:the integrator',
    });
    await endRun('FAILED');
    const [id = ''] = await waiting();
    expect(await deliverWebhook(stage, id, false)).toBe('DELIVERED');
    const [message] = receiver.messages;
    if (message === undefined) throw new Error('nothing came');
    expect(message.headers).toMatchObject({ 'webhook-id': id, 'content-type': 'application/json' });
    expect(isGenuine(secret, message.headers, message.body)).toBe(true);
    expect(isGenuine(secret, message.headers, message.body.replace('FAILED_RUN', 'RANK_FALL'))).toBe(false);
    expect(isGenuine((await register()).secret, message.headers, message.body)).toBe(false);
    expect(isGenuine(secret, message.headers, message.body, Date.now() + 600_000)).toBe(false);
    expect(JSON.parse(message.body)).toMatchObject({
      type: 'alert.opened',
      data: {
        ...{ kind: 'FAILED_RUN', severity: 'CRITICAL', resolvedAt: null, source: { key: 'registry' }, entity: null },
        message: { vi: expect.stringContaining('SYNC_AUTH'), en: expect.stringContaining('SYNC_AUTH') },
      },
    });
    await endRun('SUCCEEDED');
    for (const each of await waiting()) await deliverWebhook(stage, each, false);
    const types = receiver.messages.map(({ body }) => JSON.parse(body).type);
    // The second webhook wants everything, and came when the alert was open already.
    expect(types).toEqual(['alert.opened', 'alert.resolved', 'alert.resolved']);
  });

  it('what is not accepted is sent again by the queue, with the same id, until it is', async () => {
    const { webhook } = await register();
    receiver.replies = [status(500), status(503), status(200)];
    await endRun('FAILED');
    await prepareJobs(desk.database.url);
    const jobs: Jobs = await openJobs({
      url: desk.database.url,
      works: true,
      log: () => undefined,
      retryDelaySeconds: 1,
    });
    try {
      await startDeliveries(stage, jobs);
      // Two workers find the same deliveries.
      await Promise.all([queueDeliveries(stage, jobs), queueDeliveries(stage, jobs)]);
      await expect.poll(async () => (await logOf(webhook.id)).deliveries[0].state, { interval: 200 }).toBe('DELIVERED');
    } finally {
      await jobs.close();
    }
    expect(new Set(receiver.messages.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.messages.map(({ body }) => body)).size).toBe(1);
    expect(receiver.messages).toHaveLength(3);
    expect(await logOf(webhook.id)).toMatchObject({
      ...{ status: 'ACTIVE', failingSince: null },
      deliveries: [
        {
          event: 'alert.opened',
          state: 'DELIVERED',
          attempts: 3,
          statusCode: 200,
          error: null,
          alert: { kind: 'FAILED_RUN' },
        },
      ],
    });
    await endRun('SUCCEEDED');
  });

  it.each<[string, Reply, string]>([
    [
      'a redirect, which might lead inside',
      status(302, { location: 'http://127.0.0.1:1/' }),
      'HTTP 302; redirects are not followed',
    ],
    ['a refusal', status(401), 'HTTP 401'],
    [
      'an answer that never ends',
      (response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write(Buffer.alloc(65_536)), 5);
        response.on('close', () => clearInterval(timer));
      },
      'the answer is longer than 65536 bytes',
    ],
    ['no answer', () => undefined, 'no whole answer within 400 ms'],
    [
      'half an answer',
      (response) => void response.writeHead(200, { 'content-length': '9' }).write('a', () => response.destroy()),
      '',
    ],
  ])('%s is no acceptance, and nothing of it or of the address is told', async (_name, reply, error) => {
    const { webhook } = await register();
    const id = await insertTestDelivery(stage.database.fork(), webhook.id.slice('Webhook:'.length));
    receiver.replies = [reply];
    const bounds = { ...POST_BOUNDS, requestTimeoutMs: error.includes('400') ? 400 : 5000 };
    expect(await deliverWebhook({ ...stage, bounds }, id, false)).toBe('PENDING');
    const log = await logOf(webhook.id);
    expect(log).toMatchObject({ status: 'ACTIVE', deliveries: [{ state: 'PENDING', attempts: 1 }] });
    expect(log.deliveries[0].error).toContain(error);
    expect(log.failingSince).not.toBeNull();
    expect(JSON.stringify(log)).not.toMatch(/127\.0\.0\.1|hidden/);
    expect(receiver.messages).toHaveLength(1);
    expect(await deliverWebhook({ ...stage, bounds }, id, true)).toBe('FAILED');
  });

  it('an address that is not public is refused, at registration and at each message', async () => {
    const guarded = {
      ...desk.platform,
      sources: { ...desk.stage, addressGuard: createAddressGuard({ allowedHosts: [] }) },
    };
    const { webhook } = await register();
    const { sources } = guarded;
    const code = async (url: string) => (await ask(REGISTER, { input: { url } })).errors?.[0]?.extensions?.code;
    expect(await code('http://10.0.0.1/')).toBe('SYNC_ADDRESS');
    expect(await code('http://169.254.169.254/latest')).toBe('SYNC_ADDRESS');
    for (const url of [
      'ftp://example.org/',
      'https://user:word@example.org/',
      'https://example.org/#part',
      'nothing',
      '',
    ]) {
      expect([url, await code(url)]).toEqual([url, 'BAD_USER_INPUT']);
    }
    await endRun('FAILED');
    const [id = ''] = await waiting();
    expect(await deliverWebhook({ ...stage, addressGuard: sources.addressGuard }, id, false)).toBe('PENDING');
    expect((await logOf(webhook.id)).deliveries[0].error).toBe(
      'the address is not in the public network; see SOURCE_ALLOWED_HOSTS',
    );
    expect(receiver.messages).toEqual([]);
    await endRun('SUCCEEDED');
  });

  it('a receiver that is gone, or that accepts nothing for a day, is paused and may be activated again', async () => {
    const TEST = 'mutation ($id: ID!) { testWebhook(id: $id) { event state attempts statusCode error alert { id } } }';
    const { webhook } = await register();
    const { id } = webhook;
    receiver.replies = [status(500)];
    expect((await done(TEST, { id })).testWebhook).toEqual({
      event: 'test',
      state: 'FAILED',
      attempts: 1,
      statusCode: 500,
      error: 'HTTP 500',
      alert: null,
    });
    await endRun('FAILED');
    const [delivery = ''] = await waiting();
    const tomorrow = new Date(Date.now() + 25 * 3_600_000);
    await deliverWebhook({ ...stage, now: () => tomorrow }, delivery, false);
    expect(await logOf(id)).toMatchObject({ status: 'PAUSED', statusReason: 'nothing was accepted for a day' });
    // What still waits is not sent any more, and what comes is not written.
    expect(await deliverWebhook(stage, delivery, false)).toBe('FAILED');
    await endRun('SUCCEEDED');
    expect(await waiting()).toEqual([]);
    receiver.replies = [status(200)];
    expect((await done(TEST, { id })).testWebhook).toMatchObject({ state: 'DELIVERED', statusCode: 200 });
    expect(JSON.parse(receiver.messages.at(-1)?.body ?? '')).toMatchObject({ type: 'test', data: {} });
    const set = (verb: string) =>
      done(`mutation ($id: ID!) { ${verb}Webhook(id: $id) { status statusReason } }`, { id });
    expect(await set('activate')).toEqual({ activateWebhook: { status: 'ACTIVE', statusReason: null } });
    receiver.replies = [status(410)];
    await endRun('FAILED');
    for (const each of await waiting()) await deliverWebhook(stage, each, false);
    expect(await logOf(id)).toMatchObject({ status: 'PAUSED', statusReason: 'the receiver says that it is gone' });
    expect(await set('remove')).toEqual({ removeWebhook: { status: 'REMOVED', statusReason: null } });
    const again = await ask('mutation ($id: ID!) { activateWebhook(id: $id) { status } }', { id });
    expect(again.errors?.[0]?.extensions?.code).toBe('NOT_FOUND');
    const { webhooks } = await done('{ webhooks { totalCount } }');
    expect(webhooks.totalCount).toBe(0);
    const actions = await rowsOf<{ action: string }>(
      stage.database,
      `select action from audit where target = '${id}' order by id`,
    );
    expect(actions.map(({ action }) => action)).toEqual([
      ...[
        'registerWebhook',
        'testWebhook',
        'pauseWebhook',
        'testWebhook',
        'activateWebhook',
        'pauseWebhook',
        'removeWebhook',
      ],
    ]);
    await endRun('SUCCEEDED');
  });

  it('the same request registers once, and the secret is shown once and stored sealed', async () => {
    const first = await register({ idempotencyKey: 'one' });
    const again = await register({ idempotencyKey: 'one' });
    expect(again).toMatchObject({ secret: null, webhook: { id: first.webhook.id } });
    const other = await ask(REGISTER, { input: { url: `${receiver.url}&more`, idempotencyKey: 'one' } });
    expect(other.errors?.[0]?.extensions?.code).toBe('IDEMPOTENCY_KEY_REUSED');
    const stored = await rowsOf(
      stage.database,
      `select w.*, (select json_agg(i) from idempotent_write i) as writes, (select json_agg(a) from audit a) as audit from webhook w`,
    );
    expect(JSON.stringify(stored)).not.toContain(first.secret);
    expect(JSON.stringify(stored)).not.toContain(first.secret.slice(6, 40));
  });

  it('is for integrators and admins alone', async () => {
    const { webhook } = await register();
    const asked = (await ask('{ webhooks { totalCount } }', {}, null)).errors?.[0]?.extensions?.code;
    const node = (await ask(LOG, { id: webhook.id }, null)).errors?.[0]?.extensions?.code;
    const officer = (await ask(REGISTER, { input: { url: receiver.url } }, await desk.tokenOf('officer'))).errors?.[0]
      ?.extensions?.code;
    expect([asked, node, officer]).toEqual(['AUTH_REQUIRED', 'AUTH_REQUIRED', 'AUTH_FORBIDDEN']);
    expect((await ask('{ webhooks { totalCount } }', {}, await desk.tokenOf('admin'))).data).toMatchObject({
      webhooks: { totalCount: 1 },
    });
  });
});
