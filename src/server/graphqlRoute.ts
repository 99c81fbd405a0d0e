import type { OutgoingHttpHeaders } from 'node:http';
import { type ApolloServer, HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { PlatformError } from '../domain/errors.js';
import { createContext, type GraphContext, type Platform } from '../graph/context.js';
import type { AnswerDesk, Asked, LeftOver, Refusal } from './answer.js';
import { Answer } from './answerCache.js';
import { COST_HEADER } from './cost.js';
import { withinTime } from './deadline.js';
import { type ErrorFormatter, errorBody } from './error.js';
import { isKnown } from './etag.js';
import type { EventRequests } from './events.js';
import type { Identity } from './identity.js';
import { RecentMap } from './recent.js';
import { isRecord } from './record.js';
import type { DocumentRequest, TrustedDocuments } from './trusted.js';

/** What {@link addGraphqlRoute} needs. */
export interface GraphqlRouteOptions {
  readonly apollo: ApolloServer<GraphContext>;
  readonly desk: AnswerDesk;
  /** Answers those who want a stream of events. */
  readonly events: EventRequests;
  readonly identity: Identity;
  readonly trusted: TrustedDocuments;
  readonly formatError: ErrorFormatter;
  /** Throws PlatformError STARTING while there is none. */
  readonly platform: () => Platform;
  /** Called after every mutation, whatever came of it. */
  readonly onMutation: () => void;
  /** Longest execution of a query. */
  readonly maxExecutionMs: number;
  /** How the routes are to be registered: hooks, and the handler of WebSockets. */
  readonly get: Pick<RouteOptions, 'onRequest' | 'wsHandler'>;
  readonly post: Pick<RouteOptions, 'onRequest'>;
}

type Transport = 'get' | 'post';
/** What a handler gives back: undefined when the reply is sent. */
type Replied = undefined | Promise<FastifyReply | undefined>;

/** Statuses of the failures of {@link TrustedDocuments}. */
const STATUS: Readonly<Record<string, number>> = {
  BAD_REQUEST: 400,
  PERSISTED_QUERY_NOT_FOUND: 400,
  DOCUMENT_NOT_TRUSTED: 403,
};

/** Media types of answers whose `accept` says nothing special. */
const PLAIN = 'application/json; charset=utf-8';
const PLAIN_ACCEPTS: ReadonlySet<string | undefined> = new Set([undefined, '*/*', 'application/json']);
/** How many other values of `accept` are remembered, and how long they may be. */
const [MAX_ACCEPTS, MAX_ACCEPT] = [100, 300];

/** A body that says it is JSON, unread: a request that came before is recognised by it. */
class JsonText {
  constructor(readonly text: string) {}
}

/** A request as GraphQL over HTTP has it; its parts are not judged yet. */
interface GraphqlRequest extends DocumentRequest {
  readonly operationName?: unknown;
  readonly variables?: unknown;
}

/**
 * Adds `/graphql` for GET and POST. What is asked again is answered from memory before anything of it is read, queries without errors by
 * {@link AnswerDesk}, refusals at once; Apollo answers all else, and says which media type an unusual `accept` gets. An answer is the same on each way.
 */
export function addGraphqlRoute(app: FastifyInstance, options: GraphqlRouteOptions): void {
  const route = new GraphqlRoute(options, app.getDefaultJsonParser('error', 'error'));
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) =>
    done(null, new JsonText(String(text))),
  );
  app.route({ ...options.get, method: 'GET', url: '/graphql', handler: (request, reply) => route.get(request, reply) });
  app.route({
    ...options.post,
    method: 'POST',
    url: '/graphql',
    handler: (request, reply) => route.post(request, reply),
  });
}

type JsonParser = ReturnType<FastifyInstance['getDefaultJsonParser']>;

class GraphqlRoute {
  /** The media type that Apollo chose for a value of `accept`. */
  readonly #types = new RecentMap<string>(MAX_ACCEPTS);

  constructor(
    readonly options: GraphqlRouteOptions,
    readonly parser: JsonParser,
  ) {}

  post(request: FastifyRequest, reply: FastifyReply): Replied {
    const { body } = request;
    if (this.options.events.wants(request)) return this.#stream(request, reply);
    if (!(body instanceof JsonText)) return this.#askApollo(request, reply, { body });
    const answer = this.#recall('post', body.text, request);
    if (answer !== null) return this.#send(answer, request, reply, 'post');
    return this.#read(body.text, request).then((read) => this.#ask('post', body.text, read, request, reply));
  }

