import pg from 'pg';
import { expect, onTestFinished, vi } from 'vitest';
import type { Database } from '../../src/store/orm.js';
import { rowsOf } from './batch.js';

/** A connection of a test's own, closed at its end: somebody else who works on the same database. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** Waits until somebody waits for a lock of somebody else. */
export async function untilBlocked(database: Database): Promise<void> {
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  await vi.waitFor(async () => expect(await rowsOf(database, waiting)).toHaveLength(1), {
    timeout: 60_000,
    interval: 10,
  });
}
