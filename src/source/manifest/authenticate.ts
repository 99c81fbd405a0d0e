import { createHash, createHmac } from 'node:crypto';
import type { ConnectorContext, ResponseVerdict, SourceRequest, SourceResponse } from '../../domain/connector.js';
import { requireSecret } from '../context.js';
import { compilePath } from '../decode/path.js';
import { syncFailure } from '../failure.js';
import { canonicalJson } from '../hash.js';
import { isJsonObject } from '../json.js';
import { createTokenProvider } from '../oauth.js';
import { writeUsernameToken } from '../soap.js';
import { createTokenCache } from '../tokenCache.js';
import { judgeByStatus } from '../verdict.js';
import type { AuthenticationSpec } from './authenticationSchema.js';
import { readDocument, readText } from './readDocument.js';
import { createAttemptScope, createRunScope } from './scope.js';
import { compileTemplate, type Scope, type ScopeValue } from './template.js';
import {
  addressOf,
  compileRequest,
  compileScalars,
  type RequestWriter,
  type SharedParts,
  type WrittenRequest,
} from './writeRequest.js';

/** Writes a request with what lets it in; called anew for every attempt, with a scope of its own. */
export type Authenticate = (write: RequestWriter, scope: Map<string, ScopeValue>) => Promise<WrittenRequest>;

type SpecOf<Type extends AuthenticationSpec['type']> = Extract<AuthenticationSpec, { type: Type }>;

/** Makes the authentication of one run; tokens are kept for its duration. */
export function createAuthenticate(
  spec: AuthenticationSpec,
  shared: SharedParts,
  context: ConnectorContext,
): Authenticate {
  const { settings, http, now } = context;
  const secret = (name: string): string => requireSecret(settings, name);
  switch (spec.type) {
    case 'none':
      return async (write, scope) => write(scope);
    case 'apiKey':
      return async (write, scope) => put(write(scope), spec, secret(spec.key));
    case 'basic': {
      const pair = Buffer.from(`${secret(spec.username)}:${secret(spec.password)}`).toString('base64');
      return async (write, scope) => putHeader(write(scope), 'authorization', `Basic ${pair}`);
    }
    case 'bearer':
      return async (write, scope) => putHeader(write(scope), 'authorization', `Bearer ${secret(spec.token)}`);
    case 'oauth2ClientCredentials': {
      const token = createTokenProvider({
        http,
        now,
        tokenPath: spec.tokenPath ?? '/',
        ...(spec.tokenUrl === undefined ? {} : { tokenUrl: spec.tokenUrl }),
        parameters: spec.parameters,
        credentialsIn: spec.credentialsIn,
        clientId: secret(spec.clientId),
        clientSecret: secret(spec.clientSecret),
      });
      return async (write, scope) => putHeader(write(scope), 'authorization', `Bearer ${await token()}`);
    }
    case 'sessionToken': {
      const token = createSession(spec, shared, context);
      const isBearer = spec.in === 'header' && spec.name.toLowerCase() === 'authorization';
      const place = { ...spec, prefix: spec.prefix ?? (isBearer ? 'Bearer ' : '') };
      return async (write, scope) => put(write(scope), place, await token());
    }
    case 'hmac':
      return createSigner(spec, secret(spec.key), settings.baseUrl);
    case 'wsSecurityUsernameToken':
      return async (write, scope) => {
        scope.set('securityHeader', writeUsernameToken(secret(spec.username), secret(spec.password), now()));
        return write(scope);
      };
  }
}

/** Turns a written request into what the HTTP client sends. */
export function toSourceRequest(request: WrittenRequest): SourceRequest {
  const { method, path, url, query, headers, body } = request;
  return {
    method,
    path,
    headers,
    bodyAs: 'bytes',
    ...(body === null ? {} : { body }),
    ...(url === null ? { query } : { url: addressOf(request, url) }),
  };
}

