import { gzipSync } from 'node:zlib';
import { jsonAnswer, type WireAnswer } from '../exchange.js';
import { isBearer } from '../gate.js';
import { type SystemContext, type SystemRequest, type SystemRow, type SystemSimulator, sidesOf } from '../system.js';

/** Before the programme's first month there are no files. */
const FIRST_MONTH = '2021-01';
/** Enrolments of the pilot of 2021, withdrawn later: the records are gone, and say so. */
const WITHDRAWN = { month: '2021-01', provinces: ['01', '79'] } as const;
/** Lines of one member; programs that append to a file make a new one each time. */
const LINES_PER_MEMBER = 40;

/** The programme for small and medium enterprises: a gzip file of NDJSON a month. Described in connectors/smedx/README.md. */
export const smedx: SystemSimulator = {
  key: 'smedx',
  secrets: ['token'],
  grain: 'month',
  refuse: (refusal) => jsonAnswer(refusal === 'busy' ? 503 : 401, { error: refusal }),
  routes: (context) => [{ method: 'GET', path: '/exports/:file', handle: (request) => answer(request, context) }],
};

function answer({ headers, params, query }: SystemRequest, { rows, secrets }: SystemContext): WireAnswer {
  if (!isBearer(headers, secrets.token ?? '')) return jsonAnswer(401, { error: 'token' });
  const month = /^adoption-(\d{4}-\d\d)\.ndjson\.gz$/.exec(params.file ?? '')?.[1];
  const since = query.get('updatedAfter');
  const sinceMs = since === null ? 0 : Date.parse(since);
  if (Number.isNaN(sinceMs)) return jsonAnswer(400, { error: 'updatedAfter is a time in ISO 8601' });
  const written = rows()
    .filter(({ period }) => period === month)
    .map(describe);
  const records = [...written, ...(month === WITHDRAWN.month ? WITHDRAWN.provinces.map(withdraw) : [])];
  if (month === undefined || month < FIRST_MONTH || records.length === 0)
    return jsonAnswer(404, { error: 'no such file' });
  const changed = records.filter(({ updatedAt }) => Date.parse(updatedAt) >= sinceMs);
  // There is no NDJSON of nothing.
  if (changed.length === 0) return { status: 204, headers: {}, body: '' };
  const lines = changed.map((record) => `${JSON.stringify(record)}\n`);
  const members = Array.from({ length: Math.ceil(lines.length / LINES_PER_MEMBER) }, (_, at) =>
    gzipSync(lines.slice(at * LINES_PER_MEMBER, (at + 1) * LINES_PER_MEMBER).join('')),
  );
  return { status: 200, headers: { 'content-type': 'application/gzip' }, body: Buffer.concat(members) };
}

interface Line {
  readonly op: 'upsert' | 'delete';
  readonly updatedAt: string;
  readonly [field: string]: unknown;
}

function describe(row: SystemRow): Line {
  const [reached, enterprises] = sidesOf(row, 'ECO_ACTIVITY.04');
  const [usingPlatforms, surveyed] = sidesOf(row, 'ECO_ACTIVITY.05');
  return {
    op: 'upsert',
    province: `${row.codeSystem}:${row.code}`,
    month: row.period,
    sme: { enterprises, reached, surveyed, usingPlatforms },
    preliminary: row.status === 'PROVISIONAL',
    updatedAt: row.publishedAt,
  };
}

/** A tombstone names what is gone, and nothing else. */
function withdraw(code: string): Line {
  return { op: 'delete', province: `GSO-2004:${code}`, month: WITHDRAWN.month, updatedAt: '2021-06-01T08:00:00+07:00' };
}
