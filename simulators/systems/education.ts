import { type SystemRow, type SystemSimulator, sidesOf } from '../system.js';

const LINKED = 'Trường kết nối CSDL ngành';
const REPORTS = 'Trường dùng học bạ số';

/** 12345 as 12.345; what is no number stays. */
function grouped(text: string | null): string {
  return text === null || !/^\d+$/.test(text) ? (text ?? '') : text.replace(/\B(?=(\d{3})+$)/g, '.');
}

/** Names as typists write them: with the word for the kind of body, in capitals, with a hyphen. */
function spelled({ nameVi, code }: SystemRow): string {
  if (nameVi === 'Hồ Chí Minh') return 'TP. Hồ Chí Minh';
  if (nameVi === 'Thừa Thiên Huế') return 'Thừa Thiên - Huế';
  return Number(code) % 3 === 0 ? nameVi.toUpperCase() : nameVi;
}

function line(row: SystemRow): string {
  const [linked, schools] = sidesOf(row, 'HUMAN_RESOURCES.10');
  const [reports] = sidesOf(row, 'HUMAN_RESOURCES.11');
  const share = ((100 * Number(linked)) / Number(schools)).toFixed(1).replace('.', ',');
  const note = row.status === 'FINAL' ? '' : 'sơ bộ';
  return [`"${spelled(row)}"`, row.period, grouped(schools), grouped(linked), grouped(reports), share, note].join(';');
}

/** The education sector's statistics: CSV as spreadsheets in Vietnam write it, with a heading, a total and a footer. */
export const education: SystemSimulator = {
  key: 'education',
  secrets: [],
  grain: 'year',
  routes: ({ rows }) => [
    {
      method: 'GET',
      path: '/thong-ke/truong-hoc.csv',
      handle: ({ query }) => {
        const headers = { 'content-type': 'text/csv; charset=utf-8' };
        const year = query.get('nam') ?? '';
        const own = rows().filter(({ period }) => period === year);
        if (own.length === 0) return { status: 404, headers, body: 'Không có số liệu\n' };
        const sum = (indicator: string, side: 0 | 1): string =>
          grouped(String(own.reduce((total, row) => total + (Number(sidesOf(row, indicator)[side]) || 0), 0)));
        const [ten, eleven] = ['HUMAN_RESOURCES.10', 'HUMAN_RESOURCES.11'];
        const lines = [
          `SỐ LIỆU TRƯỜNG HỌC NĂM ${year} (MÔ PHỎNG)`,
          'Đơn vị tính: trường',
          '',
          `Tỉnh, thành phố;Năm;Tổng số trường;${LINKED};${REPORTS};Tỷ lệ kết nối (%);Ghi chú`,
          ...own.map(line),
          `"CẢ NƯỚC";${year};${sum(ten, 1)};${sum(ten, 0)};${sum(eleven, 0)};;`,
          'Nguồn: Cơ sở dữ liệu ngành giáo dục (mô phỏng)',
        ];
        return { status: 200, headers, body: `\uFEFF${lines.join('\r\n')}\r\n` };
      },
    },
  ],
};
