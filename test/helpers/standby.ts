import { execFile } from 'node:child_process';
import { appendFile, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type EmbeddedPostgres, freePort, startEmbedded } from '../../src/store/embedded.js';

const run = promisify(execFile);

/** A server that replays what another one writes, as a hot standby. */
export interface Standby {
  /** Address of a database on it; the same after a restart. */
  url(database: string): string;
  /** Replays nothing until {@link Standby.resume}. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Makes it a primary with what it has replayed; nothing more comes from the old one. */
  promote(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Runs one statement on a connection of its own. */
export async function ask<Row extends pg.QueryResultRow>(url: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

/**
 * Makes a streaming replica of an embedded server: a copy of its cluster between the two calls that PostgreSQL has for this, since the binaries at hand
 * have no pg_basebackup.
 * @param from the folder that the server's cluster lies in
 * @param to the folder of the replica
 * @param settings of the replica
 */
export async function startStandby(
  primary: Pick<EmbeddedPostgres, 'url'>,
  from: string,
  to: string,
  settings: readonly string[] = [],
): Promise<Standby> {
  const cluster = join(to, 'postgres');
  await mkdir(to, { recursive: true });
  await copyFile(join(from, 'postgres-password'), join(to, 'postgres-password'));
  // Both calls must come from one session.
  const client = new pg.Client({ connectionString: primary.url('postgres') });
  await client.connect();
  try {
    await client.query(`select pg_backup_start('standby', true)`);
    // A file that goes while it is copied is no loss: the log tells of it.
    await run('cp', ['-a', join(from, 'postgres'), cluster]).catch(() => undefined);
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    await writeFile(join(cluster, 'backup_label'), rows[0]?.labelfile ?? '', { mode: 0o600 });
  } finally {
    await client.end();
  }
  await rm(join(cluster, 'postmaster.pid'), { force: true });
  await writeFile(join(cluster, 'standby.signal'), '', { mode: 0o600 });
  const { hostname, port, username, password } = new URL(primary.url('postgres'));
  const upstream = `host=${hostname} port=${port} user=${username} password=${password}`;
  await appendFile(join(cluster, 'postgresql.auto.conf'), `primary_conninfo = '${upstream}'\n`);

  const own = await freePort();
  const url = (database: string) => {
    const address = new URL(primary.url(database));
    address.port = String(own);
    return address.href;
  };
  let server: EmbeddedPostgres | null = null;
  const standby: Standby = {
    url,
    pause: async () => void (await ask(url('postgres'), 'select pg_wal_replay_pause()')),
    resume: async () => void (await ask(url('postgres'), 'select pg_wal_replay_resume()')),
    promote: async () => void (await ask(url('postgres'), 'select pg_promote()')),
    async stop() {
      await server?.stop();
      server = null;
    },
    async start() {
      server = await startEmbedded({ dataDir: to, settings: ['fsync=off', `port=${own}`, ...settings] });
    },
  };
  await standby.start();
  return standby;
}
