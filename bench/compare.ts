import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measureRefusals } from './abuse.js';
import { type BenchServer, benchFolder, startBenchServer } from './benchServer.js';
import type { BENCH_SIZES } from './benchSize.js';
import { FANOUT_KINDS, type FanoutKind, measureFanout } from './fanoutRow.js';
import { measureLive } from './liveRow.js';
import { type Keys, makeKeys, PEERS_FOLDER, type ServerProcess, startPeer, startPlatform } from './process.js';
import { type Answering, type Measured, measureQuestions } from './queryRow.js';
import { recomputationRows } from './recomputeRow.js';
import { refusalRows } from './refusalRow.js';
import { measureRepeated } from './repeatedRow.js';
import { replaceMeasured } from './report.js';
import {
  fanoutRows,
  liveRows,
  memoryRow,
  printMachine,
  printRows,
  questionRows,
  type Row,
  repeatedRows,
} from './table.js';

/** Groups of rows that can be asked for alone. */
export const PARTS = ['national', 'repeated', 'fanout', 'live', 'refusal', 'recompute', 'communes'] as const;
type Part = (typeof PARTS)[number];

/** What of the table is measured. */
export interface CompareOptions {
  /** A few minutes instead of about twenty, without communes. */
  readonly isQuick: boolean;
  /** Empty = all. */
  readonly only: readonly string[];
  /** Where the database is kept; null = a folder for temporary files. */
  readonly folder: string | null;
  /** The document that each part is written into, besides the standard output, see {@link replaceMeasured}; null = nowhere. */
  readonly out: string | null;
}

interface Stage extends CompareOptions {
  readonly server: BenchServer;
  readonly keys: Keys;
  log(line: string): void;
  /** Prints rows, and writes those of their part that there are so far, so that a run which is interrupted keeps them. */
  take(rows: readonly Row[]): Promise<void>;
}

