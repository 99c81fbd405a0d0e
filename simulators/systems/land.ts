import type { WireAnswer } from '../exchange.js';
import { isSameText } from '../gate.js';
import { escapeXml } from '../soap.js';
import { type SystemRow, type SystemSimulator, sidesOf } from '../system.js';

const LAND = 'urn:vn:gov:mae:land:1';
const META = 'urn:vn:gov:mae:metadata:1';

function xml(status: number, body: string): WireAnswer {
  return {
    status,
    headers: { 'content-type': 'application/xml; charset=utf-8' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}\n`,
  };
}

function period(row: SystemRow): string {
  const [recorded, parcels] = sidesOf(row, 'GOV_ACTIVITY.19');
  const [year = '', quarter = ''] = row.period.split('-Q');
  return [
    `<d:Ky ten="Quý ${['I', 'II', 'III', 'IV'][Number(quarter) - 1]}/${year}">`,
    `<m:TinhTrang>${row.status === 'FINAL' ? 'CHINH_THUC' : 'SO_BO'}</m:TinhTrang>`,
    `<d:TongSoThua>${escapeXml(parcels ?? '')}</d:TongSoThua>`,
    `<d:ThuaTrongCSDL>${escapeXml(recorded ?? '')}</d:ThuaTrongCSDL>`,
    '</d:Ky>',
  ].join('');
}

/** The national land database: XML in two namespaces, one document per province, 404 for a province that delivered nothing. */
export const land: SystemSimulator = {
  key: 'land',
  secrets: ['apiKey'],
  grain: 'quarter',
  routes: ({ rows, secrets }) => [
    {
      method: 'GET',
      path: '/thua-dat/:scheme/:code',
      handle: ({ headers, params }) => {
        if (!isSameText(headers.authorization ?? '', `ApiKey ${secrets.apiKey ?? ''}`))
          return xml(401, '<Loi>Khóa không hợp lệ</Loi>');
        const own = rows().filter(({ codeSystem, code }) => codeSystem === params.scheme && code === params.code);
        const [first] = own;
        if (first === undefined) return xml(404, '<Loi>Chưa có số liệu</Loi>');
        const name = escapeXml(first.nameVi);
        return xml(
          200,
          `<d:BaoCao xmlns:d="${LAND}" xmlns:m="${META}"><m:NguonGoc>Số liệu mô phỏng</m:NguonGoc><d:DonVi ma="${first.code}">${name}</d:DonVi><d:CacKy>${own.map(period).join('')}</d:CacKy></d:BaoCao>`,
        );
      },
    },
  ],
};
