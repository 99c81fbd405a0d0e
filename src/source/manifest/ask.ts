import type { ConnectorContext, ResponseVerdict, SourceRequest, SourceResponse } from '../../domain/connector.js';
import { describeError, PlatformError } from '../../domain/errors.js';
import { readRetryAfter } from '../backoff.js';
import type { ParsedBody } from '../decode/body.js';
import { createParser } from '../decode/decode.js';
import type { FormatSpec } from '../decode/format.js';
import { compilePath } from '../decode/path.js';
import { describeBody, type JsonObject } from '../json.js';
import { judgeByStatus } from '../verdict.js';
import type { Authenticate } from './authenticate.js';
import { toSourceRequest } from './authenticate.js';
import { compilePredicate } from './predicate.js';
import { readDocument, readText } from './readDocument.js';
import type { ErrorRuleSpec } from './ruleSchema.js';
import { createAttemptScope } from './scope.js';
import type { Scope } from './template.js';
import { RESPONSE_VARIABLES } from './text.js';
import type { RequestWriter, WrittenRequest } from './writeRequest.js';

const FAIL_CODES = {
  auth: 'SYNC_AUTH',
  config: 'SYNC_CONFIG',
  protocol: 'SYNC_PROTOCOL',
  transient: 'SYNC_TRANSIENT',
} as const;

/** What a good answer says. */
export interface Answer {
  readonly response: SourceResponse;
  /** As it was sent by the last attempt. */
  readonly request: WrittenRequest;
  /** The whole body as data where there is one, else its text. */
  readonly document: unknown;
  readonly rows: readonly JsonObject[];
  /** Why there are no rows and need not be any; null = there may be rows. */
  readonly empty: string | null;
  /** Why the partition must be divided; null = it is fine. */
  readonly split: string | null;
}

/** Sends a request until there is a good answer. @throws PlatformError SYNC_* */
export type Ask = (write: RequestWriter, scope: Scope) => Promise<Answer>;

/** What decides about the answers to one kind of request. */
export interface AskOptions {
  readonly context: ConnectorContext;
  readonly authenticate: Authenticate;
  /** In the order of their precedence. */
  readonly rules: readonly ErrorRuleSpec[];
  /** null = JSON, XML or text as it comes, without rows. */
  readonly format: FormatSpec | null;
  readonly retryAfter: { readonly floorSeconds: number; readonly ceilingSeconds: number };
  /** Changes the rows of an answer before anything looks at them; for the contract suite. */
  readonly transformRows?: (rows: readonly JsonObject[]) => readonly JsonObject[];
}

/** A rule, compiled. */
interface Rule {
  readonly spec: ErrorRuleSpec;
  matches(response: SourceResponse, readBody: () => unknown): boolean;
  describe(response: SourceResponse, readBody: () => unknown): string;
}

/** Makes the function that sends requests of one kind: authenticated, judged by the rules, decoded. */
export function createAsk(options: AskOptions): Ask {
  const { context, authenticate, transformRows = (rows) => rows } = options;
  const rules = options.rules.map(compileRule);
  const parse = options.format === null ? null : createParser(options.format);
  return async (write, scope) => {
    let sent: WrittenRequest | null = null;
    let answer: Omit<Answer, 'response' | 'request'> = { document: null, rows: [], empty: null, split: null };
    const build = async (): Promise<SourceRequest> => {
      const writeSafely: RequestWriter = (values) => withoutCredentials(write(values), context.settings.baseUrl);
      const attempt = createAttemptScope(scope, context.now());
      const bare = writeSafely(attempt);
      // Credentials never go to another host.
      sent = isForeign(bare, context.settings.baseUrl) ? bare : await authenticate(writeSafely, attempt);
      return toSourceRequest(sent);
    };
    const judge = async (response: SourceResponse): Promise<ResponseVerdict> => {
      const parseBody = async (): Promise<ParsedBody | Error | null> =>
        parse === null ? null : attempt(() => parse(response.bytes ?? Buffer.from(response.body), response.headers));
      const isGood = response.status >= 200 && response.status < 300;
      const parsed = isGood ? await parseBody() : null;
      let document: unknown = parsed instanceof Error ? null : parsed?.document;
      // What is wrong may be said in another format, or beside the records.
      const readBody = (): unknown => (document ??= readDocument(response));
      const rule = rules.find((each) => each.matches(response, readBody));
      if (rule !== undefined && rule.spec.action !== 'ok') {
        const reason = rule.describe(response, readBody);
        if (rule.spec.action === 'empty' || rule.spec.action === 'split') {
          answer = { document: readBody(), rows: [], empty: null, split: null, [rule.spec.action]: reason };
          return { kind: 'ok' };
        }
        return judgeByRule(rule.spec, reason, response, options);
      }
      if (response.status === 304) {
        // Taken for an empty answer, it would look as if everything had gone.
        if (!isConditional(sent)) {
          const reason = 'status 304 (not modified) answers a request that was not conditional';
          return { kind: 'fail', code: 'SYNC_PROTOCOL', reason };
        }
        answer = { document: null, rows: [], empty: 'not modified since the last run', split: null };
        return { kind: 'ok' };
      }
      const verdict =
        rule === undefined ? boundRetry(judgeByStatus(response), response, options) : { kind: 'ok' as const };
      if (verdict.kind !== 'ok') return verdict;
      // A rule may say that a 404 is to be read.
      const body = parsed ?? (await parseBody());
      const rows = body === null || body instanceof Error ? body : await attempt(() => body.readRows());
      // A whole document without its records is one of another shape, which does not pass with time.
      if (rows !== body && rows instanceof PlatformError && rows.code === 'SYNC_PROTOCOL') {
        const reason = `${rows.message.replace(/\.$/, '')}; check the records of the format, or add a rule for what this answer means`;
        return { kind: 'fail', code: 'SYNC_PROTOCOL', reason };
      }
      // Half a body, or a page of HTML from a proxy.
      if (rows instanceof Error) return { kind: 'retry', reason: rows.message };
      if (body !== null && !(body instanceof Error)) document ??= body.document;
      if (parse === null && isBrokenJson(response, readBody()))
        return { kind: 'retry', reason: `Expected JSON, received ${describeBody(response.body)}` };
      answer = { document: readBody(), rows: transformRows(rows ?? []), empty: null, split: null };
      return { kind: 'ok' };
    };
    const response = await context.http.send(build, judge);
    if (sent === null) throw new Error('a request was answered before it was written');
    return { response, request: sent, ...answer };
  };
}

