import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { loadSelfReports, syncAll } from '../src/demonstration.js';
import type { Submission } from '../src/domain/submission.js';
import { type ComputeTimes, computeRound } from '../src/pipeline/compute.js';
import { submit } from '../src/pipeline/submit.js';
import { startBenchServer } from './benchServer.js';
import type { Bench } from './stage.js';

const RUNS = 9;
const STEPS = ['readMs', 'scoreMs', 'writeMs'] as const;

/**
 * Measures a national recomputation: the sync of all sources, then reading, merging, scoring (with both hashes) and writing of one round (63 x 98) and
 * of all six rounds of the three closed years (88 to 89 entities a year). Before each run one claim of each round changes, so that every run writes.
 */
export async function measureRecomputation({ database, catalogue, sources, year }: Bench): Promise<void> {
  const stage = { ...sources, log: (message: string) => say(message) };
  const started = performance.now();
  const runs = await syncAll(stage);
  const syncMs = performance.now() - started;
  const records = runs.reduce((sum, run) => sum + run.read, 0);
  const again = performance.now();
  await syncAll(stage);
  const idleMs = performance.now() - again;
  await loadSelfReports(database, catalogue, year, new Date(), () => undefined);

  const closed = catalogue.content.rounds.filter((round) => round.year < year).map(({ code }) => code);
  const one = await measureRounds(['PROVINCE-2022']);
  const all = await measureRounds(closed);

  say(
    `\nFull sync of three sources, ${records} records: ${ms(syncMs)} (${Math.round(records / (syncMs / 1000))} records/s)`,
  );
  say(`Sync with nothing new: ${ms(idleMs)}`);
  print('63 x 98, one round', one, syncMs);
  print(`88 entities x 3 years, ${closed.length} rounds`, all, syncMs);

  /** Medians over the runs, each the sum over the rounds. */
  async function measureRounds(roundCodes: readonly string[]): Promise<ComputeTimes> {
    const times: ComputeTimes[] = [];
    for (let run = 0; run <= RUNS; run += 1) {
      const sum = { readMs: 0, scoreMs: 0, writeMs: 0 };
      for (const roundCode of roundCodes) {
        await submit(database, catalogue, [changedClaim(roundCode, run)], new Date());
        const outcome = await computeRound({ database, catalogue, roundCode, now: () => new Date() });
        if (outcome.snapshotId === null) throw new Error(`${roundCode} did not change`);
        for (const step of STEPS) sum[step] += outcome.times[step];
      }
      // The first run warms up the compiler and the database's cache.
      if (run > 0) times.push(sum);
    }
    const median = (step: (typeof STEPS)[number]) =>
      times.map((each) => each[step]).sort((a, b) => a - b)[RUNS >> 1] ?? 0;
    return {
      readMs: median('readMs'),
      scoreMs: median('scoreMs'),
      writeMs: median('writeMs'),
    };
  }

  function changedClaim(roundCode: string, run: number): Submission {
    const round = catalogue.roundByCode(roundCode);
    const entity = catalogue.entity(round?.groups[0]?.entityIds[0] ?? 0);
    // Tasks of the annual plan finished on time: a ratio in both frameworks.
    const figure = { value: null, numerator: String(100 + run), denominator: String(200 + roundCode.length) };
    const item = { indicatorCode: 'INSTITUTIONS.11', claimed: figure, accepted: figure, state: 'ACCEPTED' as const };
    return {
      ...{
        roundCode,
        entityKey: `${entity?.codeSystem}:${entity?.code}`,
        reviewer: `bench ${process.hrtime.bigint()}`,
        simulated: true,
      },
      items: [{ ...item, evidence: [], reviewNote: null }],
    };
  }
}

/** Measures the recomputation of one round at both sizes, each in a process of its own on a copy of the bench's data; communes take long to fill once. */
export async function measureSizes(): Promise<void> {
  const server = await startBenchServer(say);
  try {
    for (const size of ['national', 'communes'] as const) {
      const script = join(import.meta.dirname, 'recomputeSize.js');
      const child = spawn(process.execPath, [script, size, await server.copy(size)], { stdio: 'inherit' });
      const [code] = await once(child, 'close');
      if (code !== 0) throw new Error(`${script} ended with ${code}`);
    }
  } finally {
    await server.close();
  }
}

function print(title: string, times: ComputeTimes, syncMs: number): void {
  const rows: [string, number][] = [
    ['sync (full, all sources)', syncMs],
    ['read observations, merge', times.readMs],
    ['score, rank, hash', times.scoreMs],
    ['write snapshot', times.writeMs],
  ];
  const total = rows.reduce((sum, [, value]) => sum + value, 0);
  say(`\n${title} (medians of ${RUNS} runs)`);
  for (const [name, value] of [...rows, ['total', total] as const]) {
    say(`  ${name.padEnd(26)} ${ms(value).padStart(10)} ${`${((value / total) * 100).toFixed(1)} %`.padStart(8)}`);
  }
  say(`  ${'without the sync'.padEnd(26)} ${ms(total - syncMs).padStart(10)}`);
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
