import { randomBytes } from 'node:crypto';
import { jsonAnswer, parseWhole, type WireAnswer } from '../exchange.js';
import { isSameText } from '../gate.js';
import { type SystemContext, type SystemRequest, type SystemRow, type SystemSimulator, sidesOf } from '../system.js';
import { readFields } from './fields.js';

const MAX_PAGE_SIZE = 400;
const SESSION_SECONDS = 300;

/** The health insurance system: a login, a cursor in the body, 200 whatever happens. Described in connectors/health_insurance/README.md. */
export const healthInsurance: SystemSimulator = {
  key: 'health_insurance',
  secrets: ['username', 'password'],
  grain: 'quarter',
  refuse: (refusal) =>
    refusal === 'busy' ? envelope('BUSY', 'Too many requests.') : envelope('SESSION_EXPIRED', 'Log in again.'),
  routes: (context) => {
    const sessions = new Map<string, number>();
    return [
      { method: 'POST', path: '/session', isSpared: true, handle: ({ body }) => logIn(body, context, sessions) },
      {
        method: 'POST',
        path: '/statistics/search',
        handle: (request) => {
          const end = sessions.get(request.headers['x-session-token'] ?? '') ?? 0;
          if (end <= context.now().getTime()) return envelope('SESSION_EXPIRED', 'There is no such session; log in.');
          return search(request, context);
        },
      },
    ];
  },
};

/** Every answer is 200: the code inside says what it is worth. */
function envelope(code: string, message: string, data: unknown = null): WireAnswer {
  return jsonAnswer(200, { code, message, data });
}

function logIn(body: string, { secrets, now }: SystemContext, sessions: Map<string, number>): WireAnswer {
  const { username, password } = readFields(body);
  const isUser = isSameText(String(username), secrets.username ?? '');
  if (!isSameText(String(password), secrets.password ?? '') || !isUser)
    return envelope('LOGIN_REFUSED', 'The user name or the password is wrong.');
  for (const [token, end] of sessions) if (end <= now().getTime()) sessions.delete(token);
  const token = randomBytes(24).toString('base64url');
  sessions.set(token, now().getTime() + SESSION_SECONDS * 1000);
  return envelope('OK', 'Logged in.', { token, expiresIn: SESSION_SECONDS });
}

function search({ body }: SystemRequest, { rows, sequence, hasSequence }: SystemContext): WireAnswer {
  const { limit = 100, changedAfter = 0, cursor = '' } = readFields(body);
  const size = parseWhole(String(limit), 1, MAX_PAGE_SIZE);
  // A cursor stands for the whole search, whatever else the body says.
  const place = cursor === '' ? [String(sequence()), String(changedAfter), '0'] : String(cursor).split('.');
  const [asOf, after, from] = place.map((part) => parseWhole(part, 0, Number.MAX_SAFE_INTEGER));
  if (size === null || asOf == null || after == null || from == null)
    return envelope('PARAMETER', `limit is 1 to ${MAX_PAGE_SIZE}; a cursor is one of ours.`);
  if (!hasSequence(asOf)) return envelope('CURSOR_EXPIRED', 'The cursor has expired; begin again.');
  const changed = rows(asOf).filter((row) => row.sequence > after);
  const end = from + size;
  const hasMore = end < changed.length;
  return envelope('OK', 'Found.', {
    items: changed.slice(from, end).map(describe),
    total: changed.length,
    cursor: hasMore ? `${asOf}.${after}.${end}` : '',
    hasMore,
    highestChange: asOf,
  });
}

function describe(row: SystemRow): object {
  const [withRecord, people] = sidesOf(row, 'SOC_ACTIVITY.04');
  const [matched, issued] = sidesOf(row, 'SOC_ACTIVITY.05');
  return {
    area: { list: row.codeSystem, code: row.code },
    quarter: row.period,
    records: { people, withRecord },
    cards: { issued, matched },
    state: row.status,
    publishedAt: row.publishedAt,
  };
}
