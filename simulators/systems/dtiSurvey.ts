import { encodeWindows1258 } from '../charset.js';
import { isBasic } from '../gate.js';
import { seededWhole } from '../random.js';
import { type SystemRow, type SystemSimulator, sidesOf } from '../system.js';

/** Questions of the survey by the code of the indicator. */
const QUESTIONS: Readonly<Record<string, string>> = {
  'AWARENESS.10': 'NT10',
  'HUMAN_RESOURCES.13': 'KN13',
  'SOC_ACTIVITY.08': 'XH08',
  'GOV_ACTIVITY.09': 'DVC09',
  'DX_ACTIVITY.09': 'DVC09',
};

function lines(row: SystemRow): string[] {
  return Object.keys(row.figures).map((indicator) => {
    const figure = row.figures[indicator];
    const [a, b] = sidesOf(row, indicator);
    const isMean = figure?.value !== null;
    const sheets = b ?? String(seededWhole(400, 1600, 'survey', row.codeSystem, row.code, indicator));
    const state = row.status === 'FINAL' ? 'chính thức' : 'sơ bộ';
    const cells = [`"${row.nameVi}"`, row.period, QUESTIONS[indicator], sheets];
    return [...cells, isMean ? '' : a, isMean ? a?.replace('.', ',') : '', state].join(';');
  });
}

/** The survey of citizens and enterprises: CSV in windows-1258, one file per group of bodies, HTTP Basic. */
export const dtiSurvey: SystemSimulator = {
  key: 'dti_survey',
  secrets: ['username', 'password'],
  grain: 'year',
  measures: ({ source_kind }) => source_kind === 'survey',
  routes: ({ rows, secrets }) => [
    {
      method: 'GET',
      path: '/ket-qua/:group',
      handle: ({ headers, params }) => {
        const text = { 'content-type': 'text/csv; charset=windows-1258' };
        if (!isBasic(headers, secrets.username ?? '', secrets.password ?? ''))
          return { status: 401, headers: { ...text, 'www-authenticate': 'Basic' }, body: 'Unauthorized\n' };
        const isCentral = params.group === 'bo-nganh.csv';
        if (!isCentral && params.group !== 'dia-phuong.csv') return { status: 404, headers: text, body: 'Not found\n' };
        const own = rows().filter(({ codeSystem }) => (codeSystem === 'CENTRAL') === isCentral);
        const head = 'Đơn vị;Năm;Câu hỏi;Số phiếu;Số phiếu đạt;Điểm trung bình;Tình trạng';
        const body = encodeWindows1258([head, ...own.flatMap(lines), ''].join('\r\n'));
        return { status: 200, headers: text, body };
      },
    },
  ],
};
