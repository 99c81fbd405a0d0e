import { jsonAnswer, type WireAnswer } from '../exchange.js';
import { jsonNumber, type SystemRow, type SystemSimulator, sidesOf } from '../system.js';

/** Cells that one answer may have; PxWeb refuses more. */
const MAX_CELLS = 300;

interface Table {
  readonly title: string;
  readonly codeSystem: string;
  readonly indicator: string;
}

const TABLES: Readonly<Record<string, Table>> = {
  'KTS01.px': {
    title: 'Giá trị tăng thêm của kinh tế số và GRDP, 63 tỉnh',
    codeSystem: 'GSO-2004',
    indicator: 'ECO_ACTIVITY.01',
  },
  'KTS02.px': {
    title: 'Giá trị tăng thêm của kinh tế số và GRDP, 34 tỉnh',
    codeSystem: 'GSO-2025',
    indicator: 'ECO_ACTIVITY.01',
  },
  'KTS03.px': { title: 'Kinh tế số trong ngành, lĩnh vực', codeSystem: 'CENTRAL', indicator: 'DX_ACTIVITY.25' },
};
const MEASURES = { digital: 'Giá trị tăng thêm của kinh tế số', total: 'GRDP hoặc giá trị tăng thêm của ngành' };

/** Areas that a query asks for; null = all. */
function readAreas(body: string): ReadonlySet<string> | null | undefined {
  try {
    const query: { query: { code: string; selection: { filter: string; values: string[] } }[] } = JSON.parse(body);
    const area = query.query.find(({ code }) => code === 'area')?.selection;
    return area === undefined || area.filter === 'all' ? null : new Set(area.values);
  } catch {
    return undefined;
  }
}

function dimension(label: string, codes: readonly string[], labels: Readonly<Record<string, string>>): object {
  return { label, category: { index: Object.fromEntries(codes.map((code, at) => [code, at])), label: labels } };
}

function dataset(table: Table, rows: readonly SystemRow[]): WireAnswer {
  const areas = [...new Set(rows.map(({ code }) => code))].sort();
  const years = [...new Set(rows.map(({ period }) => period))].sort();
  const names = new Map(rows.map(({ code, nameVi }) => [code, nameVi]));
  const byPlace = new Map(rows.map((row) => [`${row.code} ${row.period}`, row]));
  const value: (number | string | null)[] = [];
  const status: Record<string, string> = {};
  for (const area of areas) {
    for (const year of years) {
      const row = byPlace.get(`${area} ${year}`);
      for (const side of row === undefined ? [null, null] : sidesOf(row, table.indicator)) {
        if (row?.status === 'PROVISIONAL') status[value.length] = 'p';
        value.push(jsonNumber(side));
      }
    }
  }
  if (value.length > MAX_CELLS)
    return { status: 403, headers: { 'content-type': 'text/plain' }, body: 'Too many cells\n' };
  return jsonAnswer(200, {
    version: '2.0',
    class: 'dataset',
    label: `${table.title} (mô phỏng)`,
    source: 'Cục Thống kê (mô phỏng)',
    id: ['area', 'year', 'measure'],
    size: [areas.length, years.length, 2],
    dimension: {
      area: dimension('Địa bàn, ngành', areas, Object.fromEntries(names)),
      year: dimension('Năm', years, Object.fromEntries(years.map((year) => [year, year]))),
      measure: dimension('Chỉ tiêu', Object.keys(MEASURES), MEASURES),
    },
    value,
    status,
  });
}

/** The statistical databank: PxWeb with JSON-stat 2.0, open to everybody, at most 300 cells an answer. */
export const statistics: SystemSimulator = {
  key: 'statistics',
  secrets: [],
  grain: 'year',
  routes: ({ rows }) => [
    {
      method: 'POST',
      path: '/api/v1/vi/:table',
      handle: ({ params, body }) => {
        const table = TABLES[params.table ?? ''];
        const areas = readAreas(body);
        if (table === undefined) return jsonAnswer(404, { error: 'There is no such table' });
        if (areas === undefined) return jsonAnswer(400, { error: 'The query is not JSON' });
        const own = rows().filter(({ codeSystem }) => codeSystem === table.codeSystem);
        return dataset(
          table,
          own.filter(({ code }) => areas === null || areas.has(code)),
        );
      },
    },
  ],
};
