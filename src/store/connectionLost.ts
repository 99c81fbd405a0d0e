import { PlatformError } from '../domain/errors.js';

/** What PostgreSQL and its driver say when the server stops, restarts, or ends a connection. */
const LOST_CODES = new Set([
  ...['57P01', '57P02', '57P03', '08000', '08001', '08003', '08006', '25P03'],
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'],
]);
const LOST_MESSAGE =
  /connection terminated|connection ended|client has encountered a connection error|timeout exceeded when trying to connect|not queryable/i;

/** True when the server was out of reach, so that the same work may succeed a little later. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof PlatformError) return error.code === 'DATABASE_UNREACHABLE';
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    const { code, syscall } = cause as NodeJS.ErrnoException;
    if (LOST_CODES.has(String(code)) || LOST_MESSAGE.test(cause.message)) return true;
    // The socket in the file system of a server that is away; else it is some file.
    if (code === 'ENOENT' && syscall === 'connect') return true;
    if (cause instanceof AggregateError && cause.errors.some(isConnectionLost)) return true;
  }
  return false;
}
