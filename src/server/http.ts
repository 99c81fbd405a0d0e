import websocket, { type WebSocket } from '@fastify/websocket';
import fastify, { type FastifyInstance, LogController, type onRequestHookHandler } from 'fastify';
import { handleProtocols } from 'graphql-ws';
import type { Authenticator } from '../access/authenticator.js';
import type { SignedIn } from '../access/signedIn.js';
import { PlatformError } from '../domain/errors.js';
import type { Tracing } from '../domain/trace.js';
import { knownSince } from '../graph/at.js';
import type { Platform } from '../graph/context.js';
import { buildGraphSchema } from '../graph/schema.js';
import { Allowance, MAX_CONNECTIONS_PER_CLIENT } from './allowance.js';
import { AnswerDesk } from './answer.js';
import { AnswerCache } from './answerCache.js';
import { createApollo } from './apollo.js';
import { CompiledOperations } from './compiled.js';
import type { ConnectionOptions } from './connection.js';
import { addDashboard, missingPage, readPage } from './dashboard.js';
import { addErrorHandlers, errorBody, makeErrorFormatter, refuseUnreadable } from './error.js';
import { EventRequests } from './events.js';
import { addExports } from './export.js';
import type { Pace } from './exportPace.js';
import { addGraphiql, type Example, type ExampleVariables, refuseGraphiql } from './graphiql.js';
import { addGraphqlRoute } from './graphqlRoute.js';
import { addHealth, type Readiness } from './health.js';
import { Hub, type HubState } from './hub.js';
import type { Bounds } from './hubGroup.js';
import { Identity } from './identity.js';
import { OperationJudge } from './judge.js';
import { MAX_PAYLOAD_BYTES } from './limit.js';
import { addAccessLog, type LogLevel, logOptions } from './log.js';
import { addMetrics, Metrics, measureHub, measureServer } from './metrics.js';
import { Sessions } from './session.js';
import { makeSocketHandler } from './socket.js';
import { addTracing, TracedOperations } from './tracing.js';
import { NO_TRUSTED_DOCUMENTS, type TrustedDocuments } from './trusted.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks. */
    signedIn: SignedIn;
  }
}

/** Longest wait for requests under way at shutdown; the contract gives the whole process 10 s. */
const DRAIN_MS = 6_000;
/** Longest wait for a client to answer the closing of its WebSocket. */
const SOCKET_GOODBYE_MS = 1_000;
/** A client that sends its request slower than this is cut off. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Room for whole answers: some 400 of a matrix of 63 entities, or many thousands of small ones. */
const ANSWER_CACHE_BYTES = 16 * 1024 * 1024;

/** What {@link startServer} needs. */
export interface ServerOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Whether the schema may be asked for, with GraphiQL and suggestions in messages. */
  readonly introspection: boolean;
  /** Null while the platform starts; asked again by every operation. */
  readonly platform: () => Platform | null;
  readonly readiness: () => Readiness;
  /** Says who asks; without one nobody can sign in, and credentials are refused. */
  readonly authenticator?: () => Authenticator | null;
  /** How many proxies stand before the server, or their addresses; absent = none, so that the client is who connects. */
  readonly trustProxy?: number | readonly string[];
  /** Scheme and host by which people know the platform; absent or null = those of each request. */
  readonly publicUrl?: string | null;
  /** Requests and operations of one client a minute; absent or 0 = any number. */
  readonly rateLimitPerMinute?: number;
  /** WebSockets and streams of events that one client has open; absent or null = a default, not for this machine's own programs. */
  readonly maxSocketsPerClient?: number | null;
  /** Exports that one client has under way; absent or null = two, and any number for this machine's own programs. */
  readonly maxExportsPerClient?: number | null;
  /** How fast the client of an export must take it; absent = 4 kB a second over three minutes. */
  readonly exportPace?: Pace;
  /** The JSON Schema of manifests, served at `/manifest.schema.json`; absent = it is not. */
  readonly manifestSchema?: unknown;
  /** What clients of subscriptions may leave unread; absent = those of the hub. */
  readonly bounds?: Partial<Bounds>;
  /** What the server measures of itself is added there; absent = what it measures is its own. */
  readonly metrics?: Metrics;
  /** Room for whole answers, in bytes; 0 = none are kept, absent = 16 MB. */
  readonly answerCacheBytes?: number;
  /** Documents that clients name instead of sending them; absent = none. */
  readonly trusted?: TrustedDocuments;
  /** What GraphiQL offers; absent = nothing. */
  readonly examples?: readonly Example[];
  /** Folder of the built dashboard, served at `/`; absent = `/` says where the graph is. */
  readonly dashboard?: string;
  /** Receives one line of JSON per warning or error, ended by a newline; never bodies, queries or headers. */
  readonly log: (line: string) => void;
  /** Absent = warnings and errors only. */
  readonly logLevel?: LogLevel;
  /** Whether each request gets a line: method, path, status, milliseconds, cost and role, never who asked. */
  readonly accessLog?: boolean;
  /** Where traces of requests and operations go; absent = nowhere. */
  readonly tracing?: Tracing;
  /** Longest execution of a query, in milliseconds; absent = ten seconds. */
  readonly maxExecutionMs?: number;
  /** Cost of the operations of one client a minute; absent or 0 = any. */
  readonly costLimitPerMinute?: number;
}

