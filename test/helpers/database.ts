import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../../src/store/orm.js';

/** A database of one test file's own. */
export interface TestDatabase {
  readonly database: Database;
  readonly url: string;
  drop(): Promise<void>;
}

/**
 * Clones a database from a template of this run.
 * @param template `reference`: migrated, with the reference data; `template`: migrated only; null: empty
 */
export async function openTestDatabase(template: 'reference' | 'template' | null = 'reference'): Promise<TestDatabase> {
  const { url, drop } = await cloneDatabase(template);
  const database = await openDatabase({ url });
  return {
    database,
    url,
    async drop() {
      await database.close();
      await drop();
    },
  };
}

/** The same without opening it, for tests that start processes of their own. */
export async function cloneDatabase(
  template: 'reference' | 'template' | null,
): Promise<{ url: string; drop(): Promise<void> }> {
  const [serverUrl = '', prefix] = inject('serverUrl').split('#');
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  await createDatabase(serverUrl, name, template === null ? null : `${prefix}_${template}`);
  return { url: at(serverUrl, name), drop: () => command(serverUrl, `drop database if exists ${name} with (force)`) };
}

/** Creates a database, from a template if one is named. */
export async function createDatabase(serverUrl: string, name: string, template: string | null): Promise<void> {
  await command(serverUrl, `create database ${name}${template === null ? '' : ` template ${template}`}`);
}

/** The address of another database on the same server. */
export function at(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function command(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