  get(request: FastifyRequest, reply: FastifyReply): Replied {
    if (this.options.events.wants(request)) return this.#stream(request, reply);
    const { url = '' } = request.raw;
    const from = url.indexOf('?');
    const text = from === -1 ? '' : url.slice(from + 1);
    const answer = isMeant(request) ? this.#recall('get', text, request) : null;
    if (answer !== null) return this.#send(answer, request, reply, 'get');
    return this.#ask('get', text, isMeant(request) ? readSearch(text) : null, request, reply);
  }

  async #stream(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { body } = request;
    if (body instanceof JsonText) request.body = await this.#read(body.text, request);
    return this.options.events.answer(request, reply);
  }

  #recall(transport: Transport, text: string, { signedIn }: FastifyRequest): Answer | null {
    const { desk } = this.options;
    return desk.recall(desk.nameOf(transport, text, signedIn.viewer), this.options.platform(), transport);
  }

  /** The body as JSON, as Fastify reads it: it refuses what is not, and names that would change prototypes. */
  #read(text: string, request: FastifyRequest): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | null, value?: unknown) => (error === null ? resolve(value) : reject(error));
      void this.parser(request, text, done as NonNullable<Parameters<JsonParser>[2]>);
    });
  }

  async #ask(
    transport: Transport,
    text: string,
    read: unknown,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply | undefined> {
    const { desk, identity, trusted, platform } = this.options;
    const { viewer } = request.signedIn;
    const whole = { body: read, search: transport === 'get' ? `?${text}` : '' };
    if (!isGraphqlRequest(read)) return this.#askApollo(request, reply, whole);
    let source: string | null;
    try {
      source = trusted.resolve(read, viewer);
    } catch (error) {
      return sendFailure(error, reply);
    }
    if (source === null) return this.#askApollo(request, reply, whole);
    const { operationName, variables } = read as Pick<Asked, 'operationName' | 'variables'>;
    const asked = { source, operationName, variables, viewer, transport };
    const name = desk.nameOf(transport, text, viewer);
    const spend = (cost: number): void => identity.spend(request.signedIn, request.ip, cost);
    let outcome: Answer | Refusal | LeftOver;
    try {
      outcome = await desk.ask({ ...asked, name, spend, platform: platform() });
    } catch (error) {
      return identity.refuse(error, reply);
    }
    if (outcome instanceof Answer) return this.#send(outcome, request, reply, transport);
    if (outcome.errors !== null) return this.#refuse(outcome, request, reply) ?? this.#askApollo(request, reply, whole);
    // Apollo knows nothing of ids, so it gets the document; a key without value is a bad request to it.
    const resolved = { query: source, operationName: operationName ?? null, variables: variables ?? null };
    const isText = typeof read.query === 'string' && idless(read);
    const again = isText
      ? whole
      : transport === 'post'
        ? { body: resolved, search: '' }
        : { body: null, search: searchOf(resolved) };
    try {
      const asking = this.#execute(request, again);
      // A mutation that waits for a run takes minutes, and must not be left half done.
      return pass(await (outcome.isMutation ? asking : withinTime(asking, this.options.maxExecutionMs)), reply);
    } catch (error) {
      return identity.refuse(error, reply);
    } finally {
      if (outcome.isMutation) this.options.onMutation();
    }
  }

  /**
   * Sends an answer, past Fastify's own way of replying, which costs as much as to recognise the request.
   * @returns undefined when it is sent: a handler that gives its reply back is waited for until the client has read
   */
  #send(
    answer: Answer,
    request: FastifyRequest,
    reply: FastifyReply,
    transport: Transport,
  ): undefined | Promise<FastifyReply> {
    const type = this.#typeFor(request);
    // Told by Apollo once, and remembered.
    if (type === null) return this.#learnType(answer, request, reply, transport);
    // The cost is told to the access log as well.
    const headers = reply.header(COST_HEADER, answer.cost).getHeaders() as OutgoingHttpHeaders;
    headers['content-type'] = type;
    let isThere = false;
    if (transport === 'get' && request.signedIn.viewer.subject === null) {
      headers.vary = 'authorization, accept';
      headers['cache-control'] = 'public, max-age=0, must-revalidate';
      headers.etag = answer.etag;
      isThere = isKnown(request.headers['if-none-match'], answer.etag);
    }
    reply.hijack();
    if (isThere) {
      reply.raw.writeHead(304, headers).end();
      return undefined;
    }
    headers['content-length'] = answer.length;
    reply.raw.writeHead(200, headers).end(answer.bytes);
    return undefined;
  }

  #typeFor({ headers: { accept } }: FastifyRequest): string | null {
    return PLAIN_ACCEPTS.has(accept) ? PLAIN : (this.#types.get(accept ?? '') ?? null);
  }

  /** Asks Apollo for next to nothing, to see which media type it chooses; what it refuses, such as an `accept` without JSON, it refuses. */
  async #learnType(
    answer: Answer,
    request: FastifyRequest,
    reply: FastifyReply,
    transport: Transport,
  ): Promise<FastifyReply> {
    const { accept = '' } = request.headers;
    const probe =
      transport === 'post'
        ? { body: { query: '{ __typename }' }, search: '' }
        : { body: null, search: '?query={__typename}' };
    const answered = await this.#execute(request, probe);
    const type = answered.headers.get('content-type');
    if ((answered.status ?? 200) !== 200 || type === undefined) return pass(answered, reply);
    if (accept.length <= MAX_ACCEPT) this.#types.set(accept, type);
    reply.header('content-type', type).header(COST_HEADER, answer.cost);
    return reply.send(answer.bytes);
  }

  /** @returns null when Apollo has to say which media type the refusal has */
  #refuse({ errors }: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply | null {
    const type = this.#typeFor(request);
    if (type === null) return null;
    const { http } = errors[0].extensions as { http?: { status?: number; headers?: ReadonlyMap<string, string> } };
    for (const [name, value] of http?.headers ?? []) reply.header(name, value);
    const told = errors.map((error) => this.options.formatError(error.toJSON(), error));
    return reply
      .code(http?.status ?? 400)
      .type(type)
      .send(`${JSON.stringify({ errors: told })}\n`);
  }

  async #askApollo(request: FastifyRequest, reply: FastifyReply, asked: Partial<ApolloRequest>): Promise<FastifyReply> {
    const { url = '' } = request.raw;
    const search = asked.search ?? (url.includes('?') ? url.slice(url.indexOf('?')) : '');
    return pass(await this.#execute(request, { body: asked.body, search }), reply);
  }

  #execute(request: FastifyRequest, { body, search }: ApolloRequest): Promise<HTTPGraphQLResponse> {
    const headers = new HeaderMap();
    for (const [name, value] of Object.entries(request.headers)) {
      if (value) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
    }
    return this.options.apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: request.method, headers, body, search },
      context: async () => createContext(this.options.platform(), request.signedIn.viewer),
    });
  }
}

