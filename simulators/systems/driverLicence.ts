import { createHmac } from 'node:crypto';
import { CLOCK_TOLERANCE_MS, jsonAnswer, parseWhole, USED_ONCE_MS, type WireAnswer } from '../exchange.js';
import { isSameText, UsedOnce } from '../gate.js';
import {
  jsonNumber,
  type SystemContext,
  type SystemRequest,
  type SystemRow,
  type SystemSimulator,
  sidesOf,
} from '../system.js';

const INDICATOR = 'SOC_ACTIVITY.07';
const MAX_PAGE_SIZE = 200;
const PATH = '/api/v2/licence-integration';

/** The driver licence system: JSON arrays, Link headers, signed requests. Described in connectors/driver_licence/README.md. */
export const driverLicence: SystemSimulator = {
  key: 'driver_licence',
  secrets: ['appId', 'signingKey'],
  grain: 'month',
  refuse: (refusal) => jsonAnswer(refusal === 'busy' ? 503 : 401, { message: 'Please try again.' }),
  routes: (context) => {
    const nonces = new UsedOnce(USED_ONCE_MS);
    const handle = (request: SystemRequest): WireAnswer => {
      const refusal = findRefusal(request, context, nonces);
      return refusal === null ? answer(request, context) : jsonAnswer(401, { message: refusal });
    };
    return [{ method: 'GET', path: PATH, handle }];
  },
};

/** Why a request is not let in: who sent it, with which key, when, and whether it came before. */
function findRefusal({ headers, query }: SystemRequest, context: SystemContext, nonces: UsedOnce): string | null {
  const { appId = '', signingKey = '' } = context.secrets;
  const {
    'x-app-id': app = '',
    'x-timestamp': seconds = '',
    'x-nonce': nonce = '',
    'x-signature': signature = '',
  } = headers;
  const sorted = new URLSearchParams([...query].sort(([left], [right]) => (left < right ? -1 : 1)));
  const canonical = ['GET', context.basePath + PATH, sorted.toString(), app, seconds, nonce].join('\n');
  const expected = createHmac('sha256', signingKey).update(canonical, 'utf8').digest('base64');
  if (!isSameText(app, appId)) return 'The application is not known.';
  if (!isSameText(signature, expected)) return 'The signature is wrong.';
  const nowMs = context.now().getTime();
  if (!(Math.abs(Number(seconds) * 1000 - nowMs) <= CLOCK_TOLERANCE_MS)) return 'The time is too far from ours.';
  return nonce.length >= 16 && nonces.take(nonce, nowMs) ? null : 'The nonce is too short, or was used before.';
}

function answer({ query }: SystemRequest, { rows, sequence, hasSequence, basePath }: SystemContext): WireAnswer {
  const whole = (name: string, otherwise: number, low: number, high = Number.MAX_SAFE_INTEGER): number | null =>
    parseWhole(query.get(name) ?? String(otherwise), low, high);
  const [least, size, page] = [
    whole('min_version', 0, 0),
    whole('per_page', 50, 1, MAX_PAGE_SIZE),
    whole('page', 1, 1),
  ];
  const asOf = whole('as_of', sequence(), 0);
  if (least === null || size === null || page === null || asOf === null)
    return jsonAnswer(422, { message: `per_page is 1 to ${MAX_PAGE_SIZE}; the others are whole numbers.` });
  if (!hasSequence(asOf)) return jsonAnswer(410, { message: 'This state is gone; begin again.' });
  const found = rows(asOf).filter((row) => row.sequence >= least);
  const last = Math.max(1, Math.ceil(found.length / size));
  const link = (to: number, relation: string): string =>
    `<${basePath}${PATH}?as_of=${asOf}&min_version=${least}&per_page=${size}&page=${to}>; rel="${relation}"`;
  const links = [...(page < last ? [link(page + 1, 'next')] : []), link(last, 'last')];
  return jsonAnswer(200, found.slice((page - 1) * size, page * size).map(describe), { link: links.join(', ') });
}

function describe(row: SystemRow): object {
  const [integrated, valid] = sidesOf(row, INDICATOR);
  return {
    province_list: row.codeSystem,
    // A number, so that the leading zero is gone.
    province: jsonNumber(row.code),
    month: row.period.replace('-', 'M'),
    licences_valid: jsonNumber(valid),
    licences_in_vneid: jsonNumber(integrated),
    is_final: row.status === 'FINAL',
    published: Math.floor(Date.parse(row.publishedAt) / 1000),
    version: row.sequence,
  };
}
