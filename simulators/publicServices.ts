import { randomBytes } from 'node:crypto';
import type { Credentials } from './credentials.js';
import { type Endpoint, jsonAnswer, MAX_PAGE_SIZE, parseWhole, type WireAnswer } from './exchange.js';
import { isSameText } from './gate.js';
import { cutPage, type Simulation, type StatisticsRow } from './simulation.js';

/** Lifetime of a token unless a fault shortens it. */
export const TOKEN_LIFETIME_SECONDS = 300;

/** The portal's two endpoints, and what the fault control may do to its tokens. */
export interface PublicServices {
  readonly token: Endpoint;
  readonly statistics: Endpoint;
  /** Makes all tokens that were given out expire now. */
  expireTokens(): void;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  410: 'Gone',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Answers a problem (RFC 9457). */
export function problemAnswer(
  status: number,
  code: string,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): WireAnswer {
  const problem = { type: 'about:blank', title: TITLES[status] ?? 'Error', status, code, detail };
  return jsonAnswer(status, problem, { ...headers, 'content-type': 'application/problem+json; charset=utf-8' });
}

function challenge(code: string, description: string): WireAnswer {
  const error = code === 'TOKEN_MISSING' ? '' : `, error="invalid_token", error_description="${description}"`;
  return problemAnswer(401, code, description, { 'www-authenticate': `Bearer realm="public-services"${error}` });
}

function item(row: StatisticsRow): object {
  return {
    body: { codeSystem: row.codeSystem, code: row.code },
    period: row.period,
    sequence: row.sequence,
    status: row.status,
    publishedAt: row.publishedAt,
    counts: row.counts,
  };
}

interface Position {
  readonly sequence: number;
  readonly after: number;
  readonly offset: number;
}

/** A cursor holds its whole position, so that the portal remembers nothing and a restart harms no reader. */
function writeCursor({ sequence, after, offset }: Position): string {
  return Buffer.from(`${sequence}.${after}.${offset}`).toString('base64url');
}

function readCursor(cursor: string): Position | null {
  const parts = Buffer.from(cursor, 'base64url').toString('latin1').split('.');
  const [sequence, after, offset] = parts.map((part) => parseWhole(part, 0, Number.MAX_SAFE_INTEGER));
  if (parts.length !== 3 || sequence == null || after == null || offset == null) return null;
  return { sequence, after, offset };
}

function answerStatistics(simulation: Simulation, query: URLSearchParams): WireAnswer {
  const limit = parseWhole(query.get('limit') ?? '100', 1, MAX_PAGE_SIZE);
  if (limit === null) return problemAnswer(400, 'PARAMETER_INVALID', `limit must be 1 to ${MAX_PAGE_SIZE}.`);
  const after = parseWhole(query.get('updatedAfter') ?? '0', 0, Number.MAX_SAFE_INTEGER);
  if (after === null) return problemAnswer(400, 'PARAMETER_INVALID', 'updatedAfter must be a whole number.');
  const cursor = query.get('cursor');
  const position = cursor === null ? { sequence: simulation.sequence, after, offset: 0 } : readCursor(cursor);
  if (position === null) return problemAnswer(400, 'CURSOR_INVALID', 'The cursor is not one that this portal gave.');
  if (!simulation.hasResultSet(position.sequence))
    return problemAnswer(410, 'CURSOR_EXPIRED', 'The portal was rebuilt; begin again without a cursor.');
  const rows = simulation.rows('publicServices', position.sequence);
  const page = cutPage(rows, { after: position.after, offset: position.offset, limit });
  const next = position.offset + limit;
  return jsonAnswer(200, {
    items: page.rows.map(item),
    nextCursor: next < page.total ? writeCursor({ ...position, offset: next }) : null,
    total: page.total,
    highestSequence: position.sequence,
  });
}

/**
 * The National Public Service Portal: JSON behind OAuth 2.0, described in connectors/public_services/README.md.
 * @param lifetimeSeconds of the next token, as the fault control has it
 */
export function publicServicesEndpoints(
  simulation: Simulation,
  known: Credentials['publicServices'],
  now: () => Date,
  lifetimeSeconds: () => number,
): PublicServices {
  const expiry = new Map<string, number>();
  const token: Endpoint = ({ headers, body }) => {
    const noStore = { 'cache-control': 'no-store' };
    const basic = Buffer.from(`${known.clientId}:${known.clientSecret}`).toString('base64');
    if (!isSameText(headers.authorization ?? '', `Basic ${basic}`)) {
      const realm = { ...noStore, 'www-authenticate': 'Basic realm="public-services"' };
      return jsonAnswer(401, { error: 'invalid_client' }, realm);
    }
    if (!(headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded'))
      return jsonAnswer(400, { error: 'invalid_request' }, noStore);
    if (new URLSearchParams(body).get('grant_type') !== 'client_credentials')
      return jsonAnswer(400, { error: 'unsupported_grant_type' }, noStore);
    const seconds = lifetimeSeconds();
    const value = randomBytes(24).toString('base64url');
    for (const [old, end] of expiry) if (end < now().getTime() - 3_600_000) expiry.delete(old);
    expiry.set(value, now().getTime() + seconds * 1000);
    const answer = { access_token: value, token_type: 'Bearer', expires_in: seconds, scope: 'statistics.read' };
    return jsonAnswer(200, answer, noStore);
  };
  const statistics: Endpoint = ({ headers, query }, refusal) => {
    if (refusal === 'unauthorised') return challenge('TOKEN_EXPIRED', 'The token has expired');
    if (refusal === 'busy') return problemAnswer(503, 'BUSY', 'The portal is overloaded; try again later.');
    const bearer = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
    if (bearer === undefined) return challenge('TOKEN_MISSING', 'A bearer token is needed');
    const end = expiry.get(bearer);
    if (end === undefined) return challenge('TOKEN_INVALID', 'The token is unknown');
    if (end <= now().getTime()) return challenge('TOKEN_EXPIRED', 'The token has expired');
    return answerStatistics(simulation, query);
  };
  const expireTokens = (): void => {
    for (const value of expiry.keys()) expiry.set(value, now().getTime());
  };
  return { token, statistics, expireTokens };
}
