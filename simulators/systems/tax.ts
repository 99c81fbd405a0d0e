import { randomBytes } from 'node:crypto';
import { strToU8, zipSync } from 'fflate';
import { jsonAnswer, parseWhole, type WireAnswer } from '../exchange.js';
import { isBasic } from '../gate.js';
import { type SystemContext, type SystemRequest, type SystemRow, type SystemSimulator, sidesOf } from '../system.js';
import { readFields } from './fields.js';

const INDICATOR = 'ECO_ACTIVITY.07';
const TOKEN_SECONDS = 600;
/** Questions that are answered with RUNNING before an export is DONE. */
const POLLS_UNTIL_DONE = 2;
/** Older exports are thrown away. */
const KEPT_EXPORTS = 32;
const HEADER = 'MA_TINH,HE_MA,KY,SO_DN_HOAT_DONG,SO_DN_NOP_DIEN_TU,TRANG_THAI,NGAY_CONG_BO,SO_THAY_DOI';

interface Export {
  readonly sequence: number;
  readonly after: number;
  polls: number;
}

/** The tax system: exports are ordered, waited for and fetched as a ZIP archive; OAuth 2.0. Described in connectors/tax/README.md. */
export const tax: SystemSimulator = {
  key: 'tax',
  secrets: ['clientId', 'clientSecret'],
  grain: 'month',
  refuse: (refusal) => (refusal === 'busy' ? failure(503, 'BUSY', 'Too many exports are running.') : refuseToken()),
  routes: (context) => {
    const tokens = new Map<string, number>();
    const exports = new Map<string, Export>();
    const guard =
      (answer: (request: SystemRequest) => WireAnswer) =>
      (request: SystemRequest): WireAnswer => {
        const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
        return (tokens.get(token) ?? 0) > context.now().getTime() ? answer(request) : refuseToken();
      };
    return [
      {
        method: 'POST',
        path: '/oauth2/token',
        isSpared: true,
        handle: (request) => giveToken(request, context, tokens),
      },
      { method: 'POST', path: '/v1/exports', handle: guard((request) => order(request, context, exports)) },
      { method: 'GET', path: '/v1/exports/:id', handle: guard(({ params }) => tell(params.id ?? '', exports)) },
      {
        method: 'GET',
        path: '/v1/exports/:id/file',
        handle: guard(({ params }) => give(params.id ?? '', context, exports)),
      },
    ];
  },
};

function giveToken(
  { headers, body }: SystemRequest,
  { secrets, now }: SystemContext,
  tokens: Map<string, number>,
): WireAnswer {
  const noStore = { 'cache-control': 'no-store' };
  if (!isBasic(headers, secrets.clientId ?? '', secrets.clientSecret ?? ''))
    return jsonAnswer(401, { error: 'invalid_client' }, { ...noStore, 'www-authenticate': 'Basic realm="etax"' });
  if (new URLSearchParams(body).get('grant_type') !== 'client_credentials')
    return jsonAnswer(400, { error: 'unsupported_grant_type' }, noStore);
  for (const [token, end] of tokens) if (end <= now().getTime()) tokens.delete(token);
  const token = randomBytes(24).toString('base64url');
  tokens.set(token, now().getTime() + TOKEN_SECONDS * 1000);
  return jsonAnswer(200, { access_token: token, token_type: 'Bearer', expires_in: TOKEN_SECONDS }, noStore);
}

function order(
  { body }: SystemRequest,
  { basePath, sequence }: SystemContext,
  exports: Map<string, Export>,
): WireAnswer {
  const { dataset, changedAfter = 0 } = readFields(body);
  const after = parseWhole(String(changedAfter), 0, Number.MAX_SAFE_INTEGER);
  if (dataset !== 'E_TAX_PAYMENT' || after === null)
    return failure(400, 'ORDER_INVALID', 'Send {"dataset": "E_TAX_PAYMENT", "changedAfter": 0}.');
  const id = randomBytes(9).toString('hex');
  exports.set(id, { sequence: sequence(), after, polls: 0 });
  const [oldest = ''] = exports.keys();
  if (exports.size > KEPT_EXPORTS) exports.delete(oldest);
  return jsonAnswer(202, { id, status: 'QUEUED' }, { location: `${basePath}/v1/exports/${id}` });
}

function tell(id: string, exports: Map<string, Export>): WireAnswer {
  const found = exports.get(id);
  if (found === undefined) return failure(404, 'EXPORT_UNKNOWN', 'There is no such export; order it again.');
  found.polls += 1;
  return found.polls <= POLLS_UNTIL_DONE
    ? jsonAnswer(200, { id, status: 'RUNNING' })
    : jsonAnswer(200, { id, status: 'DONE', file: `${id}/file` });
}

function give(id: string, { rows, hasSequence }: SystemContext, exports: Map<string, Export>): WireAnswer {
  const found = exports.get(id);
  if (found === undefined || !hasSequence(found.sequence))
    return failure(404, 'EXPORT_UNKNOWN', 'There is no such export; order it again.');
  if (found.polls <= POLLS_UNTIL_DONE) return failure(409, 'EXPORT_NOT_READY', 'Ask for the status of the export.');
  const body = writeArchive(rows(found.sequence).filter(({ sequence }) => sequence > found.after));
  return { status: 200, headers: { 'content-type': 'application/zip' }, body };
}

function refuseToken(): WireAnswer {
  return failure(401, 'TOKEN_REFUSED', 'A valid token is needed.', { 'www-authenticate': 'Bearer realm="etax"' });
}

function failure(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): WireAnswer {
  return jsonAnswer(status, { code, message }, headers);
}

/** One table, and a note beside it, as such archives have. */
function writeArchive(rows: readonly SystemRow[]): Buffer {
  const lines = rows.map((row) => {
    const [paying, active] = sidesOf(row, INDICATOR);
    const status = row.status === 'FINAL' ? 'CHINH_THUC' : 'TAM_TINH';
    const month = row.period.replace('-', '');
    return [row.code, row.codeSystem, month, active, paying, status, row.publishedAt, row.sequence].join(',');
  });
  const note = 'Số liệu mô phỏng, không phải số liệu của cơ quan thuế.\r\n';
  const files = { 'GHI-CHU.txt': strToU8(note), 'nop-thue-dien-tu.csv': strToU8([HEADER, ...lines, ''].join('\r\n')) };
  return Buffer.from(zipSync(files));
}
