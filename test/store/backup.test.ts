import { readFileSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ArchiveWriter, type Entry, readArchive } from '../../src/store/backup/archive.js';
import { dumpDatabase } from '../../src/store/backup/dump.js';
import { restoreBackup, writeBackup } from '../../src/store/backup/file.js';
import { type BackupHead, toJson } from '../../src/store/backup/manifest.js';
import { type MigrationText, restoreDatabase } from '../../src/store/backup/restore.js';
import { migrationTexts, openDatabase } from '../../src/store/orm.js';
import { cloneDatabase } from '../helpers/database.js';

const { signal } = new AbortController();
const NOW = new Date('2026-11-22T00:00:00Z');

let folder: string;
/** A backup of a database with the reference data. */
let whole: Buffer;
let migrations: MigrationText[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dti-backup-'));
  const { url, drop } = await cloneDatabase('reference');
  await writeBackup(url, join(folder, 'whole'), { now: NOW, signal });
  migrations = await migrationTexts(url);
  await drop();
  whole = readFileSync(join(folder, 'whole'));
});
afterAll(() => rm(folder, { recursive: true }));

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

async function openEmpty(): Promise<{ url: string; client: pg.Client; isEmpty(): Promise<boolean> }> {
  const { url, drop } = await cloneDatabase(null);
  onTestFinished(drop);
  const client = await connect(url);
  return {
    url,
    client,
    async isEmpty() {
      const { rows } = await client.query(`select from pg_class where relnamespace = 'public'::regnamespace`);
      return rows.length === 0;
    },
  };
}

/** Restores bytes into an empty database. @returns the code of what was refused, after making sure that nothing is there */
async function refusalOf(bytes: Uint8Array, target: Awaited<ReturnType<typeof openEmpty>>): Promise<unknown> {
  const path = join(folder, 'altered');
  await writeFile(path, bytes);
  const failure = await restoreBackup(target.url, path, { signal }).then(
    () => null,
    (error: { code?: string }) => error.code,
  );
  expect(await target.isEmpty()).toBe(true);
  return failure;
}

async function entriesOf(path: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of readArchive(path)) entries.push(entry);
  return entries;
}

async function pack(entries: readonly Entry[]): Promise<Buffer> {
  const path = join(folder, 'packed');
  const file = await open(path, 'w');
  const archive = new ArchiveWriter(file);
  for (const entry of entries) await archive.add(entry);
  await archive.finish();
  await file.close();
  return readFileSync(path);
}

/** What tables, indexes, constraints and triggers there are, as text. */
async function schemaOf(client: pg.Client): Promise<unknown> {
  const { rows } = await client.query(`
    select 'column' as kind, table_name || '.' || column_name as name,
      concat_ws(' ', data_type, column_default, is_nullable, is_identity, character_maximum_length, datetime_precision) as text
    from information_schema.columns where table_schema = 'public'
    union all select 'index', indexname, indexdef from pg_indexes where schemaname = 'public'
    union all select 'constraint', conname, pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace
    union all select 'trigger', tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    union all select 'function', proname, prosrc from pg_proc where pronamespace = 'public'::regnamespace
    order by 1, 2, 3`);
  return rows;
}

