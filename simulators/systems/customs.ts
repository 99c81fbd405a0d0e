import { createHash } from 'node:crypto';
import type { WireAnswer } from '../exchange.js';
import { isSameText } from '../gate.js';
import { type SystemContext, type SystemRequest, type SystemRow, type SystemSimulator, sidesOf } from '../system.js';

const INDICATOR = 'ECO_ACTIVITY.12';
const FLOW = 'VN_CUSTOMS,DF_E_DECLARATION,1.2';
const HEADER =
  'STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,AREA_LIST,TIME_PERIOD,OBS_VALUE,DECL_TOTAL,UNIT_MULT,OBS_STATUS,PUBLISHED';
const MEDIA_TYPE = 'application/vnd.sdmx.data+csv';
/** Areas that took part in a trial in 2020, before the first assessment; half of its figures were withdrawn, half never came. */
const TRIAL_AREAS = ['01', '31', '48', '79'];

/** The customs system: SDMX REST with SDMX-CSV 2.0, the whole flow or 304. Described in connectors/customs/README.md. */
export const customs: SystemSimulator = {
  key: 'customs',
  secrets: ['subscriptionKey'],
  grain: 'month',
  refuse: (refusal) => (refusal === 'busy' ? plain(503, 'The service is overloaded.') : refuseKey()),
  routes: (context) => [
    { method: 'GET', path: '/rest/data/:flow/:key', handle: (request) => answer(request, context) },
  ],
};

function answer({ headers, params, query }: SystemRequest, { rows, secrets }: SystemContext): WireAnswer {
  if (!isSameText(headers['ocp-apim-subscription-key'] ?? '', secrets.subscriptionKey ?? '')) return refuseKey();
  if (params.flow !== FLOW) return plain(404, 'There is no such dataflow.');
  if (params.key !== 'all') return plain(501, 'Keys other than "all" are not implemented.');
  const { accept = '*/*' } = headers;
  if (![MEDIA_TYPE, 'text/csv', '*/*'].some((type) => accept.includes(type)))
    return plain(406, `The only format is ${MEDIA_TYPE}.`);
  const start = query.get('startPeriod') ?? '';
  if (!/^(\d{4}(-\d\d)?)?$/.test(start)) return plain(400, 'startPeriod is a year or a month.');
  const found = rows().filter(({ period }) => period >= start);
  if (found.length === 0) return plain(404, 'No results found.');
  const body = writeFlow(found, start);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  if (headers['if-none-match'] === etag) return { status: 304, headers: { etag }, body: '' };
  return { status: 200, headers: { 'content-type': `${MEDIA_TYPE};version=2.0.0; charset=utf-8`, etag }, body };
}

function refuseKey(): WireAnswer {
  return plain(401, 'Access denied due to invalid subscription key.');
}

function plain(status: number, text: string): WireAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `${text}\n` };
}

function writeFlow(rows: readonly SystemRow[], start: string): string {
  const trials = start > '2020-06' ? [] : TRIAL_AREAS;
  const structure = ['dataflow', `VN_CUSTOMS:DF_E_DECLARATION(1.2)`];
  const lines = [
    ...rows.map((row) => {
      const [electronic, all] = sidesOf(row, INDICATOR).map(thousands);
      const status = row.status === 'FINAL' ? 'A' : 'P';
      const place = [`VN-${row.code}`, row.codeSystem, row.period];
      return [...structure, 'R', 'M', ...place, electronic, all, 3, status, row.publishedAt];
    }),
    // What is deleted has no value; what is missing says so by its status.
    ...trials.map((code, at) => {
      const [action, status] = at % 2 === 0 ? ['D', ''] : ['R', 'O'];
      return [
        ...structure,
        action,
        'M',
        `VN-${code}`,
        'GSO-2004',
        '2020-06',
        '',
        '',
        3,
        status,
        '2021-03-15T08:00:00+07:00',
      ];
    }),
  ];
  return `${[HEADER, ...lines.map((cells) => cells.join(','))].join('\n')}\n`;
}

/** A count in thousands, every digit kept: 12345 is 12.345. */
function thousands(count: string | null): string {
  if (count === null || !/^\d+$/.test(count)) return count ?? '';
  const digits = count.padStart(4, '0');
  return `${digits.slice(0, -3)}.${digits.slice(-3)}`;
}
