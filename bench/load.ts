import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuSeconds, PEERS_FOLDER } from './process.js';

/** Requests to send, one after the other and again from the first. */
export interface Load {
  readonly url: string;
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

/** What came of it. */
export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

/** The same with the CPU time that each process spent, in microseconds a request. */
export interface CostedResult extends LoadResult {
  readonly serverMicros: number;
  readonly databaseMicros: number;
}

/** Whether the load comes from wrk, which is faster and needs less of the machine, or from autocannon. */
export const LOAD_ENGINE = spawnSync('which', ['wrk']).status === 0 ? 'wrk' : 'autocannon';

/** Requests are POSTs of JSON; the file of bodies is the second argument. An answer with errors has the status 200 too, so look at one first. */
const SCRIPT = `
local bodies, at = {}, 0
function init(args)
  for line in io.lines(args[1]) do bodies[#bodies + 1] = line end
end
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.headers["accept"] = "application/json"
function request()
  at = at % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[at])
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('@@{"requests":%d,"us":%d,"p50":%.3f,"p99":%.3f,"errors":%d}\\n', summary.requests, summary.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, e.connect + e.read + e.write + e.status + e.timeout))
end
`;

/** Sends a load and measures it. */
export async function sendLoad({ url, bodies, connections, seconds }: Load): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'dti-bench-load-'));
  try {
    const [script, file] = [join(folder, 'load.lua'), join(folder, 'bodies')];
    await writeFile(script, SCRIPT);
    await writeFile(file, bodies.join('\n'));
    const said =
      LOAD_ENGINE === 'wrk'
        ? await output('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url, '--', file])
        : await output(process.execPath, [join(PEERS_FOLDER, 'cannon.js'), url, file, `${connections}`, `${seconds}`]);
    const found = /@@(\{.*\})/.exec(said)?.[1];
    if (found === undefined) throw new Error(`the load client said: ${said.slice(-1000)}`);
    const { requests, us, p50, p99, errors } = JSON.parse(found) as Record<string, number> & { us: number };
    return {
      ...{ requests: requests ?? 0, perSecond: (requests ?? 0) / (us / 1e6), p50: p50 ?? 0, p99: p99 ?? 0 },
      errors: errors ?? 0,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sends a load and takes the CPU time of a server and of PostgreSQL before and after. */
export async function costLoad(load: Load, serverPid: number, databasePid: number | null): Promise<CostedResult> {
  const read = () => [cpuSeconds(serverPid), databasePid === null ? 0 : cpuSeconds(databasePid)] as const;
  const before = read();
  const result = await sendLoad(load);
  const after = read();
  const [serverMicros, databaseMicros] = [0, 1].map(
    (at) => (((after[at] ?? 0) - (before[at] ?? 0)) * 1e6) / Math.max(1, result.requests),
  );
  return { ...result, serverMicros: serverMicros ?? 0, databaseMicros: databaseMicros ?? 0 };
}

function output(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('error', reject);
    child.once('close', () => resolve(said));
  });
}
