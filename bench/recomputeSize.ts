import { setTimeout as sleep } from 'node:timers/promises';
import { computeRound } from '../src/pipeline/compute.js';
import { keepComputed } from '../src/pipeline/recompute.js';
import { RoundMemory } from '../src/pipeline/roundMemory.js';
import { holdCatalogue, openServing, type Serving } from '../src/platform.js';
import { type Database, openDatabase } from '../src/store/orm.js';
import { BENCH_SIZES, benchRound, lastYear, yearsOf } from './benchSize.js';
import { openWriter, type Writer } from './writer.js';

/**
 * Run as a process of its own, so that its memory is that of the recomputation alone: `recomputeSize.js <national|communes> <url of a copy>`. Measures the
 * recomputation of one round after one observation changed, whole and by what changed; from the commit of an observation to the snapshot in the feed; what
 * snapshots take on disk at 20 writes a second; and the memory with all rounds loaded.
 */
const [, , sizeKey, url] = process.argv;
if ((sizeKey !== 'national' && sizeKey !== 'communes') || url === undefined) throw new Error('give a size and a url');
const isBig = sizeKey === 'communes';
const RUNS = isBig ? 9 : 25;
const LATENCIES = isBig ? 30 : 200;
const SUSTAINED_MS = isBig ? 30_000 : 60_000;
const WRITES_A_SECOND = 20;
const PATIENCE_MS = 10_000;
const MB = 1024 * 1024;
const SNAPSHOT_MB = isBig ? 700 : 64;
const EVER = { revision: Number.MAX_SAFE_INTEGER, provisional: true };

const database = await openDatabase({ url });
const writer = await openWriter(url, sizeKey);
const size = BENCH_SIZES[sizeKey];
const roundCode = benchRound(lastYear(size));
try {
  say(`\n${sizeKey}: ${size.entities + size.ministries} entities x ${size.indicators} indicators, ${size.years} years`);
  await measure();
} finally {
  await writer.close();
  await database.close();
}

async function measure(): Promise<void> {
  const catalogue = await holdCatalogue(database);
  const memory = new RoundMemory();
  const shared = { database, catalogue: catalogue.current(), roundCode, now: () => new Date() };
  await measureRuns('read whole, nothing in memory', isBig ? 1 : RUNS, 'writeOne', () => computeRound(shared));
  await measureRuns('first with memory', 1, 'writeOne', () => computeRound({ ...shared, memory }));
  await measureRuns('one figure of one entity', RUNS, 'writeOne', () => computeRound({ ...shared, memory }));
  await measureRuns('the best, all entities move', RUNS, 'writeBest', () => computeRound({ ...shared, memory }));
  memory.drop(catalogue.current().roundByCode(roundCode)?.id ?? 0);

  const options = { publicProvisional: true, snapshotMemoryBytes: SNAPSHOT_MB * MB, log: say };
  const serving = await openServing(database, catalogue, options);
  const { feed, platform } = serving;
  const recomputation = keepComputed({
    ...{ database, feed, memory, library: platform.library, log: say },
    ...{ catalogue: () => catalogue.current(), now: () => new Date() },
  });
  for (const year of yearsOf(size)) {
    const head = platform.library.find(catalogue.current().roundByCode(benchRound(year))?.id ?? 0, EVER);
    if (head !== undefined) await platform.library.load(head);
  }
  say(`  memory with ${size.years} years loaded ${rss()}`);
  // The first one is read whole, and the second waits until the round has rested from it.
  for (let write = 0; write < 2; write += 1) {
    await writer.writeOne();
    await untilSeen(serving);
  }
  await measureLatency(serving, writer);
  await measureSustained(serving, database, writer);
  await recomputation.close();
  await serving.close();
  say(`  memory at the end ${rss()}`);
}

