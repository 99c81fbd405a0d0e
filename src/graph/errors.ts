import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { ERROR_CODES, type ErrorCode, PlatformError } from '../domain/errors.js';
import { isConnectionLost } from '../store/connectionLost.js';

/** Failures of the installation: their messages name files, hosts and ports, which is nobody's business outside. */
const PRIVATE_CODES: ReadonlySet<ErrorCode> = new Set([
  'CONFIG_INVALID',
  'PORT_IN_USE',
  'DATA_FOLDER_IN_USE',
  'DATA_FOLDER_UNUSABLE',
  'DATA_NEWER',
  'DATABASE_UNREACHABLE',
  'DATABASE_TOO_OLD',
  'REFERENCE_INVALID',
  'SECRETS_KEY',
  'SNAPSHOT_CORRUPT',
  'INTERNAL_SERVER_ERROR',
]);

/** What a client can do when the database is away. */
const DATABASE_AWAY = 'The database does not answer at the moment. Ask again in a few seconds.';

/**
 * Turns an error into what a client may see: never a stack, SQL or an address.
 *
 * A {@link PlatformError} shows its code, message and details; failures of the installation show their code only. Errors that GraphQL or the server
 * gave a code to (bad documents, variables, limits) keep it. A lost connection to the database is DATABASE_UNREACHABLE. Everything else is logged and masked as INTERNAL_SERVER_ERROR.
 * @param formatted the draft of the library that executed the operation
 * @param error the error itself, often wrapped
 */
export function formatGraphError(
  formatted: GraphQLFormattedError,
  error: unknown,
  log: (message: string, error: unknown) => void,
): GraphQLFormattedError {
  const { locations, path } = formatted;
  const place = { ...(locations === undefined ? {} : { locations }), ...(path === undefined ? {} : { path }) };
  const original = unwrap(error);
  if (original instanceof PlatformError) {
    const { code, message, details } = original;
    if (!PRIVATE_CODES.has(code)) {
      const extensions = Object.keys(details).length === 0 ? { code } : { code, details };
      return { message, ...place, extensions };
    }
    log(`an operation failed with ${code}`, original);
    const told = code === 'DATABASE_UNREACHABLE' ? DATABASE_AWAY : ERROR_CODES[code];
    return { message: told, ...place, extensions: { code } };
  }
  const code = formatted.extensions?.code;
  if (typeof code === 'string' && code !== 'INTERNAL_SERVER_ERROR') {
    return { message: formatted.message, ...place, extensions: { code } };
  }
  const own = code === undefined ? codeOfOwnError(error) : null;
  if (own !== null) return { message: formatted.message, ...place, extensions: { code: own } };
  if (isConnectionLost(original)) {
    log('an operation failed, since the database does not answer', original);
    return { message: DATABASE_AWAY, ...place, extensions: { code: 'DATABASE_UNREACHABLE' } };
  }
  log('an operation failed in a way that nobody foresaw', original);
  return { message: 'Internal server error', ...place, extensions: { code: 'INTERNAL_SERVER_ERROR' } };
}

/** The error below the wrappings of GraphQL. */
function unwrap(error: unknown): unknown {
  let inner = error;
  while (inner instanceof GraphQLError && inner.originalError) inner = inner.originalError;
  return inner;
}

/** What graphql-js itself complains of before it executes has no code, and no path either; neither holds a secret. */
function codeOfOwnError(error: unknown): string | null {
  if (!(error instanceof GraphQLError) || error.path !== undefined || unwrap(error) !== error) return null;
  if (error.message.startsWith('Syntax Error')) return 'GRAPHQL_PARSE_FAILED';
  return error.message.startsWith('Variable "$') ? 'BAD_USER_INPUT' : 'GRAPHQL_VALIDATION_FAILED';
}