/** Measures the platform beside its peers and prints the table. The peers are installed at the first time, the data is made and kept. */
export async function compare(options: CompareOptions): Promise<void> {
  const log = (line: string) => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
  const { out, isQuick } = options;
  const machine = () => `${isQuick ? 'A quick run. ' : ''}${printMachine()}`;
  /** By part. */
  const rows = new Map<Part, Row[]>();
  const take = async (part: Part, measured: readonly Row[]) => {
    const all = [...(rows.get(part) ?? []), ...measured];
    rows.set(part, all);
    process.stdout.write(`${printRows(measured)}\n\n`);
    if (out === null) return;
    // Read again each time: somebody may be writing the rest of it meanwhile.
    const document = await readFile(out, 'utf8').catch(ifMissing);
    await writeFile(out, replaceMeasured(document, part, `${machine()}\n\n${printRows(all)}`));
  };
  const wanted = PARTS.filter((part) =>
    options.only.length === 0 ? !(isQuick && part === 'communes') : options.only.includes(part),
  );
  // A document that cannot be written to is told of before half an hour of measuring, not after it.
  const document = out === null ? '' : await readFile(out, 'utf8').catch(ifMissing);
  for (const part of wanted) replaceMeasured(document, part, '');
  installPeers(log);
  const keys = await makeKeys();
  const server = await startBenchServer(log, options.folder ?? benchFolder());
  const place = { ...options, server, keys, log };
  try {
    for (const [at, part] of wanted.entries()) {
      log(`measuring ${part}, ${at + 1} of ${wanted.length}`);
      const startedAt = performance.now();
      const stage: Stage = { ...place, take: (measured) => take(part, measured) };
      await MEASURES[part](stage).catch(async (error: unknown) => {
        log(`${part} failed: ${error instanceof Error ? error.stack : error}`);
        const [reason = ''] = String(error).split('\n');
        await stage.take([
          { ...UNMEASURED, measure: part, platform: `failed: ${reason.slice(0, 200).replaceAll('|', '/')}` },
        ]);
      });
      log(`${part} took ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
    }
  } finally {
    await server.close();
    await keys.remove();
  }
  process.stdout.write(`${machine()}\n\n${printRows([...rows.values()].flat())}\n`);
}

/** An empty document in place of one that is not there yet. */
function ifMissing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}

const UNMEASURED = { peers: '', goal: '', isReached: null } as const;

const MEASURES: Readonly<Record<Part, (stage: Stage) => Promise<void>>> = {
  national: async (stage) => {
    const measured = await questions(stage, 'national');
    await stage.take([...questionRows('national', measured), ...memoryRow(measured)]);
  },
  communes: async (stage) => stage.take(questionRows('communes', await questions(stage, 'communes'))),
  repeated: async ({ server, keys, isQuick, log, take }) => {
    const databaseUrl = await server.filled('national');
    const [platform, floor] = await startAll(
      [() => startPlatform('gateway', databaseUrl, keys), () => startPeer('floor.js', {})],
      log,
    );
    try {
      if (!platform || !floor) throw new Error('a server did not start');
      const effort = { rounds: isQuick ? 1 : 3, seconds: 2, connections: 16, databasePid: server.pid, log };
      await take(repeatedRows(await measureRepeated(platform, floor, effort)));
    } finally {
      await stopAll([platform, floor]);
    }
  },
  fanout: async ({ server, keys, isQuick, log, take }) => {
    for (const clients of isQuick ? [1000] : [5000, 10_000]) {
      const kinds: readonly FanoutKind[] = isQuick ? ['ws', 'graphql-ws', 'platform', 'platform-100'] : FANOUT_KINDS;
      const copy = () => server.copy('national');
      await take(fanoutRows(await measureFanout({ kinds, clients, pushes: isQuick ? 5 : 7, copy, keys, log })));
    }
  },
  live: async ({ server, keys, isQuick, log, take }) => {
    const databaseUrl = await server.copy('national');
    const effort = { writes: isQuick ? 20 : 60, seconds: isQuick ? 8 : 20, dashboards: 1000 };
    const { fresh, combined } = await measureLive({ databaseUrl, databasePid: server.pid, keys, log, ...effort });
    await take(liveRows(fresh, combined));
  },
  refusal: async ({ server, keys, isQuick, take }) => {
    const gateway = await startPlatform('gateway', await server.filled('national'), keys);
    try {
      await take(refusalRows(await measureRefusals(gateway.port, isQuick ? 40 : 200)));
    } finally {
      await gateway.stop();
    }
  },
  recompute: async ({ server, isQuick, log, take }) => {
    await take(await recomputationRows('national', await server.copy('national'), log));
    if (!isQuick) await take(await recomputationRows('communes', await server.copy('communes'), log));
  },
};

async function questions({ server, keys, isQuick, log }: Stage, size: keyof typeof BENCH_SIZES): Promise<Measured[]> {
  const databaseUrl = await server.filled(size);
  const environment = { DATABASE_URL: databaseUrl };
  // Nothing that was answered before may help; ten years of communes take 520 MB.
  const own = { ANSWER_CACHE_MB: '0', SNAPSHOT_MEMORY_MB: size === 'communes' ? '700' : '64' };
  const graphql = () => '/graphql';
  const candidates: readonly (Omit<Answering, 'process'> & { start(): Promise<ServerProcess> })[] = [
    {
      name: 'platform',
      shape: 'platform',
      path: graphql,
      start: () => startPlatform('gateway', databaseUrl, keys, own),
    },
    {
      name: 'PostGraphile',
      shape: 'postgraphile',
      path: graphql,
      start: () => startPeer('postgraphile.js', environment),
    },
    { name: 'Mercurius-JIT', shape: 'hand', path: graphql, start: () => startPeer('mercurius.js', environment) },
    { name: 'Apollo', shape: 'hand', path: () => '/', start: () => startPeer('apollo.js', environment) },
    {
      name: 'SQL as JSON',
      shape: 'hand',
      path: (question) => `/${question}`,
      start: () => startPeer('sqlJson.js', environment),
    },
  ];
  const processes = await startAll(
    candidates.map(({ start }) => start),
    log,
  );
  try {
    const servers = candidates.flatMap((candidate, at) => {
      const started = processes[at];
      return !started ? [] : [{ ...candidate, process: started }];
    });
    const effort = { rounds: isQuick ? 1 : 3, seconds: 2, connections: 16, databaseUrl, databasePid: server.pid, log };
    return await measureQuestions(servers, size, effort);
  } finally {
    await stopAll(processes);
  }
}

/** Starts one after the other; one that fails is told of and left out. */
async function startAll(
  starts: readonly (() => Promise<ServerProcess>)[],
  log: (line: string) => void,
): Promise<(ServerProcess | null)[]> {
  const running: (ServerProcess | null)[] = [];
  for (const start of starts) {
    running.push(
      await start().catch((error: unknown) => {
        log(`a server did not start: ${error}`);
        return null;
      }),
    );
  }
  return running;
}

async function stopAll(processes: readonly (ServerProcess | null | undefined)[]): Promise<void> {
  await Promise.all(processes.map((each) => each?.stop()));
}

/** Installs exactly what the lockfile of the peers names, when that has changed since. */
function installPeers(log: (line: string) => void): void {
  const [wanted, installed] = ['package-lock.json', 'node_modules/.package-lock.json'].map((name) =>
    join(PEERS_FOLDER, name),
  );
  if (wanted === undefined || installed === undefined) return;
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  log('installing the peers, once');
  const { status } = spawnSync('npm', ['ci', '--prefix', PEERS_FOLDER, '--no-audit', '--no-fund'], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error(`npm ci in ${PEERS_FOLDER} failed; see above`);
}
