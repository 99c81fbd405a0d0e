import { jsonAnswer, parseWhole } from '../exchange.js';
import { isSameText } from '../gate.js';
import { jsonNumber, type SystemRow, type SystemSimulator, sidesOf } from '../system.js';

/** Groups of counts by the number of the indicator, which both frameworks share: part and whole. */
const COUNTS = [
  ['03', 'endpoints', 'protected', 'total'],
  ['05', 'systems', 'monitored', 'total'],
  ['09', 'incidents', 'onTime', 'total'],
  ['12', 'websites', 'labelled', 'total'],
  ['14', 'level3', 'aroundTheClock', 'total'],
  ['16', 'vulnerabilities', 'fixedOnTime', 'total'],
] as const;

function record(row: SystemRow): object {
  const groups = COUNTS.flatMap(([number, group, part, whole]) => {
    const [a, b] = sidesOf(row, `CYBERSECURITY.${number}`);
    return a === null ? [] : [[group, { [part]: jsonNumber(a), [whole]: jsonNumber(b) }]];
  });
  const [connected] = sidesOf(row, 'CYBERSECURITY.04');
  return {
    org: `${row.codeSystem}.${row.code}`,
    orgName: row.nameVi,
    year: Number(row.period),
    provisional: row.status === 'PROVISIONAL',
    updatedAt: Date.parse(row.publishedAt),
    socConnected: jsonNumber(connected),
    ...Object.fromEntries(groups),
  };
}

/** The National Cyber Security Centre: JSON, offset and limit with a total, a key in the query. */
export const cyberMonitoring: SystemSimulator = {
  key: 'cyber_monitoring',
  secrets: ['key'],
  grain: 'year',
  refuse: (refusal) =>
    refusal === 'busy'
      ? jsonAnswer(429, { message: 'Too many requests' })
      : jsonAnswer(403, { message: 'Invalid key' }),
  routes: ({ rows, sequence, hasSequence, secrets }) => [
    {
      method: 'GET',
      path: '/posture',
      handle: ({ query }) => {
        if (!isSameText(query.get('key') ?? '', secrets.key ?? '')) return jsonAnswer(403, { message: 'Invalid key' });
        const offset = parseWhole(query.get('offset') ?? '0', 0, 10_000_000);
        const limit = parseWhole(query.get('limit') ?? '100', 1, 100);
        const version = parseWhole(query.get('version') ?? String(sequence()), 0, Number.MAX_SAFE_INTEGER);
        if (offset === null || limit === null || version === null)
          return jsonAnswer(400, { message: 'offset, limit (at most 100) and version are whole numbers' });
        if (!hasSequence(version)) return jsonAnswer(409, { message: 'Version is gone' });
        const all = rows(version);
        const data = all.slice(offset, offset + limit).map(record);
        return jsonAnswer(200, { meta: { version, total: all.length, offset, count: data.length }, data });
      },
    },
  ],
};
