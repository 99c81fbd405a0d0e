import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { PlatformError } from '../../domain/errors.js';
import { ADVISORY_LOCKS } from '../lock.js';
import { damaged, type Entry } from './archive.js';
import { MIGRATION_TABLE, readSequences, readTables } from './contents.js';
import type { Dumped } from './dump.js';
import {
  type BackupHead,
  type BackupManifest,
  type BackupTable,
  type BackupTableSum,
  FORMAT,
  FORMAT_VERSION,
  fromJson,
  partName,
  sha256,
  TableSum,
} from './manifest.js';

const decompress = promisify(zstdDecompress);

/** Bounds of partitions, of literals alone: they are part of statements. */
const LITERAL = `(?:'[^'\\\\]*'|-?[0-9.]+|MINVALUE|MAXVALUE|NULL|true|false)`;
const LITERALS = `\\(${LITERAL}(?:, ${LITERAL})*\\)`;
const BOUND = new RegExp(
  `^(?:DEFAULT|FOR VALUES (?:FROM ${LITERALS} TO ${LITERALS}|IN ${LITERALS}|WITH \\(modulus \\d+, remainder \\d+\\)))$`,
);

/** A migration as SQL. */
export interface MigrationText {
  readonly name: string;
  readonly statements: readonly string[];
}

/** What came of it. */
export interface Restored extends Dumped {
  /** Tables of others, which no migration makes; they were left out. */
  readonly leftOut: readonly string[];
}

/** How it is done. */
export interface RestoreOptions {
  /** All migrations of this version, oldest first. */
  readonly migrations: readonly MigrationText[];
  readonly signal: AbortSignal;
  /** Told before each table. */
  onTable?(name: string, at: number, count: number): void;
}

/**
 * Restores a backup into an empty database, in one transaction: tables as they were when it was written, rows, sequences. Everything is checked against the
 * backup's own hashes and counts before the commit. Later migrations are for whoever opens the database next.
 * @param client a connection of its own, as the owner of the tables to be, which must be ended when this fails: then nothing is there
 * @param entries of the archive, in order
 * @throws PlatformError RESTORE_NOT_EMPTY, BACKUP_NEWER, BACKUP_DAMAGED
 */
export async function restoreDatabase(
  client: pg.ClientBase,
  entries: AsyncIterable<Entry>,
  { migrations, signal, onTable }: RestoreOptions,
): Promise<Restored> {
  await client.query('begin');
  await client.query('set local statement_timeout = 0');
  // A platform that starts meanwhile waits before it migrates, and then finds all or nothing.
  await client.query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.MIGRATION]);
  await refuseFilled(client);
  const reader = new EntryReader(entries[Symbol.asyncIterator](), signal);
  const headEntry = await reader.next();
  if (headEntry.name !== 'head.json') throw damaged('it does not begin with its head');
  const head = fromJson<BackupHead>('head.json', headEntry.bytes);
  refuseUnknown(head, migrations);
  await makeTables(client, head, migrations);
  const made = (await readTables(client)).tables;
  const leftOut = compareTables(head.tables, made);
  await client.query("set local datestyle = 'ISO'; set local intervalstyle = 'postgres'; set local timezone = 'UTC'");
  const upkeep = await dropUpkeep(client);
  const sums: BackupTableSum[] = [];
  for (const [at, table] of head.tables.entries()) {
    onTable?.(table.name, at, head.tables.length);
    sums.push(await restoreTable(client, table, reader, !leftOut.includes(table.name)));
  }
  const { name, bytes } = await reader.next();
  const check = await reader.next();
  if (name !== 'manifest.json' || Buffer.from(check.bytes).toString() !== `${sha256(bytes)}  manifest.json\n`) {
    throw damaged('its manifest was altered');
  }
  await reader.end();
  const manifest = fromJson<BackupManifest>('manifest.json', bytes);
  if (manifest.headSha256 !== sha256(headEntry.bytes)) throw damaged('its head was altered');
  for (const [at, sum] of sums.entries()) {
    if (JSON.stringify(sum) !== JSON.stringify(manifest.tables[at])) throw damaged(`its table ${sum.name} was altered`);
  }
  for (const statement of upkeep) {
    signal.throwIfAborted();
    await client.query(statement);
  }
  const sequences = new Set((await readSequences(client)).map((sequence) => sequence.name));
  for (const { name: sequence, value, isCalled } of manifest.sequences) {
    if (!sequences.has(sequence)) continue;
    await client.query('select setval($1, $2, $3)', [client.escapeIdentifier(sequence), value, isCalled]);
  }
  // Without statistics the first readers, who prove the results, sort whole tables.
  for (const { name: table } of made) await client.query(`analyze ${client.escapeIdentifier(table)}`);
  signal.throwIfAborted();
  await client.query('commit');
  return { head, manifest, leftOut };
}