describe('a backup', () => {
  it('is the same for the same rows, and restores tables as migrations make them', async () => {
    const target = await openEmpty();
    const path = join(folder, 'whole');
    const restored = await restoreBackup(target.url, path, { signal });
    expect(restored.leftOut).toEqual([]);
    const { url, drop } = await cloneDatabase('reference');
    onTestFinished(drop);
    expect(await schemaOf(target.client)).toEqual(await schemaOf(await connect(url)));
    await writeBackup(target.url, join(folder, 'again'), { now: NOW, signal });
    expect(readFileSync(join(folder, 'again')).equals(whole)).toBe(true);
  });

  it('is only restored into an empty database', async () => {
    const { url, drop } = await cloneDatabase('template');
    onTestFinished(drop);
    const before = await schemaOf(await connect(url));
    await expect(restoreBackup(url, join(folder, 'whole'), { signal })).rejects.toMatchObject({
      code: 'RESTORE_NOT_EMPTY',
    });
    expect(await schemaOf(await connect(url))).toEqual(before);
  });

  it('is refused when it is cut short', async () => {
    const target = await openEmpty();
    // In the head, between two entries, without its manifest, without its end.
    for (const length of [0, 100, whole.length / 2, whole.length - 1024]) {
      expect([length, await refusalOf(whole.subarray(0, length), target)]).toEqual([length, 'BACKUP_DAMAGED']);
    }
  });

  it('is refused when one bit of it is another, wherever', async () => {
    const target = await openEmpty();
    const entries = await entriesOf(join(folder, 'whole'));
    const inside = (name: string) => whole.indexOf(entries.find((entry) => entry.name === name)?.bytes ?? '');
    const places = [
      ...[0, 130, 150, 300, whole.length - 1],
      ...[inside('head.json') + 40, inside('entity/000001.copy.zst') + 1000, inside('manifest.json') + 50],
      ...[inside('manifest.sha256') + 3, inside('manifest.sha256') + 200],
      Math.floor(whole.length / 2),
    ];
    for (const place of places) {
      const altered = Buffer.from(whole);
      altered.writeUInt8((altered[place] ?? 0) ^ 0x10, place);
      expect([place, await refusalOf(altered, target)]).toEqual([
        place,
        expect.stringMatching(/^BACKUP_(DAMAGED|NEWER)$/),
      ]);
    }
  });

  it('is refused when parts are missing, twice, in another order, or more follows', async () => {
    const target = await openEmpty();
    const entries = await entriesOf(join(folder, 'whole'));
    const at = entries.findIndex(({ name }) => name.startsWith('entity/'));
    const [entity, next] = [entries[at], entries[at + 1]] as [Entry, Entry];
    const variants: Entry[][] = [
      entries.toSpliced(at, 1),
      entries.toSpliced(at, 0, entity),
      entries.toSpliced(at, 2, next, entity),
      [...entries, entity],
      entries.slice(0, -1),
      [],
    ];
    for (const variant of variants) expect(await refusalOf(await pack(variant), target)).toBe('BACKUP_DAMAGED');
    expect(await refusalOf(Buffer.concat([whole, Buffer.alloc(512)]), target)).toBe('BACKUP_DAMAGED');
    expect(await refusalOf(Buffer.from('{"not":"a backup"}'), target)).toBe('BACKUP_DAMAGED');
  });

  it('of a newer version is refused with what is unknown', async () => {
    const target = await openEmpty();
    const [first, ...rest] = await entriesOf(join(folder, 'whole'));
    const head = JSON.parse(Buffer.from(first?.bytes ?? []).toString()) as BackupHead;
    const changed = async (change: Partial<BackupHead>) =>
      pack([{ name: 'head.json', bytes: toJson({ ...head, ...change }) }, ...rest]);
    expect(await refusalOf(await changed({ formatVersion: 2 }), target)).toBe('BACKUP_NEWER');
    const later = await changed({ migrations: [...head.migrations, '20991231000000_later'] });
    expect(await refusalOf(later, target)).toBe('BACKUP_NEWER');
  });

  it('of an older version is restored as it was, and then brought up to date', async () => {
    const [source, target] = [await openEmpty(), await openEmpty()];
    // As the first version left it: nothing but the initial migration.
    const [initial] = migrations as [MigrationText];
    await source.client.query(`create table migration (id serial primary key, name varchar(255) not null,
      executed_at timestamptz(6) not null default current_timestamp(6))`);
    for (const statement of initial.statements) await source.client.query(statement);
    await source.client.query('insert into migration (name) values ($1)', [initial.name]);
    await source.client.query(
      `insert into region (code_system, code, name_vi, name_en) values ('A', 'B', E'c\\n\\\\d\\t', 'é')`,
    );
    await writeBackup(source.url, join(folder, 'older'), { now: NOW, signal });
    await restoreBackup(target.url, join(folder, 'older'), { signal });
    await (await openDatabase({ url: target.url })).close();
    const { rows } = await target.client.query('select name_vi, name_en from region');
    expect(rows).toEqual([{ name_vi: 'c\n\\d\t', name_en: 'é' }]);
    const { rows: done } = await target.client.query('select name from migration order by id');
    expect(done.map(({ name }) => name)).toEqual(migrations.map(({ name }) => name));
  });

  it('takes partitions, generated and identity columns, references to itself, rows larger than a part; leaves out what others put there', async () => {
    const [source, target] = [await openEmpty(), await openEmpty()];
    const odd: MigrationText = {
      name: '20991231000000_odd',
      statements: [
        `create table yearly (id bigint generated always as identity, year int not null, body text, length int generated always
          as (length(body)) stored, previous_id bigint, primary key (year, id)) partition by range (year)`,
        'create table yearly_2024 partition of yearly for values from (2024) to (2025)',
        'create table chain (id int primary key, previous_id int references chain)',
        'create unlogged table passing (id int)',
      ],
    };
    const some = [...migrations.slice(0, 1), odd];
    await source.client.query(`create table migration (id serial primary key, name varchar(255) not null,
      executed_at timestamptz(6) not null default current_timestamp(6))`);
    for (const { name, statements } of some) {
      for (const statement of statements) await source.client.query(statement);
      await source.client.query('insert into migration (name) values ($1)', [name]);
    }
    await source.client.query('create table yearly_2025 partition of yearly for values from (2025) to (2026)');
    await source.client.query(
      `insert into yearly (year, body) select 2024 + n % 2, repeat('x', n * 1000000) from generate_series(1, 6) n`,
    );
    await source.client.query('insert into chain select n, nullif(n - 1, 0) from generate_series(1, 1000) n');
    await source.client.query('insert into passing values (1)');
    await source.client.query('create table foreign_to_us (id int); insert into foreign_to_us values (1)');
    const entries: Entry[] = [];
    const dumper = await connect(source.url);
    const { manifest } = await dumpDatabase(dumper, async (entry) => void entries.push(entry), { now: NOW, signal });
    async function* replay() {
      yield* entries;
    }
    const { leftOut } = await restoreDatabase(target.client, replay(), { migrations: some, signal });
    expect(leftOut).toEqual(['foreign_to_us']);
    expect(manifest.tables.find(({ name }) => name === 'yearly')).toMatchObject({ rows: 6 });
    for (const query of [
      'select year, id, md5(body) as body, length from yearly order by id',
      'select count(*), sum(previous_id) from chain',
      'select tableoid::regclass::text as part, count(*) from yearly group by 1 order by 1',
    ]) {
      expect((await target.client.query(query)).rows).toEqual((await source.client.query(query)).rows);
    }
    const { rows } = await target.client.query(`insert into yearly (year, body) values (2025, '') returning id`);
    expect(rows).toEqual([{ id: '7' }]);
    expect((await target.client.query('select from passing')).rowCount).toBe(0);
  });
});
