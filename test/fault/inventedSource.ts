import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** One province's line of the invented report: its name as the source writes it, and two counts. */
export interface ReportLine {
  readonly name: string;
  paid: number;
  readonly entitled: number;
}

/** A source that nobody has written a connector for, and what it was asked. */
export interface InventedSource {
  readonly baseUrl: string;
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly lines: ReportLine[];
  readonly secrets: { readonly name: string; readonly value: string }[];
  requests: number;
  close(): Promise<void>;
}

const APP = 'dti';
const KEY = 'ký-tên-cho-vui-2026';
const PAGE = 3;

/**
 * Serves a report in a combination that no shipped manifest uses: signed requests (HMAC-SHA-512, base64url), a folder per year, `Link` headers, and
 * pages that are gzip files of UTF-16 CSV with a bar between cells, names in any spelling and dots between thousands.
 */
export async function startInventedSource(year: number): Promise<InventedSource> {
  const lines: ReportLine[] = [
    { name: 'TP. Huế', paid: 61_234, entitled: 80_000 },
    { name: 'thành phố  ĐÀ NẴNG', paid: 52_000, entitled: 100_000 },
    { name: 'Tỉnh Khánh Hoà', paid: 8_000, entitled: 40_000 },
    { name: 'Tp Hồ Chí Minh', paid: 400_000, entitled: 1_000_000 },
    { name: 'Đắk Lắk'.normalize('NFD'), paid: 12_000, entitled: 60_000 },
    { name: 'Tỉnh Atlantis', paid: 1, entitled: 2 },
    { name: 'Cả nước', paid: 533_235, entitled: 1_280_002 },
  ];
  const source = { requests: 0 };
  const server = createServer((request, response) => {
    source.requests += 1;
    const url = new URL(request.url ?? '/', 'http://source');
    if (!isSigned(request, url)) {
      response.writeHead(401, { 'content-type': 'text/plain' }).end('signature');
      return;
    }
    if (url.pathname !== `/kho/${year}/chi-tra.csv.gz`) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('no folder of this year');
      return;
    }
    const page = Number(url.searchParams.get('trang') ?? '1');
    const rows = lines.slice((page - 1) * PAGE, page * PAGE);
    const text = ['Địa phương|Kỳ|Đã chi trả|Được hưởng', ...rows.map((line) => writeLine(line, year)), ''].join('\r\n');
    const next = `<${url.pathname}?trang=${page + 1}>; rel="next"`;
    response
      .writeHead(200, {
        'content-type': 'application/gzip',
        ...(page * PAGE < lines.length ? { link: next } : {}),
      })
      .end(gzipSync(Buffer.from(`\uFEFF${text}`, 'utf16le')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(source, {
    baseUrl: `http://${host}/kho`,
    host,
    lines,
    secrets: [{ name: 'signingKey', value: KEY }],
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

function writeLine({ name, paid, entitled }: ReportLine, year: number): string {
  const dotted = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, '.');
  return `"${name}"|Tháng 9/${year}|${dotted(paid)}|${dotted(entitled)}`;
}

function isSigned(request: IncomingMessage, url: URL): boolean {
  const at = request.headers['x-ngay-gio'];
  const expected = createHmac('sha512', KEY).update(`GET~${url.pathname}~${at}~${APP}`).digest('base64url');
  return request.headers['x-chu-ky'] === expected;
}
