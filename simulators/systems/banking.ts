import { jsonAnswer, parseWhole, type WireAnswer } from '../exchange.js';
import { isBasic } from '../gate.js';
import { type SystemContext, type SystemRequest, type SystemRow, type SystemSimulator, sidesOf } from '../system.js';

const INDICATOR = 'SOC_ACTIVITY.02';
/** Rows of a page, whatever the client prefers: the server drives the paging. */
const MAX_PAGE_SIZE = 250;
/** Change numbers are Edm.Int64 beyond 2^53, which a reader of JSON numbers as doubles confuses with their neighbours. */
const CHANGES_BEFORE = 9_007_199_254_740_993n;

/** The payment statistics of the central bank: OData v4, Basic. Described in connectors/banking/README.md. */
export const banking: SystemSimulator = {
  key: 'banking',
  secrets: ['username', 'password'],
  grain: 'quarter',
  refuse: (refusal) => (refusal === 'busy' ? failure(503, 'The service is overloaded.') : refuseUser()),
  routes: (context) => [
    { method: 'GET', path: '/odata/v4/PaymentAccounts', handle: (request) => answer(request, context) },
  ],
};

interface Place {
  readonly sequence: number;
  readonly after: number;
  readonly skip: number;
  readonly size: number;
}

function answer({ headers, query }: SystemRequest, context: SystemContext): WireAnswer {
  const { username = '', password = '' } = context.secrets;
  if (!isBasic(headers, username, password)) return refuseUser();
  const token = query.get('$skiptoken');
  const place = token === null ? readFirst(query, headers.prefer, context) : readToken(token);
  if (place === null)
    return failure(400, 'The only filter is "ChangeNumber gt <number>"; a skip token is one of ours.');
  const { sequence, after, skip, size } = place;
  if (!context.hasSequence(sequence)) return failure(410, 'The skip token has expired; begin again without it.');
  const rows = context.rows(sequence).filter((row) => row.sequence > after);
  const next = skip + size;
  const page = {
    '@odata.context': `${context.basePath}/odata/v4/$metadata#PaymentAccounts`,
    '@odata.count': rows.length,
    // An instance annotation of the bank's own: where the next reader may begin.
    '@payments.highestChange': numberOf(String(CHANGES_BEFORE + BigInt(sequence))),
    value: rows.slice(skip, next).map(describe),
    // Relative to the request, as the standard allows. The token stands for the rest of the query.
    ...(next < rows.length
      ? { '@odata.nextLink': `PaymentAccounts?$skiptoken=${sequence}.${after}.${next}.${size}` }
      : {}),
  };
  const { status, headers: json, body } = jsonAnswer(200, page, { 'odata-version': '4.0' });
  return { status, headers: json, body: withNumbers(String(body)) };
}

/** null when the filter is another than the one that there is. */
function readFirst(query: URLSearchParams, prefer: string | undefined, { sequence }: SystemContext): Place | null {
  const filter = query.get('$filter');
  const change = /^ChangeNumber gt (\d{1,19})$/.exec(filter ?? '')?.[1];
  if (filter !== null && change === undefined) return null;
  const after = change === undefined ? 0n : BigInt(change) - CHANGES_BEFORE;
  const preferred = /odata\.maxpagesize=(\d{1,6})/.exec(prefer ?? '')?.[1];
  const size = Math.min(MAX_PAGE_SIZE, Math.max(1, Number(preferred ?? MAX_PAGE_SIZE)));
  return { sequence: sequence(), after: Math.max(0, Number(after)), skip: 0, size };
}

function readToken(token: string): Place | null {
  const [sequence, after, skip, size] = token.split('.').map((part) => parseWhole(part, 0, Number.MAX_SAFE_INTEGER));
  if (sequence == null || after == null || skip == null || size == null || size < 1) return null;
  return { sequence, after, skip, size };
}

function describe(row: SystemRow): object {
  const [withAccount, adults] = sidesOf(row, INDICATOR);
  return {
    ProvinceSystem: row.codeSystem,
    ProvinceCode: row.code,
    Quarter: row.period,
    Adults: numberOf(adults),
    AdultsWithAccount: numberOf(withAccount),
    // Edm.Decimal(19,2) in dong: a figure of no indicator, whose last digits a double would lose.
    CashlessTurnover: numberOf(`${CHANGES_BEFORE + BigInt(row.sequence)}.25`),
    ReportStatus: row.status === 'FINAL' ? 'Final' : 'Preliminary',
    PublishedAt: row.publishedAt,
    ChangeNumber: numberOf(String(CHANGES_BEFORE + BigInt(row.sequence))),
  };
}

/** Marks a text that is to be a number on the wire; JSON.stringify would round it. */
function numberOf(text: string | null): string | null {
  return text === null || !/^-?\d+(\.\d+)?$/.test(text) ? text : `number:${text}`;
}

function withNumbers(json: string): string {
  return json.replace(/"number:(-?[\d.]+)"/g, '$1');
}

function refuseUser(): WireAnswer {
  return failure(401, 'The user name or the password is wrong.', { 'www-authenticate': 'Basic realm="payments"' });
}

function failure(status: number, message: string, headers: Readonly<Record<string, string>> = {}): WireAnswer {
  return jsonAnswer(status, { error: { code: String(status), message } }, { ...headers, 'odata-version': '4.0' });
}
