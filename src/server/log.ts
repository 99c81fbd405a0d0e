import type { FastifyInstance } from 'fastify';
import { type LoggerOptions, pino } from 'pino';
import { COST_HEADER } from './cost.js';

/** How much is logged, from the most to the least. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
/** See {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Frames of a stack that are told; deeper ones are of libraries. */
const MAX_FRAMES = 12;

/** What must not be in a log even where an error quotes it: credentials, passwords in addresses, personal numbers and addresses. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[\w.~+/=-]+/gi, '$1 [redacted]'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[redacted token]'],
  [/\bdti_[\w-]{8,}/g, '[redacted key]'],
  [/(\w+:\/\/[^\s:/@]*):[^\s/@]+@/g, '$1:[redacted]@'],
  [/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '[redacted address]'],
  [/(?<!\d)\d{12}(?!\d)/g, '[redacted number]'],
];

/** A text without what looks like a credential or personal data. */
export function redact(text: string): string {
  return SECRETS.reduce((clean, [pattern, instead]) => clean.replace(pattern, instead), text);
}

/**
 * What is told of an error: name, code, message and where, and the same of its cause. Errors of PostgreSQL and of the ORM quote statements and values, so of them
 * only SQLSTATE and the names of table and constraint are told.
 */
export function describeFailure(error: unknown): unknown {
  if (!(error instanceof Error)) return redact(String(error));
  const { code, table, constraint, severity } = error as Error & Readonly<Record<string, unknown>>;
  const isOfDatabase = severity !== undefined || 'query' in error || 'sql' in error || /Exception$/.test(error.name);
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: error.name,
    ...(code === undefined ? {} : { code: String(code) }),
    ...(isOfDatabase
      ? { ...(table === undefined ? {} : { table }), ...(constraint === undefined ? {} : { constraint }) }
      : { message: redact(error.message) }),
    at: frames.slice(0, MAX_FRAMES).map((line) => line.trim().slice(3)),
    ...(error.cause === undefined ? {} : { cause: describeFailure(error.cause) }),
  };
}

/**
 * The one shape of every line of the log: JSON with `level`, `time`, `part` and `msg`; an error as {@link describeFailure} tells it. Of a request only method and path are
 * told, never the query string, headers or body, which hold documents, variables and credentials.
 */
export function logOptions(part: string, level: LogLevel): LoggerOptions {
  return {
    level,
    base: { part },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: {
      err: describeFailure,
      req: (request: { method?: string; url?: string }) => ({
        method: request.method,
        path: request.url?.split('?', 1)[0],
      }),
      res: (reply: { statusCode?: number }) => ({ status: reply.statusCode }),
    },
    hooks: {
      logMethod(args, method) {
        const clean = args.map((each) => (typeof each === 'string' ? redact(each) : each));
        method.apply(this, clean as Parameters<typeof method>);
      },
    },
  };
}

/** The log of a part of the process that is no server. */
export interface PartLog {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string, error?: unknown): void;
}

/** Opens the log of a part. @param write receives each line, ended by a newline */
export function openLog(part: string, level: LogLevel, write: (line: string) => void): PartLog {
  const logger = pino(logOptions(part, level), { write });
  return {
    debug: (message) => logger.debug(message),
    info: (message) => logger.info(message),
    warn: (message) => logger.warn(message),
    error: (message, error) => (error === undefined ? logger.error(message) : logger.error({ err: error }, message)),
  };
}

/** A line of the log for people: time, level, part and message, then what else there is. */
export function toText(line: string): string {
  const { time, level, part, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const more = Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(rest)}`;
  return `${time} ${level} ${part}: ${msg ?? ''}${more}\n`;
}

/** Logs each request that was answered, at level info. */
export function addAccessLog(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    const cost = reply.getHeader(COST_HEADER);
    request.log.info(
      {
        method: request.method,
        path: request.url.split('?', 1)[0],
        ...{ status: reply.statusCode, ms: Math.round(reply.elapsedTime * 10) / 10 },
        ...(cost === undefined ? {} : { cost: Number(cost) }),
        // Health and metrics are asked by nobody in particular.
        ...(request.signedIn === undefined ? {} : { role: request.signedIn.viewer.role }),
      },
      'request',
    );
    done();
  });
}
