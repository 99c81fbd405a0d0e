import { gzipSync } from 'node:zlib';
import { isBearer } from '../gate.js';
import { jsonNumber, type SystemRow, type SystemSimulator, sidesOf } from '../system.js';

/** Where the two frameworks have what the platform counts. */
const INDICATORS: Readonly<Record<string, { connected: string; services: string; databases: string; calls: string }>> =
  {
    'PDTI-922': {
      connected: 'INFRASTRUCTURE.05',
      services: 'INFRASTRUCTURE.06',
      databases: 'GOV_ACTIVITY.17',
      calls: 'GOV_ACTIVITY.18',
    },
    'MDTI-922': {
      connected: 'INFRASTRUCTURE.03',
      services: 'INFRASTRUCTURE.04',
      databases: 'DX_ACTIVITY.17',
      calls: 'DX_ACTIVITY.18',
    },
  };

function line(row: SystemRow): string {
  const indicators = INDICATORS[row.frameworkCode];
  const sides = (name: 'connected' | 'services' | 'databases' | 'calls') => sidesOf(row, indicators?.[name] ?? '');
  const [services, servicesOffered] = sides('services');
  const [shared, databases] = sides('databases');
  const record = {
    agency: { scheme: row.codeSystem, id: row.code },
    month: row.period.replace('-', 'M'),
    state: row.status,
    released: row.publishedAt,
    lgsp_connected: jsonNumber(sides('connected')[0]),
    services_used: jsonNumber(services),
    services_offered: jsonNumber(servicesOffered),
    databases_shared: jsonNumber(shared),
    databases: jsonNumber(databases),
    // As text: counts of calls have outgrown what readers of JSON keep exactly before.
    calls: sides('calls')[0],
  };
  return `${JSON.stringify(record)}\n`;
}

/** One gzip member per year, as exports that are appended to have them. */
function archive(rows: readonly SystemRow[]): Buffer {
  const byYear = Map.groupBy(rows, ({ period }) => period.slice(0, 4));
  return Buffer.concat([...byYear.values()].map((part) => gzipSync(part.map(line).join(''))));
}

/** The national data exchange platform: one gzip file of NDJSON with several members, a bearer token, ETag. */
export const ndxp: SystemSimulator = {
  key: 'ndxp',
  secrets: ['token'],
  grain: 'month',
  routes: ({ rows, secrets }) => [
    {
      method: 'GET',
      path: '/exports/usage.ndjson.gz',
      handle: ({ headers }) => {
        const text = { 'content-type': 'text/plain; charset=utf-8' };
        if (!isBearer(headers, secrets.token ?? ''))
          return { status: 401, headers: { ...text, 'www-authenticate': 'Bearer' }, body: 'Unauthorized\n' };
        const all = rows();
        // Rows come by sequence: the last one and their number say whether anything changed.
        const etag = `"${all.at(-1)?.sequence ?? 0}-${all.length}"`;
        if (headers['if-none-match'] === etag) return { status: 304, headers: { etag }, body: '' };
        return { status: 200, headers: { 'content-type': 'application/gzip', etag }, body: archive(all) };
      },
    },
  ],
};
