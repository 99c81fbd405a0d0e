import type { WebSocket } from '@fastify/websocket';
import type { FastifyRequest } from 'fastify';
import { type ExecutionArgs, GraphQLError, type GraphQLFormattedError, OperationTypeNode } from 'graphql';
import { type Context, makeServer, type SubscribePayload } from 'graphql-ws';
import type { SignedIn } from '../access/signedIn.js';
import { clientOf } from '../access/throttle.js';
import type { Viewer } from '../access/viewer.js';
import { PlatformError } from '../domain/errors.js';
import { createContext, type GraphContext, type Platform } from '../graph/context.js';
import { Allowance, MAX_SUBSCRIPTIONS_PER_CLIENT } from './allowance.js';
import type { ConnectionOptions } from './connection.js';
import { executeWithinTime } from './deadline.js';
import { mergeErrors, outcomeOf } from './error.js';
import { MAX_OPERATIONS_PER_SOCKET } from './limit.js';
import { isForeign } from './origin.js';
import { Peer, SocketSink } from './socketSink.js';
import { subscribe } from './subscribe.js';

/** Time between pings, and the longest wait for a pong before a socket counts as dead. */
const KEEP_ALIVE_MS = 12_000;

/** Close code while the platform starts: an application code, so that graphql-ws clients try again. */
const CLOSE_STARTING = 4503;
/** Credentials that are not right; clients of graphql-ws do not try again. */
const CLOSE_UNAUTHORIZED = 4401;
const CLOSE_FORBIDDEN = 4403;
/** Too many credentials that were not right, or too many connections; clients of graphql-ws do not try again. */
const CLOSE_TOO_MANY = 4429;
const CLOSE_INTERNAL_ERROR = 4500;

/** Close codes by the code of what is wrong with the credentials. */
const CLOSES: Readonly<Record<string, number>> = {
  AUTH_INVALID: CLOSE_UNAUTHORIZED,
  AUTH_THROTTLED: CLOSE_TOO_MANY,
  RATE_LIMITED: CLOSE_TOO_MANY,
  AUTH_UNAVAILABLE: CLOSE_STARTING,
};

/** What is known of a connection. */
interface Connection {
  readonly socket: WebSocket;
  readonly request: Pick<FastifyRequest, 'headers' | 'ip' | 'raw'>;
  readonly peer: Peer;
  /** Null until the connection is initialised. */
  signedIn: SignedIn | null;
}
type SocketContext = Context<Record<string, unknown> | undefined, Connection>;

/** An operation that may be executed, and who asked for it. */
interface Prepared extends ExecutionArgs {
  readonly asked: {
    readonly connection: SocketContext;
    readonly id: string;
    readonly kind: OperationTypeNode;
    readonly startedAt: number;
  };
}

