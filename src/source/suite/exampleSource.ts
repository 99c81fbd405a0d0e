import type { SeenRequest, Upstream, WireAnswer } from './disturber.js';

/** Months of the example's rows, each as an instant that in Vietnam is already the month after the one in UTC. */
const INSTANTS = ['2023-12-31T17:30:00Z', '2024-01-31T18:00:00Z', '2024-02-29T17:05:00Z', '2024-03-31T20:00:00Z'];
const PROVINCES = ['Hà Nội', 'Đà Nẵng', 'Quảng Ninh', 'Cà Mau'];
const LARGEST_PAGE = 100;
/** What lets a client in, beside the token that it gets for it. */
export const EXAMPLE_KEY = 'key-of-the-example';
const TOKEN = 'token-of-the-example-source';

/** One row of the example source. */
export interface ExampleRow {
  readonly province: string;
  readonly reportedAt: string;
  readonly status: 'FINAL' | 'PROVISIONAL';
  readonly online: number;
  readonly services: number;
  /** A share in per cent, as a decimal. */
  readonly satisfaction: string;
}

/** All rows of the example source, in its order. */
export const EXAMPLE_ROWS: readonly ExampleRow[] = INSTANTS.flatMap((reportedAt, month) =>
  PROVINCES.map(
    (province, at): ExampleRow => ({
      province,
      reportedAt,
      status: month === INSTANTS.length - 1 ? 'PROVISIONAL' : 'FINAL',
      online: 20 + 3 * at + month,
      services: 60 + at,
      satisfaction: `${70 + at}.${month + 1}`,
    }),
  ),
);

/**
 * A tiny source of statistics, to try connectors on: `GET /v1/figures?page=1&size=100` with `x-api-key`, or with `x-session`, a token of `POST /v1/token`. An
 * answer has `page`, `pages`, `total`, `next` (null after the last page) and `items`; see {@link ExampleRow}.
 */
export const exampleSource: Upstream = async (request) => {
  const url = new URL(request.url, 'http://example');
  if (`${request.method} ${url.pathname}` === 'POST /v1/token') {
    return isKnown(request)
      ? json(200, { access_token: TOKEN, expires_in: 3600 })
      : json(401, { error: 'unknown key' });
  }
  if (`${request.method} ${url.pathname}` !== 'GET /v1/figures') return json(404, { error: 'no such address' });
  if (!isKnown(request) && request.headers['x-session'] !== TOKEN) return json(401, { error: 'unknown key' });
  const [page, size] = ['page', 'size'].map((name) => Number(url.searchParams.get(name) ?? '1'));
  if (page === undefined || size === undefined || !(page >= 1) || !(size >= 1))
    return json(400, { error: 'page and size are numbers from 1' });
  const rows = Math.min(size, LARGEST_PAGE);
  const pages = Math.ceil(EXAMPLE_ROWS.length / rows);
  const items = EXAMPLE_ROWS.slice((page - 1) * rows, page * rows);
  return json(200, { page, pages, total: EXAMPLE_ROWS.length, next: page < pages ? page + 1 : null, items });
};

function isKnown({ headers }: SeenRequest): boolean {
  return headers['x-api-key'] === EXAMPLE_KEY;
}

function json(status: number, data: unknown): WireAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(data)) };
}
