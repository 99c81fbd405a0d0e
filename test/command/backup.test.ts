import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openSealer } from '../../src/access/sealingKey.js';
import { findLocked, watchLocked } from '../../src/pipeline/lockedSecrets.js';
import { holdCatalogue, openServing } from '../../src/platform.js';
import { openDatabase } from '../../src/store/orm.js';
import { type GraphFixture, openGraph } from '../graph/graphFixture.js';
import { cloneDatabase } from '../helpers/database.js';
import { command } from './commandLine.js';

const CLI = join(import.meta.dirname, '../../dist/src/cli.js');

let graph: GraphFixture;
let folder: string;
beforeAll(async () => {
  graph = await openGraph();
  folder = await mkdtemp(join(tmpdir(), 'dti-backup-'));
});
afterAll(async () => {
  await graph.close();
  await rm(folder, { recursive: true });
});

const at = (url: string) => ({ environment: { DATABASE_URL: url } });

async function openEmpty(): Promise<string> {
  const { url, drop } = await cloneDatabase(null);
  onTestFinished(drop);
  return url;
}

/** Asks a server, whatever is in its database. @returns how many rows */
async function count(url: string, statement: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rowCount } = await client.query(statement).finally(() => client.end());
  return rowCount ?? 0;
}

const TABLES = `select from pg_tables where schemaname = 'public'`;
const QUESTION = `query ($revision: String!) {
  ranking(round: "PROVINCE-2026", first: 100, at: { asOf: { revision: $revision } }) {
    edges { node { rank entity { code } score { value provenance { reason } } } }
    snapshot { resultHash inputHash revision }
  }
  rounds(first: 100) { edges { node { code status } } }
  observations(first: 50, at: { asOf: { revision: $revision } }) { edges { node { id value numerator denominator period revision } } }
}`;

