import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Connector } from '../../src/domain/connector.js';
import { compileManifest } from '../../src/source/manifest/compileManifest.js';
import { parseManifest } from '../../src/source/manifest/parseManifest.js';

/** A row: a share of a province in a year, or what is to be rejected, skipped or withdrawn. */
export interface PagedRow {
  readonly year: number;
  readonly province: string;
  readonly value: string | null;
  readonly deleted?: boolean;
  readonly version?: number;
  readonly extra?: string;
}

/** Ways in which the source hands out its pages. */
export const PAGINGS = ['page', 'offset', 'cursor', 'nextUrl'] as const;
/** See {@link PAGINGS}. */
export type Paging = (typeof PAGINGS)[number];

/** A real HTTP server whose rows a manifest reads year by year, page by page. */
export interface PagedSource {
  readonly baseUrl: string;
  rows: readonly PagedRow[];
  pageSize: number;
  /** Takes a request over; false = it answers as always. Numbers count from 1. */
  intercept: (response: ServerResponse, number: number) => boolean | Promise<boolean>;
  readonly asked: string[];
  close(): Promise<void>;
}

/** The years that the manifest asks for, in this order. */
export const YEARS = [2024, 2025, 2026];

/** Starts the source on a free port. */
export async function startPagedSource(): Promise<PagedSource> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://source');
    const number = asked.push(`${url.pathname}${url.search}`);
    if (await source.intercept(response, number)) return;
    const of = source.rows.filter(({ year }) => String(year) === url.searchParams.get('year'));
    const { pageSize } = source;
    const from = url.searchParams.has('page')
      ? (Number(url.searchParams.get('page')) - 1) * pageSize
      : Number(url.searchParams.get('offset') ?? url.searchParams.get('token') ?? 0);
    const items = of.slice(from, from + pageSize);
    const end = from + items.length;
    const hasMore = end < of.length;
    const query = `year=${url.searchParams.get('year')}&token=${end}`;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        ...{ items, total: of.length, hasMore, token: hasMore ? String(end) : null },
        next: hasMore ? `/rows?${query}` : null,
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const source: PagedSource = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    rows: [],
    pageSize: 2,
    intercept: () => false,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return source;
}

/** How the manifest of the source pages. */
const PAGINATION: Readonly<Record<Paging, (size: number) => object>> = {
  page: () => ({ type: 'page', stop: { rule: 'hasMore', path: 'hasMore' }, total: 'total' }),
  offset: (size) => ({ type: 'offset', size, stop: { rule: 'totalReached' }, total: 'total' }),
  cursor: () => ({ type: 'cursor', next: 'token', total: 'total' }),
  nextUrl: () => ({ type: 'nextUrl', next: 'next', total: 'total' }),
};
const QUERY: Readonly<Record<Paging, object>> = {
  page: { page: '{{ page }}' },
  offset: { offset: '{{ offset }}' },
  cursor: { token: '{{ next }}' },
  nextUrl: {},
};

/** How a manifest of the source differs from the usual one. */
interface PagedOptions {
  readonly paging?: Paging;
  readonly size?: number;
  readonly rules?: object;
  readonly version?: number;
}

/** The connector of the source, by its manifest. */
export function pagedConnector(key: string, options: PagedOptions = {}): Connector {
  const { manifest, ...rest } = parseManifest(pagedManifest(key, options));
  if (manifest === null) throw new Error(JSON.stringify(rest));
  return compileManifest(manifest, { entityByName: () => null, entityCodes: () => [] });
}

/** The manifest of the source, as text. */
export function pagedManifest(key: string, options: PagedOptions = {}): string {
  const { paging = 'page', size = 2, rules, version = 1 } = options;
  const manifest = {
    ...{ key, version, name: { vi: key, en: key }, owner: 'tests', kind: 'NATIONAL_DATABASE' },
    ...{ citation: 'a test', licence: 'none', simulated: true },
    bounds: { maxPages: 5000, maxBodyBytes: 10_000_000, requestTimeoutMs: 20_000, runTimeoutMs: 60_000 },
    streams: [
      {
        name: 'rows',
        request: { path: '/rows', query: { year: '{{ partition.year }}', since: '{{ cursor }}', ...QUERY[paging] } },
        partitions: { year: { type: 'list', values: YEARS } },
        format: { type: 'json', records: 'items' },
        pagination: PAGINATION[paging](size),
        incremental: { type: 'number', from: 'row', path: 'version' },
        ...(rules === undefined ? {} : { rules }),
        mapping: {
          framework: 'PDTI-922',
          entity: { by: 'code', codeSystem: 'GSO-2025', field: 'province' },
          period: { field: 'year', of: 'partition', format: 'year' },
          figures: [{ indicator: 'GOV_ACTIVITY.12', value: { field: 'value' } }],
          deletedWhen: 'has(row.deleted) && row.deleted == true',
        },
      },
    ],
  };
  return JSON.stringify(manifest);
}