async function refuseFilled(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select relname::text as name from pg_class where relnamespace = current_schema()::regnamespace
    and relkind in ('r', 'p', 'S', 'v', 'm') order by relname limit 3`,
  );
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => name).join(', ');
  throw new PlatformError(
    'RESTORE_NOT_EMPTY',
    `The database is not empty (it has ${names}). Name an empty one by DATABASE_URL, or a new DATA_DIR. Nothing was changed.`,
  );
}

function refuseUnknown(head: BackupHead, migrations: readonly MigrationText[]): void {
  if (head.format !== FORMAT) throw damaged('it is no backup of this platform');
  const unknown = head.migrations.filter((name) => !migrations.some((migration) => migration.name === name));
  if (head.formatVersion <= FORMAT_VERSION && unknown.length === 0) return;
  const what = unknown.length === 0 ? `format ${head.formatVersion}` : unknown.join(', ');
  throw new PlatformError(
    'BACKUP_NEWER',
    `The backup was written by a newer version of the platform (it has ${what}). Restore it with that version.`,
  );
}

/** Makes the tables as they were when the backup was written. */
async function makeTables(
  client: pg.ClientBase,
  head: BackupHead,
  migrations: readonly MigrationText[],
): Promise<void> {
  // As the migrator makes it, which a test compares.
  await client.query(`create table ${MIGRATION_TABLE} (id serial primary key, name varchar(255) not null,
    executed_at timestamptz(6) not null default current_timestamp(6))`);
  for (const name of head.migrations) {
    for (const statement of migrations.find((migration) => migration.name === name)?.statements ?? []) {
      await client.query(statement);
    }
  }
  for (const { name, table, bound } of head.partitions) {
    if (!BOUND.test(bound)) throw damaged(`its partition ${name} has no bound`);
    const [id, parent] = [client.escapeIdentifier(name), client.escapeIdentifier(table)];
    await client.query(`create table if not exists ${id} partition of ${parent} ${bound}`);
  }
}

/**
 * Takes away what PostgreSQL would keep up row by row, foreign keys and indexes that are no constraints: made at once when all rows are there, they are
 * the same, every row is still checked, and it takes a fraction of the time. Primary keys stay, since rows come in their order.
 * @returns statements that make them again, in order
 */
async function dropUpkeep(client: pg.ClientBase): Promise<string[]> {
  // Those of partitions come and go with their parents'.
  const { rows: keys } = await client.query<{ table: string; name: string; definition: string }>(
    `select conrelid::regclass::text as table, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
    from pg_constraint where contype = 'f' and conparentid = 0 and connamespace = current_schema()::regnamespace order by oid`,
  );
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where c.relnamespace = current_schema()::regnamespace and not c.relispartition
      and not exists (select from pg_constraint where conindid = i.indexrelid) order by i.indexrelid`,
  );
  for (const { table, name } of keys) await client.query(`alter table ${table} drop constraint ${name}`);
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  await client.query(`set local maintenance_work_mem = '256MB'`);
  return [
    // That of a partitioned table alone would be without its partitions.
    ...indexes.map(({ definition }) => definition.replace(' ON ONLY ', ' ON ')),
    ...keys.map(({ table, name, definition }) => `alter table ${table} add constraint ${name} ${definition}`),
  ];
}

/**
 * Holds the tables of a backup against those that its migrations have made.
 * @returns names of tables that they do not make
 * @throws PlatformError BACKUP_DAMAGED when one is missing or has other columns
 */
function compareTables(tables: readonly BackupTable[], made: readonly BackupTable[]): string[] {
  const columns = new Map(tables.map((table) => [table.name, table.columns.join()]));
  const other = made.find((table) => columns.get(table.name) !== table.columns.join());
  if (other !== undefined) throw damaged(`its table ${other.name} is not as its migrations make it`);
  return tables.map(({ name }) => name).filter((name) => !made.some((table) => table.name === name));
}

async function restoreTable(
  client: pg.ClientBase,
  table: BackupTable,
  reader: EntryReader,
  isOurs: boolean,
): Promise<BackupTableSum> {
  const id = client.escapeIdentifier(table.name);
  const columns = table.columns.map((column) => client.escapeIdentifier(column)).join(', ');
  // Migrations may have put rows there, and the backup has them as they became.
  if (isOurs && (await client.query(`select from ${id} limit 1`)).rowCount !== 0)
    await client.query(`delete from ${id}`);
  const sum = new TableSum(table.name);
  for (;;) {
    const entry = await reader.peek();
    if (entry.name !== partName(table.name, sum.parts + 1)) break;
    await reader.next();
    const part = await decompress(entry.bytes).catch(() => {
      throw damaged(`${entry.name} cannot be unpacked`);
    });
    const rows = sum.add(part);
    if (isOurs && (await copyIn(client, `copy ${id} (${columns}) from stdin`, part, entry.name)) !== rows) {
      throw damaged(`${entry.name} has other rows`);
    }
  }
  return sum.sum();
}

/** @returns how many rows PostgreSQL took */
async function copyIn(client: pg.ClientBase, statement: string, part: Buffer, name: string): Promise<number> {
  const copy = client.query(copyFrom(statement));
  copy.end(part);
  await finished(copy).catch((cause: unknown) => {
    // SQLSTATE alone: the server's text quotes values.
    const { code } = Object(cause) as { readonly code?: unknown };
    throw damaged(`PostgreSQL does not take ${name} (${String(code ?? 'no answer')})`);
  });
  return copy.rowCount;
}

/** The entries of an archive, one ahead. */
class EntryReader {
  readonly #entries: AsyncIterator<Entry>;
  readonly #signal: AbortSignal;
  #ahead: Entry | null = null;

  constructor(entries: AsyncIterator<Entry>, signal: AbortSignal) {
    this.#entries = entries;
    this.#signal = signal;
  }

  /** The next entry, which stays the next one. */
  async peek(): Promise<Entry> {
    this.#ahead ??= await this.next();
    return this.#ahead;
  }

  async next(): Promise<Entry> {
    this.#signal.throwIfAborted();
    const ahead = this.#ahead;
    this.#ahead = null;
    if (ahead !== null) return ahead;
    const { value, done } = await this.#entries.next();
    if (done === true) throw damaged('it is cut short');
    return value;
  }

  /** Makes sure that nothing follows. */
  async end(): Promise<void> {
    if ((await this.#entries.next()).done !== true) throw damaged('it goes on after its manifest');
  }
}
