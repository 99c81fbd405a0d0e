import iconv from 'iconv-lite';
import { jsonAnswer, type WireAnswer } from '../exchange.js';
import { isSameText } from '../gate.js';
import { type SystemContext, type SystemRequest, type SystemRow, type SystemSimulator, sidesOf } from '../system.js';

const INDICATOR = 'ECO_ACTIVITY.11';
const ROMAN = ['I', 'II', 'III', 'IV'];
/** Tones as combining marks, which windows-1258 has as characters of their own: grave, acute, tilde, hook above, dot below. */
const TONE = /[\u0300\u0301\u0303\u0309\u0323]/g;
/** How an officer writes a name: from one file to the next, and within one. */
const SPELLINGS: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => `Tỉnh ${name}`,
  (name) => name.toUpperCase(),
  (name) => ` ${name.replaceAll(' ', '  ')} `,
];
/** Names that have spellings of their own. */
const NICKNAMES: Readonly<Record<string, readonly string[]>> = {
  'Thành phố Hồ Chí Minh': ['TP. Hồ Chí Minh', 'TP Hồ Chí Minh', 'Tp.HCM', 'Sài Gòn'],
  'Thừa Thiên Huế': ['Thừa Thiên - Huế', 'Thừa Thiên – Huế', 'TT-Huế', 'Tỉnh Thừa Thiên Huế'],
  'Bà Rịa - Vũng Tàu': ['Bà Rịa-Vũng Tàu', 'Bà Rịa – Vũng Tàu', 'BR-VT', 'Tỉnh Bà Rịa Vũng Tàu'],
  'Đắk Lắk': ['Đắk Lắk', 'Đăk Lăk', 'Tỉnh Đắk Lắk', 'Dak Lak'],
  ...Object.fromEntries(
    ['Hà Nội', 'Hải Phòng', 'Đà Nẵng', 'Cần Thơ', 'Huế'].map((name) => [
      name,
      [name, `TP. ${name}`, `Thành phố ${name}`, name.toUpperCase()],
    ]),
  ),
};

/** The e-commerce portal: spreadsheets saved as CSV by hand. Described in connectors/ecommerce/README.md. */
export const ecommerce: SystemSimulator = {
  key: 'ecommerce',
  secrets: ['downloadKey'],
  grain: 'quarter',
  refuse: (refusal) => jsonAnswer(refusal === 'busy' ? 503 : 401, { error: refusal }),
  routes: (context) => [{ method: 'GET', path: '/tai-ve/:file', handle: (request) => answer(request, context) }],
};

function answer({ params, query }: SystemRequest, { rows, secrets }: SystemContext): WireAnswer {
  if (!isSameText(query.get('khoa') ?? '', secrets.downloadKey ?? '')) return jsonAnswer(401, { error: 'khoa' });
  const year = /^giao-dich-(\d{4})\.csv$/.exec(params.file ?? '')?.[1];
  const found = rows().filter(({ period }) => year !== undefined && period.startsWith(year));
  if (year === undefined || found.length === 0) return jsonAnswer(404, { error: 'no such file' });
  const headers = { 'content-type': 'text/csv', 'content-disposition': `attachment; filename="giao-dich-${year}.csv"` };
  return { status: 200, headers, body: encode(writeFile(year, found)) };
}

/** A title and a unit above the table, a total and a source under it. */
function writeFile(year: string, rows: readonly SystemRow[]): string {
  const lines = rows.map((row, at) => {
    const [value] = sidesOf(row, INDICATOR);
    // A cell may hold a line end; that is what quotes are for.
    const note = row.status === 'FINAL' ? '' : '"Số liệu tạm tính,\r\ncòn điều chỉnh"';
    return [at + 1, spell(row, at), quarterOf(row.period), writeNumber(value ?? '-'), note].join(';');
  });
  const sum = rows.reduce((total, row) => total + Number(sidesOf(row, INDICATOR)[0] ?? 0), 0);
  return [
    `BÁO CÁO GIAO DỊCH TRÊN SÀN THƯƠNG MẠI ĐIỆN TỬ NĂM ${year};;;;`,
    'Đơn vị tính: giao dịch trên 1.000 dân;;;;',
    ';;;;',
    'STT;Địa phương;Kỳ báo cáo;Số giao dịch;Ghi chú',
    ...lines,
    `Tổng cộng;;;${writeNumber(sum.toFixed(2))};`,
    'Nguồn: số liệu mô phỏng;;;;',
    '',
  ].join('\r\n');
}

function spell({ nameVi, code }: SystemRow, at: number): string {
  const nicknames = NICKNAMES[nameVi];
  const turn = at + Number(code);
  if (nicknames !== undefined) return nicknames[turn % nicknames.length] ?? nameVi;
  return (SPELLINGS[turn % SPELLINGS.length] ?? String)(nameVi);
}

/** `2024-Q1` is `Quý I/2024`. */
function quarterOf(period: string): string {
  const [year = '', quarter = ''] = period.split('-Q');
  return `Quý ${ROMAN[Number(quarter) - 1] ?? quarter}/${year}`;
}

/** 1234.5 is 1.234,5. */
function writeNumber(decimal: string): string {
  const [whole = '', fraction] = decimal.split('.');
  if (!/^\d+$/.test(whole)) return decimal;
  return whole.replace(/\B(?=(\d{3})+$)/g, '.') + (fraction === undefined ? '' : `,${fraction}`);
}

/** windows-1258 has the letters with their hats and horns, and the tones apart. */
function encode(text: string): Buffer {
  const parted = text.normalize('NFD').replace(/[\p{L}][\p{M}]+/gu, (letter) => {
    const tones = letter.match(TONE)?.join('') ?? '';
    return letter.replace(TONE, '').normalize('NFC') + tones;
  });
  return iconv.encode(parted, 'windows-1258');
}
