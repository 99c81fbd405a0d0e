import { parseWhole, USED_ONCE_MS, type WireAnswer } from '../exchange.js';
import { UsedOnce } from '../gate.js';
import { checkUsernameToken, childNode, childText, escapeXml, parseEnvelope, type SoapFault } from '../soap.js';
import { type SystemRow, type SystemSimulator, sidesOf } from '../system.js';

const SOAP = 'http://www.w3.org/2003/05/soap-envelope';
const AXIS = 'urn:vn:gov:chinhphu:edoc:report:2';
const OPERATION = 'ListExchangeReports';

function envelope(status: number, body: string): WireAnswer {
  return {
    status,
    headers: { 'content-type': 'application/soap+xml; charset=utf-8' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope xmlns:env="${SOAP}" xmlns:ax="${AXIS}"><env:Body>${body}</env:Body></env:Envelope>\n`,
  };
}

/** A fault of SOAP 1.2, with the status that belongs to its code. */
function fault({ code, message }: Pick<SoapFault, 'code' | 'message'>): WireAnswer {
  const isOurs = code === 'BUSY' || code === 'SYSTEM_ERROR';
  const parts = [
    `<env:Code><env:Value>env:${isOurs ? 'Receiver' : 'Sender'}</env:Value></env:Code>`,
    `<env:Reason><env:Text xml:lang="vi">${escapeXml(message)}</env:Text></env:Reason>`,
    `<env:Detail><ax:ErrorCode>${code}</ax:ErrorCode></env:Detail>`,
  ];
  return envelope(isOurs ? 500 : 400, `<env:Fault>${parts.join('')}</env:Fault>`);
}

function count(name: string, [part, whole]: readonly [string | null, string | null]): string {
  if (part === null) return '';
  return `<ax:${name} total="${escapeXml(whole ?? '')}">${escapeXml(part)}</ax:${name}>`;
}

function report(row: SystemRow): string {
  const prefix = row.frameworkCode === 'MDTI-922' ? 'DX_ACTIVITY' : 'GOV_ACTIVITY';
  return [
    `<ax:Report sequence="${row.sequence}" status="${row.status}">`,
    `<ax:Organ scheme="${row.codeSystem}">${escapeXml(row.code)}</ax:Organ>`,
    `<ax:Month>${row.period.slice(5)}/${row.period.slice(0, 4)}</ax:Month>`,
    `<ax:Released>${row.publishedAt}</ax:Released>`,
    count('OutgoingSigned', sidesOf(row, `${prefix}.11`)),
    count('SystemsConforming', sidesOf(row, `${prefix}.28`)),
    '</ax:Report>',
  ].join('');
}

/** The national document exchange axis: SOAP 1.2, WS-Security, numbered pages. */
export const edoc: SystemSimulator = {
  key: 'edoc',
  secrets: ['username', 'password'],
  grain: 'month',
  refuse: (refusal) =>
    refusal === 'busy'
      ? fault({ code: 'BUSY', message: 'Trục đang quá tải' })
      : fault({ code: 'AUTH_FAILED', message: 'Sai tài khoản hoặc mật khẩu' }),
  routes: ({ rows, sequence, hasSequence, secrets, now }) => {
    const nonces = new UsedOnce(USED_ONCE_MS);
    const known = { username: secrets.username ?? '', password: secrets.password ?? '' };
    return [
      {
        method: 'POST',
        path: '/services/reports',
        handle: ({ body }) => {
          const parsed = parseEnvelope(body);
          if (parsed === null) return fault({ code: 'REQUEST_INVALID', message: 'Not an envelope' });
          const denied = checkUsernameToken(parsed.header, known, nonces, now());
          if (denied !== null) return fault(denied);
          const operation = childNode(parsed.body, OPERATION);
          const number = (name: string, fallback: number): number | null =>
            parseWhole(childText(operation, name) ?? String(fallback), 0, Number.MAX_SAFE_INTEGER);
          const [page, since, version] = [number('Page', 1), number('Since', 0), number('Version', sequence())];
          if (operation === null || page === null || page < 1 || since === null || version === null)
            return fault({ code: 'REQUEST_INVALID', message: `Expected ${OPERATION} with Page, Since, Version` });
          if (!hasSequence(version)) return fault({ code: 'RESULT_SET_EXPIRED', message: 'Version is gone' });
          const size = 250;
          const changed = rows(version).filter((row) => row.sequence > since);
          const reports = changed.slice((page - 1) * size, page * size).map(report);
          const head = `<ax:Version>${version}</ax:Version><ax:Page>${page}</ax:Page><ax:Pages>${Math.ceil(changed.length / size)}</ax:Pages><ax:Total>${changed.length}</ax:Total>`;
          return envelope(
            200,
            `<ax:${OPERATION}Response>${head}<ax:Reports>${reports.join('\n')}</ax:Reports></ax:${OPERATION}Response>`,
          );
        },
      },
    ];
  },
};
