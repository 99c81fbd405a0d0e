import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { ENGINE_VERSION } from '../src/scoring/version.js';
import { startEmbedded } from '../src/store/embedded.js';
import { openDatabase } from '../src/store/orm.js';
import { prepareBench } from './benchData.js';
import type { BENCH_SIZES } from './benchSize.js';

/** Raised when the generated data changes, so that what is kept of it is made anew. */
const DATA_VERSION = 2;

/** A PostgreSQL of the bench's own, whose data folder is kept between runs. */
export interface BenchServer {
  /** Process id of the postmaster, for its CPU time. */
  readonly pid: number;
  /** Address of the filled database of a size; filled at the first call. */
  filled(size: keyof typeof BENCH_SIZES): Promise<string>;
  /** Address of a fresh copy of it that may be written to; it goes with {@link BenchServer.close} or the next start. */
  copy(size: keyof typeof BENCH_SIZES): Promise<string>;
  close(): Promise<void>;
}

/** Where the bench keeps its database between runs. */
export function benchFolder(): string {
  return join(tmpdir(), `dti-bench-${userInfo().uid}`);
}

/**
 * Starts the bench's PostgreSQL. Durable as any: what is measured on it holds for real data.
 * @param folder kept between runs, about 6 GB with communes
 */
export async function startBenchServer(log: (message: string) => void, folder = benchFolder()): Promise<BenchServer> {
  const settings = ['shared_buffers=1GB', 'max_wal_size=4GB', 'max_connections=200', 'maintenance_work_mem=256MB'];
  const server = await startEmbedded({ dataDir: folder, settings });
  const [pid] = (await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n').map(Number);
  const command = (text: string) => run(server.url('postgres'), text);
  const known = async () => (await command('select datname from pg_database')).map(({ datname }) => String(datname));
  const version = createHash('sha256').update(`${DATA_VERSION} ${ENGINE_VERSION}`).digest('hex').slice(0, 8);
  for (const name of await known()) {
    const isOld = /^(national|communes|tiny)_[0-9a-f]{8}$/.test(name) && !name.endsWith(version);
    if (isOld || /_(copy\d+|partial)$/.test(name)) await command(`drop database "${name}" with (force)`);
  }
  let copies = 0;
  const fill = async (size: keyof typeof BENCH_SIZES) => {
    const name = `${size}_${version}`;
    if ((await known()).includes(name)) {
      // Migrations that came since.
      const database = await openDatabase({ url: server.url(name) });
      await database.close();
      return name;
    }
    log(`filling the database "${size}", once`);
    await command(`create database "${name}_partial"`);
    await prepareBench(server.url(`${name}_partial`), size, log);
    await command(`alter database "${name}_partial" rename to "${name}"`);
    return name;
  };
  return {
    pid: pid ?? 0,
    filled: async (size) => server.url(await fill(size)),
    async copy(size) {
      const name = `${size}_copy${++copies}`;
      await command(`create database "${name}" template "${await fill(size)}"`);
      return server.url(name);
    },
    close: () => server.stop(),
  };
}

async function run(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
