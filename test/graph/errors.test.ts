import { GraphQLError } from 'graphql';
import { describe, expect, it } from 'vitest';
import { PlatformError } from '../../src/domain/errors.js';
import { formatGraphError } from '../../src/graph/errors.js';

function format(error: GraphQLError, extensions: Record<string, unknown> = {}) {
  const log: unknown[] = [];
  const draft = { ...error.toJSON(), extensions: { ...error.extensions, ...extensions, stacktrace: ['at secret'] } };
  return { formatted: formatGraphError(draft, error, (_, unforeseen) => log.push(unforeseen)), log };
}

const wrap = (originalError: Error) => new GraphQLError(originalError.message, { path: ['field'], originalError });

describe('formatGraphError', () => {
  it('shows the code, message and details of what the platform knows', () => {
    const known = new PlatformError('NOT_FOUND', 'There is no round "X".', { details: { known: ['A'] } });
    for (const error of [wrap(known), wrap(wrap(known))]) {
      expect(format(error, { code: 'INTERNAL_SERVER_ERROR' })).toEqual({
        formatted: {
          message: known.message,
          path: ['field'],
          extensions: { code: 'NOT_FOUND', details: { known: ['A'] } },
        },
        log: [],
      });
    }
  });

  it('keeps the code, but not the message, of failures of the installation', () => {
    const secret = new PlatformError('DATABASE_UNREACHABLE', 'PostgreSQL at 10.1.2.3:5432 does not answer');
    const { formatted, log } = format(wrap(secret));
    expect(formatted.extensions).toEqual({ code: 'DATABASE_UNREACHABLE' });
    expect(JSON.stringify(formatted)).not.toContain('10.1.2.3');
    expect(log).toEqual([secret]);
  });

  it.each([
    [
      'a connection that is refused',
      Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:5432'), { code: 'ECONNREFUSED' }),
    ],
    ['a server that stops', Object.assign(new Error('terminating connection'), { code: '57P01' })],
    [
      'a socket that is gone',
      Object.assign(new Error('connect ENOENT /run/x'), { code: 'ENOENT', syscall: 'connect' }),
    ],
    ['what the ORM makes of it', new Error('select 1', { cause: new Error('Connection terminated unexpectedly') })],
  ])('tells a client to ask again where the database is away: %s', (_, error) => {
    const { formatted, log } = format(wrap(error), { code: 'INTERNAL_SERVER_ERROR' });
    expect(formatted).toEqual({
      message: 'The database does not answer at the moment. Ask again in a few seconds.',
      path: ['field'],
      extensions: { code: 'DATABASE_UNREACHABLE' },
    });
    expect(log).toEqual([error]);
  });

  it('a file that is missing is no database that is away', () => {
    const error = Object.assign(new Error('open /etc/x'), { code: 'ENOENT', syscall: 'open' });
    expect(format(wrap(error), { code: 'INTERNAL_SERVER_ERROR' }).formatted.extensions?.code).toBe(
      'INTERNAL_SERVER_ERROR',
    );
  });

  it('masks and logs whatever nobody foresaw', () => {
    const unforeseen = new Error('select * from secret');
    const { formatted, log } = format(wrap(unforeseen), { code: 'INTERNAL_SERVER_ERROR' });
    expect(formatted).toEqual({
      message: 'Internal server error',
      path: ['field'],
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    });
    expect(log).toEqual([unforeseen]);
    expect(format(wrap(new TypeError('x'))).formatted.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR' });
  });

  it.each([
    'GRAPHQL_VALIDATION_FAILED',
    'GRAPHQL_PARSE_FAILED',
    'BAD_USER_INPUT',
    'QUERY_TOO_DEEP',
  ])('keeps %s', (code) => {
    const error = new GraphQLError('about the document', { extensions: { code } });
    expect(format(error).formatted).toEqual({ message: 'about the document', extensions: { code } });
  });

  it('gives graphql-js’s own complaints their code', () => {
    expect(format(new GraphQLError('Syntax Error: Unexpected Name')).formatted.extensions).toEqual({
      code: 'GRAPHQL_PARSE_FAILED',
    });
    expect(format(new GraphQLError('Variable "$a" got invalid value')).formatted.extensions).toEqual({
      code: 'BAD_USER_INPUT',
    });
    expect(format(new GraphQLError('Cannot query field')).formatted.extensions).toEqual({
      code: 'GRAPHQL_VALIDATION_FAILED',
    });
  });
});
