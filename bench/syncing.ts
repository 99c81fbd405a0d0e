import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BENCH_FRAMEWORK, BENCH_SIZES, BENCH_SYSTEM, entityCode, lastYear } from './benchSize.js';

const SOURCES = 10;
/** Pages of a source, each with one indicator of all provinces. */
const PAGES = 10;
/** How long a source thinks about a page, so that a run lasts four seconds: most of the time of a run is waiting. */
const PAGE_MS = 400;
/** From one reading of all sources to the next. A worker reads six at a time, so that all ten are under way or queued for most of it. */
const ROUND_MS = 10_000;
const SIZE = BENCH_SIZES.national;

/** Ten slow sources; the first reading of each is new altogether, later ones bring one change each. */
export interface Syncing {
  /** `host:port`, which the platform must be allowed to read from. */
  readonly host: string;
  /** Registers and activates the sources. */
  register(graphqlUrl: string, token: string): Promise<void>;
  /** Syncs all ten at the same time, and again every ten seconds, until then. @returns how many runs there were, all of which ended well */
  run(until: number): Promise<number>;
  close(): Promise<void>;
}

/** Serves the ten sources. */
export async function startSyncing(): Promise<Syncing> {
  const readings = new Map<number, number>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://source');
    const [source, page] = [Number(pathname.slice(2)), Number(searchParams.get('page'))];
    const reading = (readings.get(source) ?? 0) + (page === 1 ? 1 : 0);
    readings.set(source, reading);
    const items = Array.from({ length: SIZE.entities }, (_, at) => ({
      ...{ entity: entityCode(SIZE, at), indicator: ratioCode(source * PAGES + page) },
      part: (at * 31 + page + (page === 1 && at === source ? reading : 0)) % 1000,
      ...{ whole: 1000, period: String(lastYear(SIZE)) },
    }));
    const answer = () =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ items, more: page < PAGES }));
    setTimeout(answer, PAGE_MS);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  let call: (query: string, variables: object) => Promise<Record<string, unknown>> = async () => ({});
  return {
    host,
    async register(graphqlUrl, token) {
      call = async (query, variables) => {
        const response = await fetch(graphqlUrl, {
          ...{ method: 'POST', body: JSON.stringify({ query, variables }) },
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        });
        const { data, errors } = (await response.json()) as { data: Record<string, unknown>; errors?: unknown };
        if (errors !== undefined) throw new Error(JSON.stringify(errors).slice(0, 1000));
        return data;
      };
      for (let source = 0; source < SOURCES; source += 1) {
        const key = sourceKey(source);
        const input = { manifest: JSON.stringify(manifest(key, source)), baseUrl: `http://${host}` };
        await call(
          'mutation($input: RegisterSourceInput!){ registerSource(input: $input){ problems { path message } } }',
          { input },
        );
        await call('mutation($key: String!){ checkSource(key: $key){ ok } }', { key });
        await call('mutation($key: String!){ activateSource(key: $key){ source { status } } }', { key });
      }
    },
    async run(until) {
      let runs = 0;
      const sync = async (source: number) => {
        const data = await call('mutation($key: String!){ syncSource(key: $key, wait: true){ run { status } } }', {
          key: sourceKey(source),
        });
        const { run } = data.syncSource as { run: { status: string } | null };
        if (run?.status !== 'SUCCEEDED') throw new Error(`a sync ended as ${run?.status}`);
        runs += 1;
      };
      while (performance.now() < until) {
        const again = performance.now() + ROUND_MS;
        await Promise.all(Array.from({ length: SOURCES }, (_, source) => sync(source)));
        await sleep(Math.max(0, again - performance.now()));
      }
      return runs;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function sourceKey(source: number): string {
  return `bench_sync_${source}`;
}

/** The code of an indicator that is a ratio; there are four in each 13. */
function ratioCode(at: number): string {
  const number = 14 + 13 * (Math.floor(at / 4) % 6) + 3 * (at % 4);
  return `I${String(number).padStart(3, '0')}`;
}

function manifest(key: string, source: number): object {
  return {
    ...{
      key,
      version: 1,
      name: { vi: key, en: key },
      owner: 'bench',
      kind: 'SURVEY',
      citation: 'none',
      licence: 'none',
    },
    simulated: true,
    streams: [
      {
        ...{ name: 'rows', request: { path: `/s${source}`, query: { page: '{{ page }}' } } },
        pagination: { type: 'page', stop: { rule: 'hasMore', path: 'more' } },
        format: { type: 'json', records: 'items' },
        mapping: {
          framework: BENCH_FRAMEWORK,
          entity: { by: 'code', codeSystem: BENCH_SYSTEM, field: 'entity' },
          period: { field: 'period', format: 'year' },
          figures: [
            { indicator: { field: 'indicator' }, numerator: { field: 'part' }, denominator: { field: 'whole' } },
          ],
        },
      },
    ],
  };
}
