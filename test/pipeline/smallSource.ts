import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Connector, defineConnector, type SourcePage, type SourceRow } from '../../src/domain/connector.js';
import { requireSecret } from '../../src/source/context.js';

/** The secret of the small source. */
export const TOKEN = 'tok3n-of-the-small-source';

/** A row as the small source serves it: a figure, a line that carries none, or one that the source withdrew. */
export interface SmallRow {
  readonly province: string;
  readonly indicator?: string;
  readonly period?: string;
  readonly part?: string;
  readonly whole?: string;
  readonly deleted?: boolean;
  readonly total?: boolean;
  readonly note?: string;
}

/** A real HTTP server with pages of rows, and a connector that reads them. */
export interface SmallSource {
  readonly baseUrl: string;
  readonly connector: Connector;
  /** What it serves from now on. */
  rows: readonly SmallRow[];
  pageSize: number;
  /** Takes a request over; false = the source answers as always. The number counts the requests of this server, from 1. */
  intercept: (response: ServerResponse, number: number) => boolean | Promise<boolean>;
  /** Paths with queries that were asked for, in order. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** Starts a small source on a free port. */
export async function startSmallSource(key: string): Promise<SmallSource> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://source');
    const number = asked.push(`${url.pathname}${url.search}`);
    if (await source.intercept(response, number)) return;
    if (request.headers.authorization !== `Token ${TOKEN}`) return void response.writeHead(403).end();
    const from = Number(url.searchParams.get('after') ?? url.searchParams.get('since') ?? 0);
    const rows = source.rows.slice(from, from + source.pageSize);
    const next = from + rows.length < source.rows.length ? from + rows.length : null;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ rows, next, end: source.rows.length }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const source: SmallSource = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connector: smallConnector(key),
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

/** A connector with one stream, whose cursor is the number of rows that were there. */
export function smallConnector(key: string): Connector {
  return defineConnector({
    spec: {
      ...{ key, version: 1, name: { vi: key, en: key }, owner: 'tests', kind: 'NATIONAL_DATABASE' },
      ...{ citation: 'a test', licence: 'none', simulated: true, freshnessLimitSeconds: null, secrets: ['token'] },
      bounds: { maxPages: 100, maxBodyBytes: 100_000, requestTimeoutMs: 20_000, runTimeoutMs: 60_000 },
    },
    check: async () => ({ ok: true, message: 'fine' }),
    streams: [
      {
        name: 'figures',
        feeds: [{ frameworkCode: 'PDTI-922', indicatorCodes: ['GOV_ACTIVITY.12'] }],
        incremental: true,
        async *read({ http, settings }, cursor): AsyncGenerator<SourcePage> {
          const headers = { authorization: `Token ${requireSecret(settings, 'token')}` };
          let query: Record<string, string> = cursor === null ? {} : { since: String(cursor.position) };
          for (;;) {
            const response = await http.send(
              () => ({ method: 'GET', path: '/figures', query, headers }),
              ({ status, body }) => {
                if (status === 200) return { kind: 'ok' };
                if (status >= 500) return { kind: 'retry', reason: `${status} ${body}`, afterMs: 0 };
                return { kind: 'fail', code: 'SYNC_PROTOCOL', reason: `${status} ${body}` };
              },
            );
            const page = JSON.parse(response.body) as { rows: SmallRow[]; next: number | null; end: number };
            yield {
              request: `GET /figures?${new URLSearchParams(query)}`,
              response,
              rows: page.rows.map(toRow),
              declaredTotal: null,
              stopReason: page.next === null ? 'no next' : null,
              cursor: { position: page.next ?? page.end },
            };
            if (page.next === null) return;
            query = { after: String(page.next) };
          }
        },
      },
    ],
  });
}

function toRow(row: SmallRow): SourceRow {
  if (row.total === true) return { raw: row, records: [{ kind: 'skipped', rule: 'total_line' }] };
  return {
    raw: row,
    records: [
      {
        ...{ kind: 'record', codeSystem: 'GSO-2025', entityCode: row.province, frameworkCode: 'PDTI-922' },
        ...{ indicatorCode: row.indicator ?? 'GOV_ACTIVITY.12', period: row.period ?? '2026-01', obsStatus: 'A' },
        ...{ value: null, numerator: row.part ?? null, denominator: row.whole ?? null },
        ...{ publishedAt: null, deleted: row.deleted ?? false },
      },
    ],
  };
}
