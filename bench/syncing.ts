import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BENCH_FRAMEWORK, BENCH_SIZES, BENCH_SYSTEM, entityCode, lastYear } from './benchSize.js';

const SOURCES = 10;
const ROWS = 200;
const SIZE = BENCH_SIZES.national;

/** Ten sources that are read again and again, each with a change at every reading. */
export interface Syncing {
  /** `host:port`, which the platform must be allowed to read from. */
  readonly host: string;
  /** Registers and activates the sources. */
  register(graphqlUrl: string, token: string): Promise<void>;
  /** Syncs all ten at the same time, each again when it is done. @returns how many runs ended well */
  run(until: number): Promise<number>;
  close(): Promise<void>;
}

/** Serves the ten sources. */
export async function startSyncing(): Promise<Syncing> {
  let reading = 0;
  const server = createServer((request, response) => {
    const source = Number(new URL(request.url ?? '/', 'http://source').pathname.slice(2));
    reading += 1;
    const items = Array.from({ length: ROWS }, (_, at) => ({
      ...{
        entity: entityCode(SIZE, at % SIZE.entities),
        indicator: `I${String(14 + 13 * (source % 6)).padStart(3, '0')}`,
      },
      ...{ part: (at * 31 + (at === source ? reading : 0)) % 1000, whole: 1000, period: String(lastYear(SIZE)) },
    })).slice(0, SIZE.entities);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ items }));
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
        const key = `bench_sync_${source}`;
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
      let ended = 0;
      const loop = async (source: number) => {
        while (performance.now() < until) {
          await call('mutation($key: String!){ syncSource(key: $key, wait: true){ run { status } } }', {
            key: `bench_sync_${source}`,
          });
          ended += 1;
        }
      };
      await Promise.all(Array.from({ length: SOURCES }, (_, source) => loop(source)));
      return ended;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
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
        ...{ name: 'rows', request: { path: `/s${source}` }, format: { type: 'json', records: 'items' } },
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
