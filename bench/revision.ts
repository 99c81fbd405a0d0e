import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '../src/store/embedded.js';
import { ensureDatabase } from '../src/store/ensureDatabase.js';
import { type Database, openDatabase } from '../src/store/orm.js';
import { nextChangeId, takeRevision } from '../src/store/revision.js';

const TURN_MS = 500;
const TURNS = 10;
const WRITERS = [1, 10, 50] as const;

/** How transactions are ended, by name. */
const WAYS = [
  ['in order, flushed', (database: Database) => takeOne(database, true)],
  ['in order, not flushed', (database: Database) => takeOne(database, false)],
  ['in order, in one message', takeAtOnce],
  ['without order, flushed', writeRow],
] as const;

/**
 * Measures how many revisions a second 1, 10 and 50 writers take, each in a transaction that does nothing else, on an embedded PostgreSQL of its own that
 * flushes every commit. Beside it the same with commits that are not flushed, with the number and COMMIT in one message, and transactions that write a row
 * without order: what the one lock costs, which is held from the number to the end of the commit, is the difference. The ways take turns, so that what else
 * runs on the machine meets all of them.
 */
export async function measureRevisions(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dti-bench-revision-'));
  const server = await startEmbedded({ dataDir: folder });
  const url = await ensureDatabase(server.url('postgres'), server.url('bench'));
  const database = await openDatabase({ url, poolSize: Math.max(...WRITERS) });
  try {
    await database.fork().execute('create table unordered (id bigint primary key)');
    process.stdout.write('\nTransactions a second, p50 and p99 of one in milliseconds\n');
    for (const writers of WRITERS) {
      const times = WAYS.map((): number[] => []);
      // The first turn makes connections and plans statements.
      for (let turn = 0; turn <= TURNS; turn += 1) {
        for (const [at, [, write]] of WAYS.entries()) {
          const taken = await runWriters(database, writers, write);
          if (turn > 0) times[at]?.push(...taken);
        }
      }
      for (const [at, [name]] of WAYS.entries()) print(name, writers, times[at] ?? []);
    }
  } finally {
    await database.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns how long each transaction took, in milliseconds */
async function runWriters(
  database: Database,
  writers: number,
  write: (database: Database) => Promise<void>,
): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + TURN_MS;
  await Promise.all(
    Array.from({ length: writers }, async () => {
      for (let began = performance.now(); began < end; began = performance.now()) {
        await write(database);
        times.push(performance.now() - began);
      }
    }),
  );
  return times;
}

function print(name: string, writers: number, times: number[]): void {
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(1);
  const perSecond = (times.length / ((TURNS * TURN_MS) / 1000)).toFixed(0);
  process.stdout.write(
    `${name.padEnd(26)}${String(writers).padStart(3)} writers${perSecond.padStart(7)}/s${at(0.5).padStart(8)}${at(0.99).padStart(8)}\n`,
  );
}

async function takeOne(database: Database, isFlushed: boolean): Promise<void> {
  await database.fork().transactional(async (em) => {
    if (!isFlushed) await em.execute('set local synchronous_commit = off');
    await takeRevision(em, { changeId: await nextChangeId(em), kind: 'SOURCE', roundIds: [] });
  });
}

/** The number and COMMIT in one message, so that the lock is not held for the way to the client and back. */
async function takeAtOnce(database: Database): Promise<void> {
  await database.transact(async (client) => {
    await client.query(`select nextval('change_id') as id`).then(({ rows }) => {
      return client.query(`select take_revision(${Number(rows[0].id)}, 'SOURCE', '{}', null, null); commit; begin`);
    });
  });
}

async function writeRow(database: Database): Promise<void> {
  await database.fork().transactional(async (em) => {
    await em.execute('insert into unordered values (?)', [await nextChangeId(em)]);
  });
}
