import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { BENCH_SIZES, benchRound, lastYear, yearsOf } from './benchSize.js';
import { openPoster, type Posted } from './poster.js';
import { type Keys, ownCpuSeconds, type ServerProcess, startPlatform } from './process.js';
import { documentOf } from './queries.js';
import { Subscriber } from './subscriber.js';
import { type Syncing, startSyncing } from './syncing.js';
import { openWriter, type Writer } from './writer.js';

/** From the commit of an observation to the last of the dashboards, in milliseconds over the writes. */
export interface FreshnessResult {
  readonly dashboards: number;
  readonly writes: number;
  readonly p50: number;
  readonly p99: number;
}

/** Everything at once. Milliseconds; a lag is from a commit to a dashboard. */
export interface CombinedResult {
  readonly reads: number;
  readonly readsPerSecond: number;
  readonly readP50: number;
  readonly readP99: number;
  readonly readErrors: number;
  readonly writes: number;
  readonly syncs: number;
  readonly lagP50: number;
  readonly lagP99: number;
  /** Share of the pairs of a write and a dashboard that took at most a second. */
  readonly withinSecond: number;
  /** CPU of each process as a share of one core. */
  readonly cpu: Readonly<Record<string, number>>;
}

/** How the live rows are measured. */
export interface LiveOptions {
  /** A copy of the national data. */
  readonly databaseUrl: string;
  readonly keys: Keys;
  /** Process of PostgreSQL. */
  readonly databasePid: number;
  readonly dashboards: number;
  readonly writes: number;
  readonly seconds: number;
  log(line: string): void;
}

const READS_PER_SECOND = 300;
const WRITES_PER_SECOND = 20;
/** Reads before those that count: a server runs for weeks, so that what is cold in the first seconds is not their cost. */
const WARM_UP_MS = 2000;

/** A gateway and a worker as two processes, dashboards, and somebody who writes: first one write after the other, then everything together. */
export async function measureLive(options: LiveOptions): Promise<{ fresh: FreshnessResult; combined: CombinedResult }> {
  const { databaseUrl, keys, dashboards, log } = options;
  const closing: (() => Promise<void>)[] = [];
  try {
    const writer = await openWriter(databaseUrl, 'national');
    closing.push(() => writer.close());
    const syncing = await startSyncing();
    closing.push(() => syncing.close());
    const allowed = { SOURCE_ALLOWED_HOSTS: syncing.host, MAX_SOCKETS_PER_CLIENT: '100000' };
    const worker = await startPlatform('worker', databaseUrl, keys, allowed);
    closing.push(() => worker.stop());
    const gateway = await startPlatform('gateway', databaseUrl, keys, allowed);
    closing.push(() => gateway.stop());
    const subscriber = new Subscriber();
    closing.push(() => subscriber.close());
    const round = benchRound(lastYear(BENCH_SIZES.national));
    const rows = 'revision previousRevision complete rows { rank value entity { code } }';
    const operations = [JSON.stringify({ query: `subscription { rankingUpdates(round: "${round}") { ${rows} } }` })];
    await subscriber.connect({
      ...{ url: `ws://127.0.0.1:${gateway.port}/graphql`, protocol: 'graphql', clients: dashboards, operations },
    });
    await subscriber.settle(() => writer.writeBest());
    const fresh = await measureFreshness(subscriber, writer, options);
    log(`one write to ${dashboards} dashboards: p50 ${fresh.p50.toFixed(0)} ms, p99 ${fresh.p99.toFixed(0)} ms`);
    await syncing.register(`http://127.0.0.1:${gateway.port}/graphql`, await keys.token('admin'));
    log(`everything together for ${options.seconds} s`);
    const combined = await measureCombined({ gateway, worker }, subscriber, writer, syncing, options);
    log(`together, CPU in cores: ${JSON.stringify(combined.cpu)}`);
    return { fresh, combined };
  } finally {
    for (const close of closing.toReversed()) await close().catch((error: unknown) => log(String(error)));
  }
}

