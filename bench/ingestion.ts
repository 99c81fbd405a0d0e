import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { registerSource } from '../src/pipeline/source.js';
import { syncSource } from '../src/pipeline/sync.js';
import { createAddressGuard } from '../src/source/address.js';
import { compileManifest } from '../src/source/manifest/compileManifest.js';
import { parseManifest } from '../src/source/manifest/parseManifest.js';
import type { Database } from '../src/store/orm.js';
import { nextChangeId } from '../src/store/revision.js';
import { copyObservations, type PlainObservation } from './copyObservations.js';
import type { Bench } from './stage.js';
import { stageAndJudge } from './writeStep.js';

const ROWS = 100_000;
const ROUNDS = 3;
const PAGE_ROWS = 5_000;

/**
 * Measures the way of observations into the database, side by side in each round: a bare COPY into the table of observations, the write step alone
 * (stage, judge, append), and the whole way from HTTP by a manifest. Then the memory of a run of 10,000 and one of 1,000,000 rows.
 */
export async function measureIngestion({ database, catalogue }: Bench, onlyMemory = false): Promise<void> {
  const entities = catalogue.content.entities.filter(({ codeSystem }) => codeSystem === 'GSO-2004');
  const indicators = catalogue.framework('PDTI-922')?.measures.filter(({ kind }) => kind === 'INDICATOR') ?? [];
  const server = await serveRows(
    entities.map(({ code }) => code),
    indicators.map(({ code }) => code),
  );
  const rows = makeRows(
    entities.map(({ id }) => id),
    indicators.map(({ id }) => id),
    ROWS,
  );
  const times: Record<'copy' | 'write' | 'pages' | 'again', number[]> = { copy: [], write: [], pages: [], again: [] };
  const run = async (key: string, count: number) => {
    const connector = compile(key, count);
    await registerSource(database, connector.spec, 'ACTIVE', new Date());
    return async () => {
      const ended = await syncSource({
        ...{ database, catalogue, connector, mode: 'FULL_REFRESH', now: () => new Date() },
        settings: { baseUrl: server.baseUrl, secrets: {} },
        addressGuard: createAddressGuard({ allowedHosts: ['127.0.0.1'] }),
        signal: new AbortController().signal,
      });
      if (ended.status !== 'SUCCEEDED') throw new Error(`${ended.errorCode} ${ended.errorMessage}`);
      return ended;
    };
  };
  // Round 0 warms up.
  for (let round = 0; round <= ROUNDS && !onlyMemory; round += 1) {
    const sourceId = await addSource(database, `bench_copy_${round}`);
    const copy = await time(() => copyObservations(database, sourceId, rows));
    const writer = await addSource(database, `bench_write_${round}`);
    const write = await time(() => stageAndJudge(database, writer, rows, PAGE_ROWS));
    const sync = await run(`bench_sync_${round}`, ROWS);
    const pages = await time(sync);
    const again = await time(sync);
    process.stderr.write(`round ${round}: ${[copy, write, pages, again].map(Math.round).join(', ')} ms\n`);
    if (round > 0) {
      times.copy.push(copy);
      times.write.push(write);
      times.pages.push(pages);
      times.again.push(again);
    }
    await wipe(database);
  }
  if (!onlyMemory) report(times);
  for (const count of [10_000, 1_000_000]) {
    const sync = await run(`bench_memory_${count}`, count);
    const { peakMb, ms } = await watchMemory(sync);
    say(`  memory at ${String(count).padStart(7)} rows: ${peakMb} MB in use at most, ${(ms / 1000).toFixed(1)} s`);
    await wipe(database);
  }
  await new Promise((resolve) => server.http.close(resolve));
}

type Times = Readonly<Record<'copy' | 'write' | 'pages' | 'again', readonly number[]>>;

function report(times: Times): void {
  const copy = median(times.copy);
  say(`\nIngestion of ${ROWS} observations (medians of ${ROUNDS} interleaved rounds)`);
  for (const [name, list] of [
    ['bare COPY into observation', times.copy],
    ['write step: stage, judge, append', times.write],
    ['whole way: HTTP, manifest, raw pages kept', times.pages],
    ['the same again, all unchanged', times.again],
  ] as const) {
    const each = median(list);
    const rate = Math.round(ROWS / (each / 1000));
    say(
      `  ${name.padEnd(44)} ${each.toFixed(0).padStart(6)} ms ${String(rate).padStart(8)} rows/s ${((copy / each) * 100).toFixed(0).padStart(4)} % of COPY`,
    );
  }
}

