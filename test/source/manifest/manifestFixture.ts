import type { ServerResponse } from 'node:http';
import type { Connector } from '../../../src/domain/connector.js';
import { compileManifest } from '../../../src/source/manifest/compileManifest.js';
import { parseManifest } from '../../../src/source/manifest/parseManifest.js';
import type { ReadSourceOptions } from '../../../src/source/readSource.js';
import { type Run, run } from '../../connectors/simulated.js';
import { BOUNDS } from '../fakeSource.js';

type Data = Readonly<Record<string, unknown>>;

/** Maps rows of {@link makeRows}. */
export const MAPPING: Data = {
  framework: 'F',
  entity: { by: 'code', codeSystem: 'GSO-2025', field: 'code', pad: 2 },
  period: { field: 'year', format: 'year' },
  figures: [{ indicator: 'I.1', value: { field: 'value' } }],
};

/** A manifest of one stream, as data. */
export function makeManifest(stream: Data, source: Data = {}): Data {
  return {
    key: 'fake',
    version: 1,
    name: { vi: 'Giả', en: 'Fake' },
    owner: 'Test',
    kind: 'NATIONAL_DATABASE',
    citation: 'None',
    licence: 'None',
    bounds: { ...BOUNDS },
    streams: [
      {
        name: 'rows',
        request: { path: '/rows' },
        format: { type: 'json', records: 'items' },
        mapping: MAPPING,
        ...stream,
      },
    ],
    ...source,
  };
}

/** Checks and compiles a manifest; its problems are the failure. */
export function makeConnector(manifest: Data, entityCodes: readonly string[] = []): Connector {
  const parsed = parseManifest(JSON.stringify(manifest));
  if (parsed.manifest === null)
    throw new Error(parsed.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return compileManifest(parsed.manifest, { entityByName: () => null, entityCodes: () => entityCodes });
}

/** Rows with the codes from one number to another, both included. */
export function makeRows(from: number, to: number): { code: string; year: number; value: number }[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => ({
    code: String(from + index).padStart(2, '0'),
    year: 2024,
    value: from + index,
  }));
}

/** What a manifest reads, and the numbers of the rows that became records, in their order. */
export async function read(
  connector: Connector,
  baseUrl: string,
  options: Partial<ReadSourceOptions> & { readonly secrets?: Readonly<Record<string, string>> } = {},
): Promise<Run & { readonly codes: readonly number[]; readonly stop: string | null }> {
  const { secrets = {}, ...rest } = options;
  const all = await run(
    connector,
    { baseUrl, secrets },
    {
      lookup: { entityId: (_system, code) => Number(code), indicatorId: () => 1 },
      sleep: async () => {},
      ...rest,
    },
  );
  return { ...all, codes: all.records.map(({ entityId }) => entityId), stop: all.pages.at(-1)?.stopReason ?? null };
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, data: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(data));
}

/** Parameters of a request's query. */
export function queryOf(url: string): URLSearchParams {
  return new URL(url, 'http://source').searchParams;
}
