import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';
import { formatGraphError } from '../graph/errors.js';
import { MAX_PAYLOAD_BYTES } from './limit.js';

/** The log that {@link formatGraphError} writes unforeseen failures to. */
export type Log = Parameters<typeof formatGraphError>[2];

/** Turns an error into what the client sees. */
export type ErrorFormatter = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/** Makes the one formatter of errors, for Apollo Server (which calls it with its own draft) and for WebSockets. */
export function makeErrorFormatter(log: Log): ErrorFormatter {
  return (formatted, error) => {
    const code = codeOf(formatted, error);
    return formatGraphError({ ...formatted, extensions: { ...formatted.extensions, code } }, error, log);
  };
}

/**
 * The code of an error that has passed through Apollo Server or graphql-js: Apollo overwrites the codes of validation rules by
 * its own and keeps the original error, graphql-js gives none to bad variables.
 */
function codeOf(formatted: GraphQLFormattedError, error: unknown): unknown {
  const original = error instanceof GraphQLError ? error.originalError : undefined;
  const originalCode = original instanceof GraphQLError ? original.extensions.code : undefined;
  if (originalCode !== undefined) return originalCode;
  const code = formatted.extensions?.code;
  if (code !== undefined) return code;
  const isAboutVariable = error instanceof GraphQLError && error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION;
  return isAboutVariable ? 'BAD_USER_INPUT' : 'INTERNAL_SERVER_ERROR';
}

/**
 * The errors of an answer as they are told: of those that differ in nothing but the rows of lists, the first, which says in `extensions.places` how many
 * there are. A wrong argument below a list of 1,000 rows is one mistake.
 */
export function mergeErrors(errors: readonly GraphQLFormattedError[]): GraphQLFormattedError[] {
  const kinds = Map.groupBy(errors, (error) => {
    const { message, extensions, path } = error;
    // Only what was executed has a path; what the judge refuses is told in full.
    if (path === undefined) return error;
    return JSON.stringify([message, extensions, path.map((each) => (typeof each === 'number' ? null : each))]);
  });
  return [...kinds.values()].flatMap(([first, ...others]) => {
    if (first === undefined || others.length === 0) return first ?? [];
    return { ...first, extensions: { ...first.extensions, places: others.length + 1 } };
  });
}

/** What came of an answer with these errors, for the metrics: `ok`, or the first code. */
export function outcomeOf(errors: readonly GraphQLFormattedError[] | undefined): string {
  return String(errors?.[0]?.extensions?.code ?? 'ok');
}

/** The body of a refused request: one error in the shape of GraphQL, so that every client of `/graphql` can read it. */
export function errorBody(
  code: string,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): { readonly errors: readonly GraphQLFormattedError[] } {
  const extensions = Object.keys(details).length === 0 ? { code } : { code, details };
  return { errors: [{ message, extensions }] };
}

/** What Fastify does not say: how much it takes, and of what kind. */
const EXPLANATIONS: ReadonlyMap<number, string> = new Map([
  [413, `The body is larger than the ${MAX_PAYLOAD_BYTES / 1024} kB that are allowed. Ask in parts.`],
  [415, 'The body must be JSON and say so: send it with the header "content-type: application/json".'],
]);

/**
 * Answers 404 for unknown paths and the right status for bodies that Fastify itself refuses, never a stack.
 * @param sendPage answers an unknown path to who wants a page; false = nobody was answered
 */
export function addErrorHandlers(
  app: FastifyInstance,
  sendPage: (request: FastifyRequest, reply: FastifyReply) => boolean = () => false,
): void {
  app.setNotFoundHandler((request, reply) => {
    if (sendPage(request, reply)) return;
    reply.code(404).send(errorBody('NOT_FOUND', 'There is nothing here.'));
  });
  app.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply): FastifyReply => {
    const status = error.code === 'ERR_INVALID_URL' ? 400 : (error.statusCode ?? 500);
    if (status >= 500) {
      request.log.error({ err: error }, 'request failed');
      return reply.code(500).send(errorBody('INTERNAL_SERVER_ERROR', 'Internal server error'));
    }
    const code = status === 413 ? 'PAYLOAD_TOO_LARGE' : 'BAD_REQUEST';
    return reply.code(status).send(errorBody(code, EXPLANATIONS.get(status) ?? error.message));
  });
}

/** Answers what is no request that can be read, such as one whose head is too long, in the shape of GraphQL, and closes the connection. */
export function refuseUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const [status, code, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [
          '431 Request Header Fields Too Large',
          'PAYLOAD_TOO_LARGE',
          'The head of the request is too long; send it by POST.',
        ]
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'BAD_REQUEST', 'The request came too slowly.']
        : ['400 Bad Request', 'BAD_REQUEST', 'The request is not HTTP.'];
  const body = JSON.stringify(errorBody(code, message));
  const head = `content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${head}\r\n\r\n${body}`);
}