async function measureRuns(
  title: string,
  runs: number,
  write: 'writeOne' | 'writeBest',
  compute: () => ReturnType<typeof computeRound>,
): Promise<void> {
  const times: number[][] = [];
  for (let run = 0; run < runs; run += 1) {
    await writer[write]();
    const cpu = process.cpuUsage();
    const { times: t, snapshotId } = await compute();
    const { user, system } = process.cpuUsage(cpu);
    if (snapshotId === null) throw new Error('nothing changed');
    times.push([t.readMs + t.scoreMs + t.writeMs, t.readMs, t.scoreMs, t.writeMs, (user + system) / 1000]);
  }
  const [all, read, score, stored, cpu] = [0, 1, 2, 3, 4].map((at) => median(times.map((each) => each[at] ?? 0)));
  say(
    `  ${title.padEnd(32)} ${ms(all)} = read ${ms(read)} + score, hash ${ms(score)} + store, announce ${ms(stored)}; CPU ${ms(cpu)}; ${rss()}`,
  );
}

/**
 * Waits until readers see a snapshot that knows all that was written until now.
 * @returns when that was, in milliseconds since 1970; null = never, since the figure that was written by chance is the one that was there
 */
async function untilSeen({ feed, platform }: Serving): Promise<number | null> {
  const round = platform.catalogue().roundByCode(roundCode)?.id ?? 0;
  const [row] = await database
    .fork()
    .execute(`select max(id)::float8 as last from revision where kind = 'OBSERVATIONS'`);
  const { last } = row as { last: number };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  while (!signal.aborted) {
    const head = platform.library.find(round, { ...EVER, revision: feed.head });
    if (head !== undefined && head.inputRevision >= last) return performance.timeOrigin + performance.now();
    await feed.changed(feed.head, signal);
  }
  return null;
}

async function measureLatency(serving: Serving, { writeOne }: Writer): Promise<void> {
  const latencies: number[] = [];
  for (let at = 0; at < LATENCIES; at += 1) {
    const committedAt = await writeOne();
    const seenAt = await untilSeen(serving);
    if (seenAt !== null) latencies.push(seenAt - committedAt);
    await sleep(Math.random() * 60);
  }
  latencies.sort((a, b) => a - b);
  const share = (of: number) => ms(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * of))]);
  say(
    `  commit of an observation to its snapshot in the feed: p50 ${share(0.5)}, p99 ${share(0.99)} (${LATENCIES} writes)`,
  );
}

async function measureSustained(serving: Serving, on: Database, { writeOne }: Writer): Promise<void> {
  const stored = async () => {
    const [row] = await on.fork().execute(
      `select (select count(*) from snapshot)::int as snapshots, pg_total_relation_size('snapshot')::int8::float8 as bytes,
        (pg_total_relation_size('revision') + pg_total_relation_size('audit'))::float8 as others`,
    );
    return row as { snapshots: number; bytes: number; others: number };
  };
  const [before, cpu, startedAt] = [await stored(), process.cpuUsage(), performance.now()];
  const writes: Promise<number>[] = [];
  while (performance.now() - startedAt < SUSTAINED_MS) {
    writes.push(writeOne());
    await sleep(Math.max(0, startedAt + (writes.length * 1000) / WRITES_A_SECOND - performance.now()));
  }
  await Promise.all(writes);
  await untilSeen(serving);
  const after = await stored();
  const { user, system } = process.cpuUsage(cpu);
  const hours = (performance.now() - startedAt) / 3_600_000;
  const rate = (bytes: number) => `${(bytes / MB / hours).toFixed(0)} MB`;
  const snapshots = after.snapshots - before.snapshots;
  say(
    `  ${writes.length} writes at ${WRITES_A_SECOND}/s: ${snapshots} snapshots, per hour ${rate(after.bytes - before.bytes)} of snapshots ` +
      `(${((after.bytes - before.bytes) / snapshots / 1024).toFixed(1)} kB each), ${rate(after.others - before.others)} of revisions and audit; ` +
      `CPU ${((user + system) / 10 / (hours * 3_600_000)).toFixed(0)} %`,
  );
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function rss(): string {
  const { rss: bytes } = process.memoryUsage();
  return `${(bytes / MB).toFixed(0)} MB (most ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB)`;
}

function ms(value = Number.NaN): string {
  return `${value.toFixed(1)} ms`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
