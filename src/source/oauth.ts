import type { ResponseVerdict, SourceHttp, SourceResponse } from '../domain/connector.js';
import { syncFailure } from './failure.js';
import { isJsonObject, parseJson } from './json.js';
import { createTokenCache, type IssuedToken } from './tokenCache.js';
import { judgeParsed } from './verdict.js';

/** RFC 6749 leaves the lifetime to the server when it says none. */
const DEFAULT_LIFETIME_S = 300;

/** Where a client gets its tokens. */
export interface ClientCredentials {
  readonly http: SourceHttp;
  readonly now: () => Date;
  /** Relative to the base URL: `/oauth/token`. */
  readonly tokenPath: string;
  /** Absolute address in place of {@link tokenPath}, on an allowed host. */
  readonly tokenUrl?: string;
  /** More parameters of the token request, such as `scope`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Where the client names itself; `header` (Basic) unless given. */
  readonly credentialsIn?: 'header' | 'body';
  readonly clientId: string;
  readonly clientSecret: string;
}

/**
 * Makes a function that gives an access token by OAuth 2.0 client credentials: cached, renewed before it expires, one request for any number of
 * concurrent callers, and forgotten when the source refuses it.
 * @returns a function that throws PlatformError SYNC_AUTH when the client is refused, SYNC_PROTOCOL when the answer is not a token
 * @see RFC 6749, section 4.4
 */
export function createTokenProvider(credentials: ClientCredentials): () => Promise<string> {
  return createTokenCache(credentials.http, credentials.now, () => requestToken(credentials));
}

async function requestToken(credentials: ClientCredentials): Promise<IssuedToken> {
  const { clientId, clientSecret, tokenUrl } = credentials;
  const inBody = credentials.credentialsIn === 'body';
  // RFC 6749, 2.3.1: both are form-encoded before they are joined.
  const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64');
  let askedAtMs = 0;
  const response = await credentials.http.send(() => {
    askedAtMs = credentials.now().getTime();
    return {
      method: 'POST',
      path: credentials.tokenPath,
      headers: {
        ...(inBody ? {} : { authorization: `Basic ${basic}` }),
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        ...credentials.parameters,
        ...(inBody ? { client_id: clientId, client_secret: clientSecret } : {}),
      }).toString(),
      ...(tokenUrl === undefined ? {} : { url: tokenUrl }),
    };
  }, judgeTokenResponse);
  return { ...readToken(response), askedAtMs };
}

/** Refused client credentials do not get better by asking again. */
function judgeTokenResponse(response: SourceResponse): ResponseVerdict {
  if (response.status === 400 || response.status === 401) {
    return {
      kind: 'fail',
      code: 'SYNC_AUTH',
      reason: `status ${response.status}: the client id or its secret is wrong`,
    };
  }
  return judgeParsed(parseJson)(response);
}

function readToken(response: SourceResponse): { token: string; lifetimeMs: number } {
  const answer = parseJson(response.body);
  const token = isJsonObject(answer) ? answer.access_token : null;
  if (!isJsonObject(answer) || typeof token !== 'string' || token === '') {
    throw syncFailure('SYNC_PROTOCOL', 'The token response has no access_token.');
  }
  const lifetime = Number(answer.expires_in ?? DEFAULT_LIFETIME_S);
  return { token, lifetimeMs: (lifetime > 0 ? lifetime : DEFAULT_LIFETIME_S) * 1000 };
}
