import { jsonAnswer, parseWhole, type WireAnswer } from '../exchange.js';
import { isSameText } from '../gate.js';
import {
  jsonNumber,
  type SystemContext,
  type SystemRequest,
  type SystemRow,
  type SystemSimulator,
  sidesOf,
} from '../system.js';

const RESOURCE = '0b7e4c1a-5d0f-4c38-9a55-3f4f0f6f2d10';
/** Rows of a page, however many are asked for. */
const MAX_PAGE_SIZE = 120;
const INDICATORS: Readonly<Record<string, string>> = { 'PDTI-922': 'SOC_ACTIVITY.03', 'MDTI-922': 'DX_ACTIVITY.29' };

/** The open data portal of the authentication centre: CKAN, whole table. Described in connectors/digital_signature/README.md. */
export const digitalSignature: SystemSimulator = {
  key: 'digital_signature',
  secrets: ['apiToken'],
  grain: 'year',
  refuse: (refusal) => (refusal === 'busy' ? failure(503, 'Server Error', 'Overloaded') : refuseToken()),
  routes: (context) => {
    let requests = 0;
    const handle = (request: SystemRequest): WireAnswer => {
      requests += 1;
      return search(request, context, requests);
    };
    return [{ method: 'GET', path: '/api/3/action/datastore_search', handle }];
  },
};

function search({ headers, query }: SystemRequest, { rows, secrets }: SystemContext, request: number): WireAnswer {
  if (!isSameText(headers.authorization ?? '', secrets.apiToken ?? '')) return refuseToken();
  if (query.get('resource_id') !== RESOURCE)
    return failure(404, 'Not Found Error', 'Not found: Resource was not found.');
  const limit = parseWhole(query.get('limit') ?? '100', 0, 1_000_000_000);
  const offset = parseWhole(query.get('offset') ?? '0', 0, 1_000_000_000);
  const sort = query.get('sort');
  if (limit === null || offset === null || (sort !== null && sort !== '_id'))
    return failure(409, 'Validation Error', 'limit and offset must be whole numbers, the only sort is _id.');
  const table = inTableOrder(rows()).map(describe);
  // Without a sort the database may answer in any order, and does: another one for each request.
  const turn = (request * 37) % Math.max(1, table.length);
  const ordered = sort === null ? [...table.slice(turn), ...table.slice(0, turn)] : table;
  const records = ordered.slice(offset, offset + Math.min(limit, MAX_PAGE_SIZE));
  return jsonAnswer(200, { success: true, result: { resource_id: RESOURCE, total: table.length, records } });
}

/** A record keeps its _id when it is restated. */
function inTableOrder(rows: readonly SystemRow[]): readonly SystemRow[] {
  const keyed = rows.map((row) => ({ row, key: `${row.codeSystem} ${row.code} ${row.period}` }));
  return keyed.toSorted((left, right) => (left.key < right.key ? -1 : 1)).map(({ row }) => row);
}

function refuseToken(): WireAnswer {
  return failure(403, 'Authorization Error', 'Access denied: the token is missing or wrong.');
}

function failure(status: number, type: string, message: string): WireAnswer {
  return jsonAnswer(status, { success: false, error: { __type: type, message } });
}

function describe(row: SystemRow, at: number): object {
  const [active, people] = sidesOf(row, INDICATORS[row.frameworkCode] ?? '');
  return {
    _id: at + 1,
    danh_muc: row.codeSystem,
    ma: row.code,
    ten: row.nameVi,
    nam: jsonNumber(row.period),
    so_chung_thu_so: jsonNumber(active),
    so_nguoi: jsonNumber(people),
    trang_thai: row.status === 'FINAL' ? 'chính thức' : 'tạm tính',
    ngay_cong_bo: row.publishedAt.slice(0, 10),
  };
}