function put(
  request: WrittenRequest,
  place: { readonly in: 'header' | 'query'; readonly name: string; readonly prefix: string },
  value: string,
): WrittenRequest {
  if (place.in === 'header') return putHeader(request, place.name.toLowerCase(), place.prefix + value);
  // A source may repeat the parameter in the address of its next page.
  if (request.url !== null && new URL(request.url).searchParams.has(place.name)) return request;
  return { ...request, query: { ...request.query, [place.name]: place.prefix + value } };
}

function putHeader(request: WrittenRequest, name: string, value: string): WrittenRequest {
  return { ...request, headers: { ...request.headers, [name]: value } };
}

function createSession(
  spec: SpecOf<'sessionToken'>,
  shared: SharedParts,
  context: ConnectorContext,
): () => Promise<string> {
  const { http, settings, now } = context;
  const login = compileRequest(spec.login, shared);
  const path = spec.tokenPath === undefined ? null : compilePath(spec.tokenPath);
  const run = createRunScope(settings.secrets, now());
  return createTokenCache(http, now, async () => {
    const askedAtMs = now().getTime();
    const response = await http.send(() => toSourceRequest(login(createAttemptScope(run, now()))), judgeLogin);
    const header = spec.tokenHeader === undefined ? null : (response.headers[spec.tokenHeader.toLowerCase()] ?? null);
    const token = path === null ? header : readText(path(readDocument(response)));
    if (token === null || token === '') {
      const where = spec.tokenPath ?? `the header ${spec.tokenHeader}`;
      throw syncFailure(
        'SYNC_AUTH',
        `The answer to the login has no token in ${where}. Check the secrets and where the token stands.`,
      );
    }
    return { token, askedAtMs, lifetimeMs: spec.lifetimeSeconds === undefined ? null : spec.lifetimeSeconds * 1000 };
  });
}

/** A refused login does not get better by asking again. */
function judgeLogin(response: SourceResponse): ResponseVerdict {
  if (![400, 401, 403, 422].includes(response.status)) return judgeByStatus(response);
  return { kind: 'fail', code: 'SYNC_AUTH', reason: `status ${response.status}: the login was refused` };
}

/** The signature stands in the request and is made from it: it is written once without and once with it, with the same id, nonce and timestamp. */
function createSigner(spec: SpecOf<'hmac'>, key: string, baseUrl: string): Authenticate {
  const lines = spec.lines.map(compileTemplate);
  const [headers, query] = [compileScalars(spec.headers), compileScalars(spec.query)];
  return async (write, scope) => {
    const unsigned = write(scope);
    const signed: Scope = new Map([
      ...scope,
      ...describeRequest(
        unsigned,
        baseUrl,
        lines.flatMap(({ names }) => names),
      ),
    ]);
    const canonical = lines.map((line) => line.render(signed) ?? '').join(spec.separator);
    scope.set('signature', createHmac(spec.algorithm, key).update(canonical, 'utf8').digest(spec.encoding));
    const request = write(scope);
    return {
      ...request,
      headers: { ...request.headers, ...headers(scope) },
      query: { ...request.query, ...query(scope) },
    };
  };
}

/** What a canonical string may say about a request. The path is the one that the server sees. */
function describeRequest(request: WrittenRequest, baseUrl: string, names: readonly string[]): [string, ScopeValue][] {
  const body = request.body ?? '';
  const url = new URL(addressOf(request, baseUrl));
  const query = new URLSearchParams([...url.searchParams].sort(([left], [right]) => (left < right ? -1 : 1)));
  return [
    ['method', request.method],
    ['path', url.pathname],
    ['query', query.toString()],
    ['requestBody', body],
    ['requestBody-sha256', createHash('sha256').update(body, 'utf8').digest('hex')],
    ...names
      .filter((name) => name.startsWith('requestBody.'))
      .map((name): [string, ScopeValue] => [name, writeMember(request.data, name.split('.').slice(1))]),
  ];
}

/** A text as it is, everything else as canonical JSON. */
function writeMember(data: unknown, keys: readonly string[]): string {
  let member = data;
  for (const key of keys) member = isJsonObject(member) ? member[key] : undefined;
  if (member === undefined) return '';
  return typeof member === 'string' ? member : canonicalJson(member);
}
