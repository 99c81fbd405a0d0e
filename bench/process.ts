import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueToken, openLocalKey } from '../src/access/localToken.js';
import { openSealer } from '../src/access/sealingKey.js';
import type { Role } from '../src/access/viewer.js';
import { flagsOf } from './flags.js';

const ROOT = join(import.meta.dirname, '../..');
/** The folder of the peers, with a package.json of its own. */
export const PEERS_FOLDER = join(ROOT, 'bench/peers');
const START_MS = 120_000;
/** Clock ticks a second in /proc, fixed by Linux for all programs. */
const TICKS = 100;

/** A server in a process of its own. */
export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  /** Ends it and waits. */
  stop(): Promise<void>;
}

/** Starts a script of Node with as many open files as the system allows, and waits for `ready <port>` or what `isReady` finds. */
export async function startProcess(
  script: string,
  environment: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
  isReady: (said: string) => number | null = (said) => Number(/^ready (\d+)$/m.exec(said)?.[1] ?? 0) || null,
): Promise<ServerProcess> {
  // A limit can be raised by a shell only, and is kept by what the shell turns into.
  const raise = 'ulimit -n 65536 2>/dev/null || ulimit -n $(ulimit -Hn); exec "$@"';
  const child = spawn('sh', ['-c', raise, 'sh', process.execPath, ...flags, script], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: 'production',
      GRAPHILE_ENV: 'production',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let said = '';
  const port = await new Promise<number>((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`${script} ${reason}: ${said.slice(-2000)}`));
    const timer = setTimeout(() => fail('did not get ready'), START_MS);
    const hear = (chunk: Buffer) => {
      // What a server says later is of no use, and must not fill the memory.
      said = (said + chunk.toString()).slice(-20_000);
      const found = isReady(said);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('close', () => fail('ended'));
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    pid: child.pid ?? 0,
    port,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Starts a peer of bench/peers on a database. */
export function startPeer(script: string, environment: Readonly<Record<string, string>>): Promise<ServerProcess> {
  return startProcess(join(PEERS_FOLDER, script), environment, ['--max-old-space-size=6000']);
}

/** The platform's keys in a folder that goes with the bench. */
export interface Keys {
  readonly folder: string;
  token(role: Role): Promise<string>;
  remove(): Promise<void>;
}

/** Makes the keys that a gateway and a worker share. */
export async function makeKeys(): Promise<Keys> {
  const folder = await mkdtemp(join(tmpdir(), 'dti-bench-keys-'));
  await openSealer({ path: join(folder, 'secrets-key'), make: true });
  const key = await openLocalKey(join(folder, 'jwt-key.pem'), true);
  return {
    folder,
    token: (role) => issueToken(key, { role, entityKey: null, subject: 'bench', expiresInSeconds: 3600 }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * Flags of Node that `npm start` gives. Without `--no-allocation-site-pretenuring` V8 learns from the first long documents that their tokens live long, and puts
 * all later ones where only a full collection finds them: there was one for each 85 refusals, of 10 to 20 ms, and next to nothing was free after a small one.
 */
export const PLATFORM_FLAGS: readonly string[] = flagsOf(
  (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { start: string } }).scripts.start,
);

/** Starts the platform as `npm start` does, on a database of the bench. */
export async function startPlatform(
  role: 'gateway' | 'worker' | 'all',
  databaseUrl: string,
  keys: Keys,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(keys.folder, `${role}-`));
  const shared = {
    ...{ PORT: '0', ROLE: role, DEMO: '0', DATABASE_URL: databaseUrl, DATA_DIR: dataDir, PUBLIC_PROVISIONAL: '1' },
    ...{ JWT_KEY_FILE: join(keys.folder, 'jwt-key.pem'), SECRETS_KEY_FILE: join(keys.folder, 'secrets-key') },
    LOCAL_TOKENS: '1',
  };
  return startProcess(join(ROOT, 'dist/src/main.js'), { ...shared, ...environment }, PLATFORM_FLAGS, (said) =>
    /^ready$/m.test(said) ? Number(/http:\/\/[^:]+:(\d+)/.exec(said)?.[1]) : null,
  );
}

/**
 * CPU seconds that a process and its children, those that ended too, have used so far. What a child used moves to its parent when it ends, so a look during
 * which one ended is taken again.
 */
export function cpuSeconds(pid: number): number {
  for (let tries = 0; ; tries += 1) {
    const [before, living, after] = [statOf(pid), childrenOf(pid).map(cpuSeconds), statOf(pid)];
    if (before === null || after === null) return 0;
    const isSame = before[2] === after[2] && before[3] === after[3];
    if (!isSame && tries < 20) continue;
    return [...living, ...after.map((ticks) => ticks / TICKS)].reduce((sum, each) => sum + each, 0);
  }
}

/** The same without its children, for a process that has started others; of PostgreSQL all, since its work is done by children. */
export function ownCpuSeconds(pid: number): number {
  const [user = 0, system = 0] = statOf(pid) ?? [];
  const isPostgres = readOrNull(`/proc/${pid}/comm`)?.trim() === 'postgres';
  return isPostgres ? cpuSeconds(pid) : (user + system) / TICKS;
}

/** Resident memory of a process, in MB. */
export function residentMb(pid: number): number {
  const status = readOrNull(`/proc/${pid}/status`) ?? '';
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** User and system ticks, its own and those of the children that it has waited for. */
function statOf(pid: number): number[] | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
    .map(Number);
}

function childrenOf(pid: number): number[] {
  // Kept by the kernel for each thread; going through all processes takes long enough for some to end meanwhile.
  const listed = readOrNull(`/proc/${pid}/task/${pid}/children`);
  if (listed !== null) return listed.split(' ').filter(Boolean).map(Number);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const stat = readOrNull(`/proc/${name}/stat`);
      return stat !== null && Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
    })
    .map(Number);
}

/** A process may be gone between two looks. */
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
