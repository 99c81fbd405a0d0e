import { jsonAnswer, parseWhole } from '../exchange.js';
import { isSameText } from '../gate.js';
import { jsonNumber, type SystemRow, type SystemSimulator, sidesOf } from '../system.js';

/** Counts by the name that the portal gives them, with the indicator and its two sides. */
const COUNTS: Readonly<Record<string, readonly [indicator: string, part: string, whole: string][]>> = {
  'PDTI-922': [
    ['INFRASTRUCTURE.01', 'smartphoneUsers', 'adults'],
    ['INFRASTRUCTURE.02', 'fibreHouseholds', 'households'],
    ['INFRASTRUCTURE.03', 'bodiesConnected', 'bodies'],
    ['INFRASTRUCTURE.07', 'villagesCovered', 'villages'],
  ],
  'MDTI-922': [['INFRASTRUCTURE.01', 'bodiesConnected', 'bodies']],
};

function item(row: SystemRow): object {
  const counts = (COUNTS[row.frameworkCode] ?? []).flatMap(([indicator, part, whole]) => {
    const [a, b] = sidesOf(row, indicator);
    return [
      [part, jsonNumber(a)],
      [whole, jsonNumber(b)],
    ];
  });
  const area = { scheme: row.codeSystem, code: row.code, name: row.nameVi };
  return { area, quarter: row.period, revision: row.sequence, state: row.status, counts: Object.fromEntries(counts) };
}

/** The statistics portal of the Telecommunications Authority: JSON, numbered pages with a flag for more, a key in a header. */
export const telecom: SystemSimulator = {
  key: 'telecom',
  secrets: ['apiKey'],
  grain: 'quarter',
  refuse: (refusal) =>
    refusal === 'busy'
      ? jsonAnswer(503, { error: 'OVERLOADED' }, { 'retry-after': '1' })
      : jsonAnswer(401, { error: 'KEY_REFUSED' }),
  routes: ({ rows, sequence, hasSequence, secrets }) => [
    {
      method: 'GET',
      path: '/api/v2/coverage',
      handle: ({ headers, query }) => {
        if (!isSameText(headers['x-api-key'] ?? '', secrets.apiKey ?? ''))
          return jsonAnswer(401, { error: 'KEY_REFUSED' });
        const page = parseWhole(query.get('page') ?? '1', 1, 1_000_000);
        const size = parseWhole(query.get('size') ?? '50', 1, 200);
        const since = parseWhole(query.get('since') ?? '0', 0, Number.MAX_SAFE_INTEGER);
        // Pages of one run are cut from one state, which the reader names from the second page on.
        const asOf = parseWhole(query.get('asOf') ?? String(sequence()), 0, Number.MAX_SAFE_INTEGER);
        if (page === null || size === null || since === null || asOf === null)
          return jsonAnswer(400, { error: 'PARAMETER' });
        if (!hasSequence(asOf)) return jsonAnswer(410, { error: 'STATE_GONE' });
        const changed = rows(asOf).filter((row) => row.sequence > since);
        const items = changed.slice((page - 1) * size, page * size).map(item);
        return jsonAnswer(200, { page, size, asOf, hasMore: page * size < changed.length, items });
      },
    },
  ],
};
