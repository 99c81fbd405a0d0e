import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlatformError } from '../../src/domain/errors.js';
import { findEmbedded, startEmbedded } from '../../src/store/embedded.js';

/** As it is built, for a process of its own. */
const EMBEDDED = join(import.meta.dirname, '../../dist/src/store/embedded.js');
let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'dti-embedded-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const ask = async (url: string, statement: string): Promise<unknown> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return Object.values((await client.query(statement)).rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
};

describe('the embedded PostgreSQL', () => {
  it('starts on an empty folder, keeps its data over a restart and lets nobody in without the password', async () => {
    const first = await startEmbedded({ dataDir });
    expect(await ask(first.url('postgres'), 'show server_version')).toMatch(/^18/);
    await ask(first.url('postgres'), 'create table kept as select 42 as answer');
    expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600);
    const url = new URL(first.url('postgres'));
    url.password = 'guess';
    await expect(ask(url.href, 'select 1')).rejects.toThrow(/password/);
    await first.stop();
    const second = await startEmbedded({ dataDir });
    expect(second.adopted).toBe(false);
    expect(await ask(second.url('postgres'), 'select answer from kept')).toBe(42);
    await second.stop();
  });

  it('adopts the server that a killed process left behind', async () => {
    const first = await startEmbedded({ dataDir });
    const second = await startEmbedded({ dataDir });
    expect([second.adopted, second.port]).toEqual([true, first.port]);
    await second.stop();
  });

  it('starts after its own server was killed', async () => {
    const first = await startEmbedded({ dataDir });
    const [pid] = (await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
    const second = await startEmbedded({ dataDir });
    expect(await ask(second.url('postgres'), 'select 1')).toBe(1);
    await second.stop();
    expect(first.adopted).toBe(false);
  });

  it('tells when its server has ended though nobody stopped it, and when somebody did it does not', async () => {
    const told: string[] = [];
    const onEnd = ({ code, message }: PlatformError) => told.push(`${code}: ${message}`);
    const first = await startEmbedded({ dataDir, onEnd });
    const [pid] = (await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
    await expect.poll(() => told).toEqual([expect.stringMatching(/^DATABASE_UNREACHABLE: .+postgres\.log says why$/)]);
    await first.stop();
    const second = await startEmbedded({ dataDir, onEnd });
    await second.stop();
    // Longer than it takes to look twice.
    await sleep(2500);
    expect(told).toHaveLength(1);
  });

  it('does not take it for an end that no more files can be opened, and stops its server all the same', async () => {
    const script = `
      import { openSync } from 'node:fs';
      import { setTimeout as sleep } from 'node:timers/promises';
      import { startEmbedded } from ${JSON.stringify(EMBEDDED)};
      const told = [];
      const server = await startEmbedded({ dataDir: process.argv[1], onEnd: ({ message }) => told.push(message) });
      const files = [];
      try { for (;;) files.push(openSync('/dev/null')); } catch {}
      await sleep(2500);
      const { closeSync } = await import('node:fs');
      for (const each of files) closeSync(each);
      await server.stop();
      console.log(JSON.stringify([files.length > 50, told]));`;
    const limited = [
      '-c',
      'ulimit -n 256 && exec "$0" "$@"',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
      dataDir,
    ];
    const { stdout } = await promisify(execFile)('bash', limited);
    expect(JSON.parse(stdout)).toEqual([true, []]);
    expect(await findEmbedded(dataDir, 'postgres')).toBe(null);
  });

  it('is not misled by the pid file of a dead server whose number belongs to another process now', async () => {
    const first = await startEmbedded({ dataDir });
    const file = join(dataDir, 'postgres/postmaster.pid');
    const content = await readFile(file, 'utf8');
    await first.stop();
    const other = spawn('sleep', ['60']);
    await writeFile(file, content.replace(/^\d+/, String(other.pid)));
    const second = await startEmbedded({ dataDir });
    expect(await ask(second.url('postgres'), 'select 1')).toBe(1);
    await second.stop();
    other.kill();
  });

  it('is not misled by one whose number belongs to the server of another cluster, which goes on', async () => {
    const first = await startEmbedded({ dataDir });
    const file = join(dataDir, 'postgres/postmaster.pid');
    const content = await readFile(file, 'utf8');
    await first.stop();
    const otherDir = join(dataDir, 'other');
    const other = await startEmbedded({ dataDir: otherDir });
    const [otherPid = ''] = (await readFile(join(otherDir, 'postgres/postmaster.pid'), 'utf8')).split('\n');
    await writeFile(file, content.replace(/^\d+/, otherPid));
    const second = await startEmbedded({ dataDir });
    expect(second.adopted).toBe(false);
    expect(await ask(second.url('postgres'), 'select 1')).toBe(1);
    expect(await ask(other.url('postgres'), 'select 1')).toBe(1);
    await second.stop();
    await other.stop();
  });

  it('makes the cluster anew when it was killed while making it', async () => {
    const first = await startEmbedded({ dataDir });
    await first.stop();
    await rm(join(dataDir, 'postgres/PG_VERSION'));
    await rm(join(dataDir, 'postgres'), { recursive: true });
    await writeFile(join(dataDir, 'postgres.partial'), 'half');
    const second = await startEmbedded({ dataDir });
    expect(await ask(second.url('postgres'), 'select 1')).toBe(1);
    await second.stop();
  });

  it('refuses a folder of a newer version, says what to do and changes nothing', async () => {
    const first = await startEmbedded({ dataDir });
    await first.stop();
    await writeFile(join(dataDir, 'postgres/PG_VERSION'), '19\n');
    await expect(startEmbedded({ dataDir })).rejects.toMatchObject({
      code: 'DATA_NEWER',
      message: expect.stringContaining('DATABASE_URL'),
    });
    expect(await readFile(join(dataDir, 'postgres/PG_VERSION'), 'utf8')).toBe('19\n');
  });

  it('says where to look when the cluster is damaged', async () => {
    const first = await startEmbedded({ dataDir });
    await first.stop();
    await writeFile(join(dataDir, 'postgres/global/pg_control'), 'damaged');
    await expect(startEmbedded({ dataDir })).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNUSABLE',
      message: expect.stringContaining('postgres.log'),
    });
  });
});
