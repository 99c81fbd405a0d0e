import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { PlatformError } from '../../domain/errors.js';
import type { Entry } from './archive.js';
import {
  readMigrations,
  readResults,
  readRevision,
  readSequences,
  readTables,
  type TableInDatabase,
} from './contents.js';
import {
  type BackupHead,
  type BackupManifest,
  type BackupTableSum,
  FORMAT,
  FORMAT_VERSION,
  partName,
  ROW_END,
  sha256,
  TableSum,
  toJson,
} from './manifest.js';

const compress = promisify(zstdCompress);
/** Rows are compressed in parts of about so much, so that memory stays flat; joined, the parts are again one stream of zstd. */
const PART_BYTES = 4 * 1024 * 1024;

/** What a backup came to. */
export interface Dumped {
  readonly head: BackupHead;
  readonly manifest: BackupManifest;
}

/** How it is done. */
export interface DumpOptions {
  readonly now: Date;
  readonly signal: AbortSignal;
  /** Told before each table. */
  onTable?(name: string, at: number, count: number): void;
}

/**
 * Writes all of a database as it is at one moment: head, tables part by part, manifest. Writers go on meanwhile.
 * @param client a connection of its own, which must be ended when this fails
 * @param add takes the entries one by one
 * @throws PlatformError NOT_FOUND when there is nothing of the platform in it
 */
export async function dumpDatabase(
  client: pg.ClientBase,
  add: (entry: Entry) => Promise<void>,
  { now, signal, onTable }: DumpOptions,
): Promise<Dumped> {
  // All is read in one snapshot, however long it takes.
  await client.query('begin isolation level repeatable read read only');
  await client.query('set local statement_timeout = 0');
  await client.query('set local idle_in_transaction_session_timeout = 0');
  // So that numbers and times read the same whatever the server's settings are.
  await client.query(
    "set local datestyle = 'ISO'; set local intervalstyle = 'postgres'; set local timezone = 'UTC'; set local extra_float_digits = 3",
  );
  const migrations = await readMigrations(client);
  if (migrations.length === 0) {
    throw new PlatformError('NOT_FOUND', 'The database holds nothing of the platform, so there is nothing to back up.');
  }
  const { tables, partitions } = await readTables(client);
  const head: BackupHead = {
    ...{ format: FORMAT, formatVersion: FORMAT_VERSION, createdAt: now.toISOString() },
    ...{ revision: await readRevision(client), migrations },
    tables: tables.map(({ name, columns }) => ({ name, columns })),
    partitions,
  };
  const headBytes = toJson(head);
  await add({ name: 'head.json', bytes: headBytes });
  const sums: BackupTableSum[] = [];
  for (const [at, table] of tables.entries()) {
    onTable?.(table.name, at, tables.length);
    sums.push(await dumpTable(client, table, add, signal));
  }
  const manifest: BackupManifest = {
    headSha256: sha256(headBytes),
    tables: sums,
    sequences: await readSequences(client),
    results: await readResults(client),
  };
  await client.query('commit');
  const bytes = toJson(manifest);
  await add({ name: 'manifest.json', bytes });
  // As sha256sum writes it.
  await add({ name: 'manifest.sha256', bytes: Buffer.from(`${sha256(bytes)}  manifest.json\n`) });
  return { head, manifest };
}

async function dumpTable(
  client: pg.ClientBase,
  { name, columns, key }: TableInDatabase,
  add: (entry: Entry) => Promise<void>,
  signal: AbortSignal,
): Promise<BackupTableSum> {
  const list = (names: readonly string[]) => names.map((each) => client.escapeIdentifier(each)).join(', ');
  // In the order of their keys rows refer to rows before them, and the same rows give the same bytes.
  const order = key.length === 0 ? '' : ` order by ${list(key)}`;
  const query = `copy (select ${list(columns)} from ${client.escapeIdentifier(name)}${order}) to stdout`;
  const sum = new TableSum(name);
  let pending: Buffer[] = [];
  let length = 0;
  const flush = async (part: Buffer) => {
    signal.throwIfAborted();
    sum.add(part);
    await add({ name: partName(name, sum.parts), bytes: await compress(part) });
  };
  for await (const chunk of client.query(copyTo(query)) as AsyncIterable<Buffer>) {
    pending.push(chunk);
    length += chunk.length;
    const rowEnd = chunk.lastIndexOf(ROW_END);
    // A row may be larger than a part.
    if (length < PART_BYTES || rowEnd < 0) continue;
    const rest = chunk.subarray(rowEnd + 1);
    await flush(Buffer.concat(pending, length - rest.length));
    pending = [Buffer.from(rest)];
    length = rest.length;
  }
  if (length > 0) await flush(Buffer.concat(pending, length));
  return sum.sum();
}