interface ApolloRequest {
  readonly body: unknown;
  readonly search: string;
}

function pass({ headers, body, status }: HTTPGraphQLResponse, reply: FastifyReply): FastifyReply {
  for (const [name, value] of headers) reply.header(name, value);
  if (body.kind !== 'complete') throw new Error('an answer came in parts, which nobody asks for');
  return reply.code(status ?? 200).send(body.string);
}

/** Whether a GET shows that no foreign page made a browser send it: what Apollo asks of one. */
function isMeant({ headers }: FastifyRequest): boolean {
  const type = headers['content-type'];
  if (type !== undefined) return type === 'application/json';
  return Boolean(headers['apollo-require-preflight'] || headers['x-apollo-operation-name']);
}

/** The parameters of a GET; null when Apollo has to say what is wrong with them. */
function readSearch(text: string): GraphqlRequest | null {
  const search = new URLSearchParams(text);
  const read: Record<string, unknown> = {};
  for (const name of ['query', 'operationName', 'variables', 'extensions', 'documentId']) {
    const [value, ...others] = search.getAll(name);
    if (others.length > 0) return null;
    if (value === undefined) continue;
    read[name] = name === 'variables' || name === 'extensions' ? parseRecord(value) : value;
    if (read[name] === null) return null;
  }
  return read;
}

function parseRecord(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function searchOf({
  query,
  operationName,
  variables,
}: Pick<Asked, 'operationName' | 'variables'> & { query: string }): string {
  const search = new URLSearchParams({ query });
  if (operationName) search.set('operationName', operationName);
  if (variables) search.set('variables', JSON.stringify(variables));
  return `?${search}`;
}

/** Whether a request is well-formed enough to be judged; Apollo words what is wrong with others. */
function isGraphqlRequest(read: unknown): read is GraphqlRequest {
  if (!isRecord(read)) return false;
  const { query, operationName, variables, extensions } = read;
  const isText = (value: unknown) => value === undefined || value === null || typeof value === 'string';
  const isObject = (value: unknown) => value === undefined || value === null || isRecord(value);
  return isText(query) && isText(operationName) && isObject(variables) && isObject(extensions);
}

function idless({ documentId, extensions }: DocumentRequest): boolean {
  return documentId === undefined && !(isRecord(extensions) && extensions.persistedQuery !== undefined);
}

function sendFailure(error: unknown, reply: FastifyReply): FastifyReply {
  const status = error instanceof PlatformError ? STATUS[error.code] : undefined;
  if (!(error instanceof PlatformError) || status === undefined) throw error;
  reply.code(status).header('cache-control', 'no-store');
  return reply.send(errorBody(error.code, error.message, error.details));
}