/** Half an answer to the order of an export, whose format nobody declares but the answer itself. */
function isBrokenJson({ body, headers }: SourceResponse, document: unknown): boolean {
  return /[/+]json\b/i.test(headers['content-type'] ?? '') && body !== '' && document === body;
}

/** @throws PlatformError SYNC_BOUND, which no repetition helps */
async function attempt<Result>(step: () => Result | Promise<Result>): Promise<Result | Error> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'SYNC_BOUND') throw error;
    return error instanceof Error ? error : new Error(describeError(error));
  }
}

function isForeign(request: WrittenRequest, baseUrl: string): boolean {
  return request.url !== null && new URL(request.url).host !== new URL(baseUrl).host;
}

function isConditional(request: WrittenRequest | null): boolean {
  return Object.keys(request?.headers ?? {}).some((name) => /^if-(none-match|modified-since)$/i.test(name));
}

/** Headers of any name may carry credentials, so that only harmless ones go to another host. */
function withoutCredentials(request: WrittenRequest, baseUrl: string): WrittenRequest {
  if (!isForeign(request, baseUrl)) return request;
  const { accept } = request.headers;
  return { ...request, headers: accept === undefined ? {} : { accept }, body: null, data: undefined };
}

function judgeByRule(
  spec: ErrorRuleSpec,
  reason: string,
  response: SourceResponse,
  options: AskOptions,
): ResponseVerdict {
  if (spec.action === 'refreshAuthentication') return { kind: 'refresh_auth', reason };
  if (spec.action === 'fail') return { kind: 'fail', reason, code: FAIL_CODES[spec.as] };
  const afterMs = spec.afterSeconds === undefined ? {} : { afterMs: spec.afterSeconds * 1000 };
  return boundRetry({ kind: 'retry', reason, ...afterMs }, response, options);
}

/** Holds Retry-After between the source's own bounds. */
function boundRetry(verdict: ResponseVerdict, response: SourceResponse, options: AskOptions): ResponseVerdict {
  if (verdict.kind !== 'retry') return verdict;
  const askedMs = readRetryAfter(response.headers['retry-after'], options.context.now());
  if (askedMs === null) return verdict;
  const { floorSeconds, ceilingSeconds } = options.retryAfter;
  return { ...verdict, afterMs: Math.min(ceilingSeconds * 1000, Math.max(floorSeconds * 1000, askedMs)) };
}

function compileRule(spec: ErrorRuleSpec): Rule {
  const body = spec.body === undefined ? null : compilePredicate(spec.body, RESPONSE_VARIABLES);
  const message = spec.message === undefined ? null : compilePath(spec.message);
  return {
    spec,
    matches: (response, readBody) => {
      const { status, headers } = response;
      // Words that any refusal carries must not hide that it is one.
      if (spec.status === undefined && status === 401) return false;
      if (spec.status !== undefined && !spec.status.some((each) => fitsStatus(each, status))) return false;
      if (spec.header !== undefined) {
        const value = headers[spec.header.name.toLowerCase()];
        if (value === undefined || !value.toLowerCase().includes(spec.header.contains.toLowerCase())) return false;
      }
      return body === null || body({ body: readBody(), status, headers });
    },
    describe: ({ status }, readBody) => {
      const text = message === null ? null : readText(message(readBody()));
      return text === null ? `status ${status}, by a rule of the manifest` : `status ${status}: ${text}`;
    },
  };
}

function fitsStatus(rule: number | string, status: number): boolean {
  return typeof rule === 'number' ? rule === status : Number(rule[0]) === Math.floor(status / 100);
}