/** A running server. */
export interface Server {
  /** Where it listens, with the actual port and without a slash at the end: `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Ends subscriptions (1001), answers what is under way for at most 6 s, and frees the port. */
  close(): Promise<void>;
}

/** A server of the graph. */
export interface GraphServer extends Server {
  /** The subscriptions that it serves. */
  live(): HubState;
}

/**
 * Listens, from the first moment on: before the platform is ready, health answers and everything else says STARTING.
 * @throws PlatformError PORT_IN_USE when another process has the port; CONFIG_INVALID when host or port cannot be used at all
 */
export async function startServer(options: ServerOptions): Promise<GraphServer> {
  const app = fastify({
    bodyLimit: MAX_PAYLOAD_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: trustOf(options.trustProxy ?? 0),
    clientErrorHandler: refuseUnreadable,
    logController: new LogController({ disableRequestLogging: true }),
    // One logger for all requests: nothing that is logged names a request, and one for each costs more than to recognise it.
    childLoggerFactory: (logger) => logger,
    logger: { ...logOptions('server', options.logLevel ?? 'warn'), stream: { write: options.log } },
  });
  const { tracing } = options;
  const schema = buildGraphSchema();
  const compiled =
    tracing === undefined
      ? new CompiledOperations(schema, options.maxExecutionMs)
      : new TracedOperations(tracing, schema, options.maxExecutionMs);
  const formatError = makeErrorFormatter((message, error) => app.log.error({ err: error }, message));
  const judge = new OperationJudge({ schema: compiled.schema, introspection: options.introspection });
  const metrics = options.metrics ?? new Metrics();
  const apollo = createApollo({
    ...options,
    schema: compiled.schema,
    judge,
    metrics,
    formatError,
    log: app.log,
    maxExecutionMs: compiled.maxExecutionMs,
  });
  const authenticator = options.authenticator ?? (() => null);
  const identity = new Identity({
    ...{ authenticator, rateLimitPerMinute: options.rateLimitPerMinute ?? 0 },
    costLimitPerMinute: options.costLimitPerMinute ?? 0,
  });
  const sessions = new Sessions({
    findRevoked: async (credentials) => (await authenticator()?.findRevoked(credentials)) ?? [],
    onFailure: (error) => app.log.warn({ err: error }, 'revoked credentials cannot be found out; trying again'),
  });
  const hub = new Hub({
    ...(options.bounds === undefined ? {} : { bounds: options.bounds }),
    onFailure: (error) => app.log.warn({ err: error }, 'subscribers cannot be told; trying again'),
    onLag: (ms) => metrics.deliveryLag.observe(ms / 1000),
  });
  const connections = new Allowance(options.maxSocketsPerClient ?? null, MAX_CONNECTIONS_PER_CLIENT);
  let isClosing = false;

  await app.register(websocket, {
    options: { maxPayload: MAX_PAYLOAD_BYTES, handleProtocols },
    // A frame that breaks the protocol or a limit: ws has sent its close code (1009 for a large one) already.
    errorHandler: (error, socket) => {
      app.log.warn({ reason: error.message }, 'WebSocket closed after a broken frame');
      setTimeout(() => socket.terminate(), SOCKET_GOODBYE_MS).unref();
    },
    preClose: (done) => closeSockets(app.websocketServer.clients, done),
  });
  const trusted = options.trusted ?? NO_TRUSTED_DOCUMENTS;
  // A page is opened without a token, so nobody could use it where what people write themselves is refused.
  const hasGraphiql = options.introspection && !trusted.only;
  const page = readPage(options.dashboard ?? null, hasGraphiql);
  addErrorHandlers(app, missingPage(page));
  if (options.accessLog === true) addAccessLog(app);
  if (tracing !== undefined) addTracing(app, tracing);
  addMetrics(app, metrics, async ({ headers, ip }) => (await identity.signIn(headers.authorization, ip)).viewer);
  measureHub(metrics, hub);
  measureServer(metrics, { judge, sockets: () => app.websocketServer.clients.size });
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff');
    done();
  });
  addHealth(app, () => {
    const state = options.readiness();
    return isClosing ? { ready: false, parts: { ...state.parts, server: 'stopping' } } : state;
  });
  if (options.introspection && trusted.only) refuseGraphiql(app);
  else if (options.introspection) addGraphiql(app, options.examples ?? [], () => exampleVariables(options.platform()));
  if (options.manifestSchema !== undefined) {
    const schema = JSON.stringify(options.manifestSchema);
    app.get('/manifest.schema.json', async (_request, reply) =>
      reply.type('application/schema+json').header('cache-control', 'public, max-age=3600').send(schema),
    );
  }
  await addDashboard(app, options.dashboard ?? null, page);

  await apollo.start();
  app.decorateRequest('signedIn');
  // Before the body is read: who may not ask need not be listened to.
  // With a callback, since a promise for each request costs more than to recognise an answer.
  const onRequest: onRequestHookHandler = (request, reply, done) => {
    // A WebSocket is accepted and closed with a reason, since browsers do not show the answer to a refused upgrade.
    if (request.ws) return done();
    if (options.platform() === null) {
      reply.code(503).header('retry-after', '1').header('cache-control', 'no-store');
      return void reply.send(errorBody('STARTING', 'The platform is starting; try again in a second.'));
    }
    const go = (signedIn: SignedIn | null): void => {
      if (signedIn === null) return;
      request.signedIn = signedIn;
      done();
    };
    const admitted = identity.admit(request, reply);
    if (admitted instanceof Promise) admitted.then(go).catch(done);
    else go(admitted);
  };
  const cache = new AnswerCache(options.answerCacheBytes ?? ANSWER_CACHE_BYTES);
  const desk = new AnswerDesk({ compiled, judge, cache, metrics });
  const onFailure = (error: unknown): void => app.log.error({ err: error }, 'WebSocket failed');
  const { maxExecutionMs } = compiled;
  const serving: ConnectionOptions = {
    ...{ compiled, judge, trusted, formatError, identity, sessions, hub, connections, maxExecutionMs, metrics },
    platform: options.platform,
  };
  const events = new EventRequests(serving);
  const wsHandler = makeSocketHandler({ ...serving, onFailure });
  metrics.gauge('dti_event_streams', 'Open streams of Server-Sent Events', () => events.size);
  app.addHook('preClose', async () => events.close());
  // Whoever has changed something sees it, although the revision of it comes by way of the database.
  const onMutation = (): void => cache.clear();
  compiled.onMutation = onMutation;
  addExports(app, {
    ...{ compiled, judge, cache, identity, metrics, trusted, formatError, onRequest },
    publicUrl: options.publicUrl ?? null,
    platform: () => requirePlatform(options.platform()),
    maxExportsPerClient: options.maxExportsPerClient ?? null,
    ...(options.exportPace === undefined ? {} : { exportPace: options.exportPace }),
  });
  // In a scope of its own, which reads JSON in its own way.
  await app.register(async (scope) =>
    addGraphqlRoute(scope, {
      ...{
        apollo,
        events,
        desk,
        identity,
        trusted,
        formatError,
        onMutation,
        maxExecutionMs,
        platform: () => requirePlatform(options.platform()),
      },
      ...{ get: { onRequest, wsHandler }, post: { onRequest } },
    }),
  );

  const close = async (): Promise<void> => {
    isClosing = true;
    sessions.close();
    const timer = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS);
    await app.close();
    hub.close();
    clearTimeout(timer);
    await apollo.stop();
  };
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    await close();
    throw explainListening(error, options);
  }
  return { url: urlOf(app, options.host), live: () => hub.state, close };
}