describe('dti backup and restore', () => {
  it('bring back every result while a writer goes on, and answers are the same', async () => {
    const file = join(folder, 'live.backup');
    const { url } = graph.database;
    let isWriting = true;
    let written = 0;
    const writing = (async () => {
      for (; isWriting; written += 1) {
        await graph.measure('GSO-2025:48', 'ECO_ACTIVITY.08', written, 1000);
        if (written % 5 === 4) await graph.compute('PROVINCE-2026');
      }
    })();
    await expect.poll(() => written).toBeGreaterThan(6);
    const backedUp = await command(['backup', '--out', file, '--json'], at(url));
    isWriting = false;
    await writing;
    expect([backedUp.code, backedUp.errors]).toEqual([0, '']);
    const said = JSON.parse(backedUp.output);
    expect(said.replaced).toBeNull();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(file)).size).toBe(said.bytes);
    expect(await readdir(folder)).toEqual(['live.backup']);

    const target = await openEmpty();
    const restored = await command(['restore', file, '--json'], at(target));
    expect([restored.code, restored.errors]).toEqual([0, '']);
    const { results, revision } = JSON.parse(restored.output);
    expect(revision).toBe(said.revision);
    const hashes = (list: { snapshotId: number; resultHash: string }[]) =>
      Object.fromEntries(list.map(({ snapshotId, resultHash }) => [snapshotId, resultHash]));
    expect(hashes(results)).toEqual(hashes(said.results));
    expect(results.length).toBeGreaterThan(2);

    const database = await openDatabase({ url: target });
    onTestFinished(() => database.close());
    const holder = await holdCatalogue(database);
    const serving = await openServing(database, holder, { publicProvisional: true, log: () => undefined });
    onTestFinished(() => serving.close());
    const answer = await graph.ask(QUESTION, { revision }, serving.platform);
    expect(answer.errors).toEqual([]);
    expect(answer).toEqual(await graph.ask(QUESTION, { revision }));
    const { rows } = await database.transact((client) =>
      client.query(`select actor, details->>'revision' as revision from audit where action = 'restoreBackup'`),
    );
    expect(rows).toEqual([{ actor: 'platform', revision }]);
    const again = await command(['restore', file], at(target));
    expect(again).toMatchObject({ code: 1, errors: expect.stringMatching(/^RESTORE_NOT_EMPTY: /) });
  });

  it('say whose secrets the key here does not open, as the platform does until they are set again', async () => {
    const [old, other] = [join(folder, 'old-key'), join(folder, 'other-key')];
    const sealer = await openSealer({ path: old, make: true });
    const fresh = await openSealer({ path: other, make: true });
    const { url, database } = graph;
    const set = (sealed: string) =>
      database.fork().execute(
        `insert into source_secret (source_id, name, sealed, updated_at) select id, 'token', ?, now() from source where key = 'registry'
        on conflict (source_id, name) do update set sealed = excluded.sealed`,
        [sealed],
      );
    await set(sealer.seal('quiet', 'registry/token'));
    onTestFinished(async () => void (await database.fork().execute('delete from source_secret')));
    const file = join(folder, 'secrets.backup');
    expect((await command(['backup', '--out', file], at(url))).code).toBe(0);
    const restored = await command(['restore', file], {
      environment: { DATABASE_URL: await openEmpty(), SECRETS_KEY_FILE: other },
    });
    expect(restored.output).toMatch(/^SECRETS_KEY: no key here opens the secrets of source registry: add the key/m);
    expect(await findLocked(database, null)).toEqual(['source registry']);
    expect(await findLocked(database, sealer)).toEqual([]);

    const said: string[] = [];
    const say = (line: string) => void said.push(line);
    const { signal } = new AbortController();
    const isLocked = await watchLocked({ database, sealer: fresh, warn: say, log: say, signal, lookMs: 5 });
    expect([isLocked(), said]).toEqual([true, [expect.stringContaining('the secrets of source registry')]]);
    await set(fresh.seal('quiet', 'registry/token'));
    await expect.poll(isLocked).toBe(false);
    expect((await watchLocked({ database, sealer: fresh, warn: say, log: say, signal }))()).toBe(false);
    expect(said).toEqual([expect.anything(), 'all secrets can be opened now']);
  });

  it('say what is not there, and what they replace', async () => {
    const empty = await openEmpty();
    const missing = await command(['restore', join(folder, 'none.backup')], at(empty));
    expect(missing).toMatchObject({ code: 1, errors: `NOT_FOUND: There is no file ${join(folder, 'none.backup')}.\n` });
    const { url } = graph.database;
    const nowhere = await command(['backup', '--out', join(folder, 'none/a.backup')], at(url));
    expect(nowhere.errors).toBe(
      `NOT_FOUND: There is no folder ${join(folder, 'none')}, where ${join(folder, 'none/a.backup')} would be.\n`,
    );
    const file = join(folder, 'live.backup');
    const { mtime } = await stat(file);
    const again = await command(['backup', '--out', file], at(url));
    expect(again.output).toContain(`replaced the file of this name, which was written at ${mtime.toISOString()}`);
  });

  it('leave nothing behind when they are killed in the middle', async () => {
    const target = await openEmpty();
    const file = join(folder, 'live.backup');
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const environment = { PATH: process.env.PATH, DATABASE_URL: target, DATA_DIR: join(folder, 'data') };
    const child: ChildProcess = spawn(process.execPath, [CLI, 'restore', pipe], { env: environment, stdio: 'ignore' });
    const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    // All but the end, after which the restoring process waits for more; it has made tables and rows by then.
    const whole = await readFile(file);
    const handle = await open(pipe, 'w');
    await handle.write(whole.subarray(0, whole.length - 20_000));
    const busy = `select from pg_stat_activity where datname = '${new URL(target).pathname.slice(1)}'
      and application_name = 'dti-graph backup' and state = 'idle in transaction' and query ~ '^(copy|select from) "'`;
    await expect.poll(() => count(graph.database.url, busy)).toBe(1);
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    await handle.close().catch(() => undefined);
    await expect.poll(() => count(target, TABLES)).toBe(0);
    expect((await command(['restore', file], at(target))).code).toBe(0);
  });

  it('dti verify, and a restore, tell when a figure is not the one that a result was made of', async () => {
    const { url, drop } = await (async () => {
      const target = await cloneDatabase(null);
      await command(['restore', join(folder, 'live.backup')], at(target.url));
      return target;
    })();
    onTestFinished(drop);
    expect((await command(['verify', '--all'], at(url))).code).toBe(0);
    const database = await openDatabase({ url });
    await database.transact((client) =>
      client.query(
        `update observation set numerator = numerator + 1 where id = (select max(id) from observation where year = 2022)`,
      ),
    );
    await database.close();
    const verified = await command(['verify'], at(url));
    expect(verified).toMatchObject({ code: 1, output: expect.stringMatching(/^MINISTRY-2022 .*equal {3}NOT EQUAL$/m) });
    const file = join(folder, 'altered.backup');
    expect((await command(['backup', '--out', file], at(url))).code).toBe(0);
    const restored = await command(['restore', file, '--json'], at(await openEmpty()));
    expect(restored.code).toBe(1);
    expect(JSON.parse(restored.errors).error).toMatchObject({
      code: 'RESTORE_UNEQUAL',
      message: expect.stringContaining('MINISTRY-2022'),
    });
  });

  it.each([
    [['backup', '--out', 'x'], 1, 'NOT_FOUND: There is no database in'],
    [['backup'], 2, "required option '--out <file>'"],
    [['restore'], 2, "missing required argument 'file'"],
    [['restore', 'none.backup'], 1, 'NOT_FOUND: There is no file none.backup.'],
    [['verify'], 1, 'NOT_FOUND: There is no database in'],
  ])('say what is wrong with %j, and make nothing', async (args, code, message) => {
    const done = await command(args, { environment: { DATA_DIR: join(folder, 'nothing') } });
    expect(done).toMatchObject({ code, errors: expect.stringContaining(message) });
    expect(existsSync(join(folder, 'nothing'))).toBe(false);
  });
});
