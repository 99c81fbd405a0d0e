import { isBasic } from '../gate.js';
import { type SystemRow, type SystemSimulator, sidesOf } from '../system.js';
import { type WorkbookCell, type Worksheet, writeWorkbook } from '../workbook.js';

const WORKBOOK = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const UNIX_EPOCH_SERIAL = 25_569;

function digits(text: string | null): WorkbookCell {
  return text === null ? null : /^\d+$/.test(text) ? { digits: text } : text;
}

/** The day at which the figures stood, as spreadsheets count days. */
function closingDay({ period, status, publishedAt }: SystemRow): WorkbookCell {
  const day = status === 'PROVISIONAL' ? publishedAt.slice(0, 10) : `${period}-12-31`;
  return { digits: String(Date.parse(day) / 86_400_000 + UNIX_EPOCH_SERIAL) };
}

function sheetOf(name: string, rows: readonly SystemRow[], indicators: readonly string[]): Worksheet {
  const heads = [
    ['Tổng số công chức, viên chức', 'Chuyên trách CNTT'],
    ['Tổng số (ATTT)', 'Chuyên trách ATTT'],
    ['Tổng số hồ sơ', 'Hồ sơ đã đồng bộ'],
  ].slice(0, indicators.length);
  const header = ['Mã', 'Tên cơ quan, đơn vị', 'Ngày chốt số liệu', ...heads.flat(), 'Tình trạng'];
  const lines = rows.map((row) => [
    row.code,
    row.nameVi,
    closingDay(row),
    ...indicators.flatMap((indicator) => sidesOf(row, indicator).toReversed().map(digits)),
    row.status === 'FINAL' ? 'Chính thức' : 'Sơ bộ',
  ]);
  return {
    name,
    rows: [
      ['BỘ NỘI VỤ'],
      ['BÁO CÁO ĐỒNG BỘ HỒ SƠ CÁN BỘ, CÔNG CHỨC, VIÊN CHỨC (SỐ LIỆU MÔ PHỎNG)'],
      [],
      header,
      header.map((_, at) => `(${at + 1})`),
      ...lines,
      ['Nguồn: Cơ sở dữ liệu quốc gia về cán bộ, công chức, viên chức (mô phỏng)'],
    ],
  };
}

/** The national database of officials: a workbook per year, HTTP Basic; 404 for years without a report. */
export const civilServants: SystemSimulator = {
  key: 'civil_servants',
  secrets: ['username', 'password'],
  grain: 'year',
  routes: ({ rows, secrets }) => [
    {
      method: 'GET',
      path: '/bao-cao/:year',
      handle: ({ headers, params }) => {
        const text = { 'content-type': 'text/plain; charset=utf-8' };
        if (!isBasic(headers, secrets.username ?? '', secrets.password ?? ''))
          return {
            status: 401,
            headers: { ...text, 'www-authenticate': 'Basic realm="CBCCVC"' },
            body: 'Unauthorized\n',
          };
        const year = params.year?.replace(/\.xlsx$/, '');
        const own = rows().filter(({ period }) => period === year);
        if (own.length === 0) return { status: 404, headers: text, body: 'Chưa có báo cáo.\n' };
        const [bodies, provinces] = [true, false].map((central) =>
          own.filter(({ codeSystem }) => (codeSystem === 'CENTRAL') === central),
        );
        const human = (number: string): string => `HUMAN_RESOURCES.${number}`;
        const workbook = writeWorkbook([
          sheetOf('Địa phương', provinces ?? [], ['03', '04', '07'].map(human)),
          sheetOf('Bộ, ngành', bodies ?? [], ['02', '03'].map(human)),
        ]);
        return { status: 200, headers: { 'content-type': WORKBOOK }, body: workbook };
      },
    },
  ],
};