/** Row n of the source: every identity once. */
function identityOf(n: number, entities: number, indicators: number) {
  const month = Math.floor(n / (entities * indicators));
  return { entity: n % entities, indicator: Math.floor(n / entities) % indicators, month };
}

/** A million identities need 162 months. */
function periodOf(month: number): string {
  return `${2000 + Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}`;
}

function makeRows(entityIds: readonly number[], indicatorIds: readonly number[], count: number): PlainObservation[] {
  return Array.from({ length: count }, (_, n) => {
    const { entity, month, indicator } = identityOf(n, entityIds.length, indicatorIds.length);
    const period = periodOf(month);
    const hash = String(n).padStart(64, '0');
    return {
      ...{
        entityId: entityIds[entity] ?? 0,
        indicatorId: indicatorIds[indicator] ?? 0,
        year: Number(period.slice(0, 4)),
      },
      ...{ period, numerator: String(n % 900), denominator: '1000', pageSequence: Math.floor(n / PAGE_ROWS) },
      ...{ rowNumber: n % PAGE_ROWS, rowHash: hash },
    };
  });
}

async function serveRows(
  codes: readonly string[],
  indicators: readonly string[],
): Promise<{ baseUrl: string; http: Server }> {
  const http = createServer((request, response) => {
    const query = new URL(request.url ?? '/', 'http://source').searchParams;
    const [offset, count] = [Number(query.get('offset')), Number(query.get('count'))];
    const items: object[] = [];
    for (let n = offset; n < Math.min(count, offset + PAGE_ROWS); n += 1) {
      const { entity, month, indicator } = identityOf(n, codes.length, indicators.length);
      items.push({
        ...{ province: codes[entity], indicator: indicators[indicator], period: periodOf(month) },
        ...{ part: n % 900, whole: 1000, updated: '2026-01-05T08:00:00+07:00' },
      });
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ items, total: count }));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return { baseUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, http };
}

function compile(key: string, count: number) {
  const manifest = {
    ...{
      key,
      version: 1,
      name: { vi: key, en: key },
      owner: 'bench',
      kind: 'NATIONAL_DATABASE',
      citation: 'none',
      licence: 'none',
    },
    ...{
      simulated: true,
      bounds: { maxPages: 100_000, maxBodyBytes: 50_000_000, requestTimeoutMs: 60_000, runTimeoutMs: 3_600_000 },
    },
    streams: [
      {
        name: 'rows',
        request: { path: '/rows', query: { offset: '{{ offset }}', count: String(count) } },
        format: { type: 'json', records: 'items' },
        pagination: { type: 'offset', size: PAGE_ROWS, total: 'total', stop: { rule: 'totalReached' } },
        mapping: {
          framework: 'PDTI-922',
          entity: { by: 'code', codeSystem: 'GSO-2004', field: 'province' },
          period: { field: 'period', format: 'yearMonth' },
          figures: [
            { indicator: { field: 'indicator' }, numerator: { field: 'part' }, denominator: { field: 'whole' } },
          ],
        },
      },
    ],
  };
  const { manifest: checked, ...rest } = parseManifest(JSON.stringify(manifest));
  if (checked === null) throw new Error(JSON.stringify(rest));
  return compileManifest(checked, { entityByName: () => null, entityCodes: () => [] });
}

async function addSource(database: Database, key: string): Promise<number> {
  return registerSource(database, compile(key, 1).spec, 'ACTIVE', new Date());
}

/** Each round finds the same tables. */
async function wipe(database: Database): Promise<void> {
  const em = database.fork();
  for (const table of ['observation', 'page']) {
    const of =
      table === 'page'
        ? 'sync_run_id in (select r.id from sync_run r join source s on s.id = r.source_id'
        : 'source_id in (select s.id from source s';
    await em.execute(`delete from ${table} where ${of} where s.key like 'bench%')`);
    await em.execute(`vacuum ${table}`);
  }
  await em.execute('vacuum staged_record');
  await nextChangeId(em);
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** The most memory that is in use while a piece of work goes on: what a collection leaves, looked at twice a second. */
async function watchMemory(work: () => Promise<unknown>): Promise<{ peakMb: number; ms: number }> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let peak = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      peak = Math.max(peak, heapUsed + external);
      await sleep(500);
    }
  })();
  const ms = await time(work);
  isOver = true;
  await watching;
  return { peakMb: Math.round(peak / 1024 / 1024), ms };
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