/** Which addresses before the client's own are proxies whose word is taken; a number counts them from the server on. */
function trustOf(proxies: number | readonly string[]): string[] | ((address: string, hop: number) => boolean) {
  return typeof proxies === 'number' ? (_address, hop) => hop < proxies : [...proxies];
}

function requirePlatform(platform: Platform | null): Platform {
  if (platform === null) throw new PlatformError('STARTING', 'The platform is starting; try again in a second.');
  return platform;
}

/** The newest rounds of provinces, published and open, and this time yesterday; on the first day, when the published one got its result. */
async function exampleVariables(platform: Platform | null): ReturnType<ExampleVariables> {
  const rounds = platform?.catalogue().content.rounds.filter(({ level }) => level === 'PROVINCE') ?? [];
  const published = rounds.findLast(({ status }) => status === 'PUBLISHED')?.code ?? 'PROVINCE-2022';
  const open = rounds.findLast(({ status }) => status !== 'PUBLISHED')?.code ?? published;
  const yesterday = new Date(Date.now() - 24 * 3_600_000);
  // The page needs no database: without one a reader fills the moment in.
  const known = platform && (await knownSince(platform, published, yesterday).catch(() => null));
  return { published, open, moment: (known ?? yesterday).toISOString() };
}

function closeSockets(sockets: ReadonlySet<WebSocket>, done: () => void): void {
  for (const socket of sockets) {
    socket.close(1001, 'The platform is stopping');
    setTimeout(() => socket.terminate(), SOCKET_GOODBYE_MS).unref();
  }
  done();
}

/** What a failure to listen means. */
export function explainListening(error: unknown, { host, port }: Pick<ServerOptions, 'host' | 'port'>): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'EADDRINUSE') {
    const message = `Port ${port} on ${host} is in use by another process. Stop that process, or set PORT to another port.`;
    return new PlatformError('PORT_IN_USE', message, { details: { host, port }, cause: error });
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    const message = `This process cannot listen on ${host}, port ${port} (${code}). Set HOST to an address of this machine and PORT to 1024 or more.`;
    return new PlatformError('CONFIG_INVALID', message, { details: { host, port }, cause: error });
  }
  return error;
}

/** Where a server listens. */
export function urlOf(app: FastifyInstance, host: string): string {
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  // A wildcard is where the server listens, not where a browser can go.
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