async function measureFreshness(
  subscriber: Subscriber,
  writer: Writer,
  { dashboards, writes }: LiveOptions,
): Promise<FreshnessResult> {
  const lags: number[] = [];
  for (let write = 0; write < writes; write += 1) {
    let committedAt = 0;
    const { last } = await subscriber.push(async () => {
      committedAt = await writer.writeBest();
    });
    lags.push(last - committedAt);
    await sleep(50);
  }
  return { dashboards, writes, p50: quantile(lags, 0.5), p99: quantile(lags, 0.99) };
}

async function measureCombined(
  { gateway, worker }: Readonly<Record<'gateway' | 'worker', ServerProcess>>,
  subscriber: Subscriber,
  writer: Writer,
  syncing: Syncing,
  { databaseUrl, databasePid, seconds }: LiveOptions,
): Promise<CombinedResult> {
  const size = BENCH_SIZES.national;
  const bodies = yearsOf(size).map((year) =>
    JSON.stringify({ query: documentOf('platform', size, 'Q1'), variables: { round: benchRound(year) } }),
  );
  const poster = openPoster(gateway.port, '/graphql', bodies);
  await every(1000 / READS_PER_SECOND, performance.now() + WARM_UP_MS, async (n) => void (await poster.post(n)));
  await subscriber.remember();
  const pids = {
    gateway: gateway.pid,
    worker: worker.pid,
    PostgreSQL: databasePid,
    clients: subscriber.pid,
    bench: process.pid,
  };
  const cpuOf = () => Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, ownCpuSeconds(pid)]));
  const before = cpuOf();
  const until = performance.now() + seconds * 1000;
  const commits: number[] = [];
  const reads: Posted[] = [];
  const [readCount, , syncs] = await Promise.all([
    every(1000 / READS_PER_SECOND, until, async (n) => {
      reads.push(await poster.post(n));
    }),
    every(1000 / WRITES_PER_SECOND, until, async () => {
      commits.push(await writer.writeOne());
    }),
    syncing.run(until),
  ]);
  const after = cpuOf();
  poster.close();
  await sleep(3000);
  const writes = await snapshotsOf(databaseUrl, commits);
  const { p50, p99, withinSecond } = await subscriber.lags(writes);
  const times = reads.map(({ ms }) => ms);
  return {
    ...{
      reads: readCount,
      readsPerSecond: readCount / seconds,
      readP50: quantile(times, 0.5),
      readP99: quantile(times, 0.99),
    },
    ...{ readErrors: reads.filter(({ ok }) => !ok).length, writes: commits.length, syncs },
    ...{ lagP50: p50, lagP99: p99, withinSecond },
    cpu: Object.fromEntries(
      Object.keys(pids).map((name) => [name, ((after[name] ?? 0) - (before[name] ?? 0)) / seconds]),
    ),
  };
}

/** Starts work at a steady pace, however long each takes, and waits for all of it. */
async function every(ms: number, until: number, work: (n: number) => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  const running: Promise<void>[] = [];
  while (performance.now() < until) {
    running.push(work(running.length));
    await sleep(Math.max(0, startedAt + running.length * ms - performance.now()));
  }
  await Promise.all(running);
  return running.length;
}

/** The revision of the first snapshot that knows of each commit. */
async function snapshotsOf(url: string, commits: readonly number[]): Promise<{ at: number; revision: number }[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ at: string; revision: string }>(
      `select c.at, (select min(r.id) from snapshot s join revision r on r.change_id = s.change_id where s.input_revision >=
          (select max(o.id) from revision o where o.kind = 'OBSERVATIONS' and o.committed_at <= to_timestamp(c.at / 1000))) as revision
        from unnest($1::float8[]) c (at)`,
      [commits],
    );
    return rows.flatMap(({ at, revision }) =>
      revision === null ? [] : [{ at: Number(at), revision: Number(revision) }],
    );
  } finally {
    await client.end();
  }
}

function quantile(values: readonly number[], share: number): number {
  const ordered = values.toSorted((a, b) => a - b);
  return ordered[Math.min(ordered.length - 1, Math.ceil(share * ordered.length) - 1)] ?? Number.NaN;
}
