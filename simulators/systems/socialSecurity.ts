import { jsonAnswer, parseWhole, type WireAnswer } from '../exchange.js';
import { isSameText } from '../gate.js';
import { type SystemContext, type SystemRequest, type SystemRow, type SystemSimulator, sidesOf } from '../system.js';
import { readFields } from './fields.js';

const INDICATOR = 'SOC_ACTIVITY.06';
const MAX_PAGE_SIZE = 50;
/** Provinces that one question may be about. */
const MAX_PROVINCES = 5;

/** The social security system: an offset in the body, provinces by the handful. Described in connectors/social_security/README.md. */
export const socialSecurity: SystemSimulator = {
  key: 'social_security',
  secrets: ['apiKey'],
  grain: 'month',
  refuse: (refusal) => (refusal === 'busy' ? failure(503, 'BUSY', 'Try again later.') : refuseKey()),
  routes: (context) => [{ method: 'POST', path: '/v3/payments/query', handle: (request) => answer(request, context) }],
};

function answer({ headers, body }: SystemRequest, { rows, sequence, hasSequence, secrets }: SystemContext): WireAnswer {
  if (!isSameText(headers['x-api-key'] ?? '', secrets.apiKey ?? '')) return refuseKey();
  const fields = readFields(body);
  const { list, provinces = '', changedSince = 0, offset = 0, limit = MAX_PAGE_SIZE, asOf = sequence() } = fields;
  const asked = String(provinces).split('|');
  const numbers = [changedSince, offset, asOf].map((field) => parseWhole(String(field), 0, Number.MAX_SAFE_INTEGER));
  const [after, from, state] = numbers;
  const size = parseWhole(String(limit), 1, MAX_PAGE_SIZE);
  if (after == null || from == null || state == null || size === null)
    return failure(400, 'PARAMETER', `limit is 1 to ${MAX_PAGE_SIZE}; the others are whole numbers.`);
  if (asked.length > MAX_PROVINCES)
    return failure(403, 'RESULT_TOO_BIG', `Ask for ${MAX_PROVINCES} provinces at most, not ${asked.length}.`);
  if (!hasSequence(state)) return failure(410, 'STATE_GONE', 'Begin again without asOf.');
  const found = rows(state).filter(
    (row) => row.codeSystem === list && asked.includes(row.code) && row.sequence > after,
  );
  if (found.length === 0) return failure(404, 'NO_DATA', 'There is nothing for these provinces.');
  const page = found.slice(from, from + size).map(describe);
  return jsonAnswer(200, { offset: from, total: found.length, lastChange: state, rows: page });
}

function refuseKey(): WireAnswer {
  return failure(401, 'API_KEY', 'The API key is missing or wrong.');
}

function failure(status: number, code: string, message: string): WireAnswer {
  return jsonAnswer(status, { error: { code, message } });
}

function describe(row: SystemRow): object {
  const [withoutCash, payments] = sidesOf(row, INDICATOR);
  return {
    province: row.code,
    month: row.period.split('-').toReversed().join('/'),
    payments,
    withoutCash,
    status: row.status,
    publishedAt: row.publishedAt,
  };
}