/** What {@link makeSocketHandler} needs. */
export interface SocketOptions extends ConnectionOptions {
  /** Told about failures of the protocol's own code, which clients see as close code 4500. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Makes the handler of WebSocket connections, protocol `graphql-transport-ws`: every kind of operation, with the limits and error
 * codes of HTTP. Pages of other hosts are refused (4403). It is the adapter of graphql-ws for @fastify/websocket without its
 * `console.error` on frames that clients spoil.
 */
export function makeSocketHandler(options: SocketOptions): (socket: WebSocket, request: Connection['request']) => void {
  const { compiled, formatError, metrics } = options;
  const subscriptions = new Allowance(null, MAX_SUBSCRIPTIONS_PER_CLIENT);
  const draft = (error: GraphQLError): GraphQLFormattedError => formatError(error.toJSON(), error);
  /** Subscriptions that are counted already, whatever is wrong with their events. */
  const begun = new WeakSet<ExecutionArgs>();

  const server = makeServer<Record<string, unknown> | undefined, Connection>({
    onConnect: (context) => signIn(context, options),
    onSubscribe: (context, id, payload) => prepare(context, id, payload, options),
    execute: (args) => executeWithinTime(compiled, args, options.maxExecutionMs),
    subscribe: async (args) => {
      const { connection, id } = (args as Prepared).asked;
      const { platform, viewer } = args.contextValue as GraphContext;
      const { ip } = connection.extra.request;
      const giveBack = subscriptions.take(ip, viewer.subject ?? clientOf(ip));
      if (giveBack === null)
        return { errors: [tooMany(`This client has ${MAX_SUBSCRIPTIONS_PER_CLIENT} subscriptions.`)] };
      const results = await subscribe(args, {
        ...{ hub: options.hub, feed: platform.feed, compiled, formatError, viewer, onEnd: giveBack },
        createContext: contextMaker(options, viewer),
        toSink: (end) => {
          const silently = (): void => {
            // Who is not there any more is not told that it is complete.
            delete connection.subscriptions[id];
            end();
          };
          return new SocketSink(connection.extra.peer, id, { inOrder: end, silently });
        },
      });
      if (Symbol.asyncIterator in results) {
        begun.add(args);
        metrics.countOperation({ transport: 'socket', kind: OperationTypeNode.SUBSCRIPTION, outcome: 'ok' });
      }
      return results;
    },
    onNext: (_context, _id, _payload, args, { data, errors }) => {
      const { kind, startedAt } = (args as Prepared).asked;
      const told = errors && mergeErrors(errors.map(draft));
      const counted = { transport: 'socket', kind, outcome: outcomeOf(told) } as const;
      if (kind !== OperationTypeNode.SUBSCRIPTION) metrics.countOperation({ ...counted, startedAt });
      else if (!begun.has(args)) metrics.countOperation(counted);
      return told && { ...(data === undefined ? {} : { data }), errors: told };
    },
    onError: (_context, _id, _payload, errors) => {
      const told = errors.map(draft);
      metrics.countOperation({ transport: 'socket', kind: 'none', outcome: outcomeOf(told) });
      return told;
    },
  });

  return (socket, request) => {
    if (isForeign(request.headers)) {
      socket.close(CLOSE_FORBIDDEN, 'Pages of other hosts may not connect; a proxy must pass the Host header on');
      return;
    }
    if (options.platform() === null) {
      socket.close(CLOSE_STARTING, 'The platform is starting; try again in a second');
      return;
    }
    const giveBack = options.connections.take(request.ip);
    if (giveBack === null) {
      socket.close(CLOSE_TOO_MANY, 'Too many connections of this client; subscribe to more on one of them');
      return;
    }
    const peer = new Peer(socket, request.raw.socket);
    const stopPinging = keepAlive(peer);
    const closed = server.opened(
      {
        protocol: socket.protocol,
        send: (data) =>
          new Promise((resolve, reject) => {
            if (socket.readyState !== socket.OPEN) resolve();
            else if (peer.unreadBytes > options.hub.bounds.cutBytes) resolve(peer.cut());
            else socket.send(data, (error) => (error ? reject(error) : resolve()));
          }),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (receive) =>
          socket.on('message', (data) => {
            receive(String(data)).catch((error: unknown) => {
              // A send that fails because the client has gone is no failure of ours.
              if (socket.readyState !== socket.OPEN) return;
              options.onFailure(error);
              socket.close(CLOSE_INTERNAL_ERROR, 'Internal server error');
            });
          }),
      },
      { socket, request, peer, signedIn: null },
    );
    socket.once('close', (code, reason) => {
      giveBack();
      stopPinging();
      closed(code, String(reason)).catch(options.onFailure);
    });
  };
}

/**
 * Finds out who connects: by `authorization` of `connection_init`, else by the header of the upgrade. The connection ends with the credentials.
 * @returns false = it is closed
 */
async function signIn({ connectionParams, extra }: SocketContext, options: SocketOptions): Promise<boolean> {
  const { socket, request } = extra;
  try {
    const authorization = connectionParams?.authorization ?? request.headers.authorization;
    const signedIn = await options.identity.signIn(authorization, request.ip);
    options.identity.count(signedIn, request.ip);
    if (socket.readyState === socket.OPEN) options.sessions.bind(socket, signedIn);
    extra.signedIn = signedIn;
    return true;
  } catch (error) {
    const code = error instanceof PlatformError ? CLOSES[error.code] : undefined;
    if (!(error instanceof PlatformError) || code === undefined) throw error;
    // The reason of a close frame has at most 123 bytes.
    socket.close(code, error.message.slice(0, 120));
    return false;
  }
}

/** Parses, validates and judges an operation as HTTP does; errors become the operation's `error` message. */
function prepare(
  connection: SocketContext,
  id: string,
  payload: SubscribePayload,
  options: SocketOptions,
): Prepared | readonly GraphQLError[] {
  const { subscriptions, extra } = connection;
  const { schema } = options.compiled;
  // The operation that asks is counted already.
  if (Object.keys(subscriptions).length > MAX_OPERATIONS_PER_SOCKET) {
    const what = `This connection has ${MAX_OPERATIONS_PER_SOCKET} operations under way.`;
    return [tooMany(`${what} Complete one, or open another connection.`)];
  }
  const { signedIn } = extra;
  if (signedIn === null) throw new Error('an operation came before the connection was initialised');
  try {
    options.identity.count(signedIn, extra.request.ip);
    const { viewer } = signedIn;
    const { operationName, variables } = payload;
    const source = options.trusted.resolve(payload, viewer) ?? '';
    const judged = options.judge.judgeOperation({
      ...{ source, operationName, variables, viewer, transport: 'socket' },
    });
    if (judged.errors !== null) return judged.errors;
    options.identity.spend(signedIn, extra.request.ip, judged.cost);
    options.metrics.costs.observe(judged.cost);
    return {
      ...{ schema, document: judged.document, operationName: judged.operationName, variableValues: judged.variables },
      contextValue: createContext(requirePlatform(options), viewer),
      asked: { connection, id, kind: judged.operation.operation, startedAt: performance.now() },
    };
  } catch (error) {
    if (error instanceof PlatformError) return [new GraphQLError(error.message, { originalError: error })];
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

function tooMany(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'TOO_MANY_OPERATIONS' } });
}

/** Apart from the connection that asked first, which others outlive. */
function contextMaker(options: SocketOptions, viewer: Viewer): () => GraphContext {
  return () => createContext(requirePlatform(options), viewer);
}

function requirePlatform(options: SocketOptions): Platform {
  const platform = options.platform();
  if (platform !== null) return platform;
  throw new GraphQLError('The platform is not ready.', { extensions: { code: 'STARTING' } });
}

/**
 * Pings a client and ends its socket when nothing is heard until the next ping, neither a pong nor that it has read: to a slow reader the ping
 * comes behind all that waits for it. Returns what stops the pings.
 */
function keepAlive(peer: Peer): () => void {
  const { socket } = peer;
  let isAlive = true;
  let read = peer.readBytes;
  socket.on('pong', () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    const { readBytes } = peer;
    if (!isAlive && readBytes === read) return socket.terminate();
    isAlive = false;
    read = readBytes;
    socket.ping();
  }, KEEP_ALIVE_MS);
  return () => clearInterval(timer);
}
