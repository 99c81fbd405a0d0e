import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BENCH_SIZES } from './benchSize.js';
import type { Row } from './table.js';

/** Runs the measurement of recomputation as a process of its own, whose memory is that of the recomputation alone, and reads its lines. */
export async function recomputationRows(
  size: keyof typeof BENCH_SIZES,
  url: string,
  log: (line: string) => void,
): Promise<Row[]> {
  const script = join(import.meta.dirname, 'recomputeSize.js');
  if (!existsSync(script)) return [];
  const said = await output(script, [size, url], log);
  const find = (pattern: RegExp) => pattern.exec(said)?.[1] ?? '?';
  const one = Number(find(/one figure of one entity\s+([\d.]+) ms/));
  const all = Number(find(/the best, all entities move\s+([\d.]+) ms/));
  const [loaded, stored] = [Number(find(/years loaded (\d+) MB/)), find(/per hour (\d+ MB) of snapshots/)];
  const most = Number(/memory at the end \d+ MB \(most (\d+) MB\)/.exec(said)?.[1] ?? Number.NaN);
  const latency = find(/in the feed: (p50 [\d.]+ ms, p99 [\d.]+ ms)/);
  const isBig = size === 'communes';
  return [
    {
      measure: `${size}: recomputation of one round after one figure changed; after the best one changed, so that all move; scores durable and announced`,
      ...{ peers: '', platform: `${one} ms; ${all} ms; commit to the feed ${latency}` },
      ...{ goal: isBig ? '1 s' : '', isReached: isBig ? Math.max(one, all) <= 1000 : null },
    },
    {
      measure: `${size}: memory with all years loaded, and the most during recomputation at 20 writes/s`,
      ...{ peers: '', platform: `${loaded} MB; ${most} MB` },
      ...{ goal: isBig ? '1.5 GB' : '', isReached: isBig ? Math.max(loaded, most) <= 1536 : null },
    },
    {
      measure: `${size}: provisional snapshots stored per hour at 20 writes/s`,
      ...{ peers: '', platform: stored, goal: 'reported', isReached: null },
    },
  ];
}

function output(script: string, args: readonly string[], log: (line: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const flags = ['--max-semi-space-size=4', '--max-old-space-size=1536'];
    const child = spawn(process.execPath, [...flags, script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      log(chunk.toString().trimEnd());
    });
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(said) : reject(new Error(`${script} ended with ${code}`))));
  });
}
