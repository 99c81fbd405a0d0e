import { encodeUtf16 } from '../charset.js';
import { type SystemRow, type SystemSimulator, sidesOf } from '../system.js';

const OPERATING = 'DX_ACTIVITY.23';

function line(row: SystemRow): string {
  const [operating, assigned] = sidesOf(row, OPERATING);
  const state = row.status === 'FINAL' ? 'Chính thức' : 'Sơ bộ';
  return [row.code, row.nameVi, row.period, assigned, operating, state].join('\t');
}

/** The list of national digital platforms by lead body: "Unicode text" of a spreadsheet (UTF-16, tabs), open to everybody, Last-Modified. */
export const digitalPlatforms: SystemSimulator = {
  key: 'digital_platforms',
  secrets: [],
  grain: 'year',
  measures: ({ code }, frameworkCode) => frameworkCode === 'MDTI-922' && code === OPERATING,
  routes: ({ rows }) => [
    {
      method: 'GET',
      path: '/danh-muc/tong-hop.txt',
      handle: ({ headers }) => {
        const all = rows();
        const newest = all.map(({ publishedAt }) => Date.parse(publishedAt)).reduce((a, b) => Math.max(a, b), 0);
        const modified = new Date(newest).toUTCString();
        if (headers['if-modified-since'] === modified)
          return { status: 304, headers: { 'last-modified': modified }, body: '' };
        const head = [
          'Mã cơ quan',
          'Cơ quan chủ trì',
          'Năm',
          'Nền tảng được giao',
          'Nền tảng đã vận hành',
          'Tình trạng',
        ];
        return {
          status: 200,
          headers: { 'content-type': 'text/plain; charset=utf-16', 'last-modified': modified },
          body: encodeUtf16([head.join('\t'), ...all.map(line), ''].join('\r\n')),
        };
      },
    },
  ],
};
