import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../migrations/index.js';
import { describeError } from '../../src/domain/errors.js';
import { readCatalogue } from '../../src/store/catalogue.js';
import { freePort } from '../../src/store/embedded.js';
import { openDatabase } from '../../src/store/orm.js';
import { nextChangeId, readHead, takeRevision } from '../../src/store/revision.js';
import { cloneDatabase } from '../helpers/database.js';
import { rowsOf } from './batch.js';

/** A migrated database for the tests that change none. */
let migrated: Awaited<ReturnType<typeof cloneDatabase>>;
beforeAll(async () => {
  migrated = await cloneDatabase('template');
});
afterAll(() => migrated.drop());

/** What a test leaves to be removed, in reverse order. */
const leftovers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const remove of leftovers.splice(0).reverse()) await remove();
});

async function clone(template: 'template' | null): Promise<string> {
  const { url, drop } = await cloneDatabase(template);
  leftovers.push(drop);
  return url;
}

async function open(options: Parameters<typeof openDatabase>[0]) {
  const database = await openDatabase(options);
  leftovers.push(() => database.close());
  return database;
}

/** Runs statements as the owner; returns the rows of the last one. */
async function query(url: string, ...statements: string[]): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: unknown[] = [];
    for (const statement of statements) ({ rows } = await client.query(statement));
    return rows;
  } finally {
    await client.end();
  }
}

const SHAPE = `select table_name, column_name, data_type from information_schema.columns where table_schema = 'public'
  order by table_name, ordinal_position`;

describe('opening a database', () => {
  it('applies all migrations once when four processes start at the same moment on an empty one', async () => {
    const url = await clone(null);
    const databases = await Promise.all(Array.from({ length: 4 }, () => open({ url })));
    for (const database of databases) expect(await readHead(database.fork())).toBe(0);
    const names = (await query(url, 'select name from migration order by id')) as { name: string }[];
    expect(names.map(({ name }) => name)).toEqual(MIGRATIONS.map(({ name }) => name));
  });

  it('changes nothing in one that is up to date', async () => {
    const { url } = migrated;
    const before = [await query(url, SHAPE), await query(url, 'select * from migration')];
    await open({ url });
    expect([await query(url, SHAPE), await query(url, 'select * from migration')]).toEqual(before);
  });

  it('refuses one of a newer version, leaves it as it is, and does not stand in the way of who comes next', async () => {
    const url = await clone('template');
    await query(
      url,
      `insert into migration (name, executed_at) values ('29990101000000_future', now())`,
      'alter table entity add column future text',
    );
    const look = async () => [await query(url, SHAPE), await query(url, 'select * from migration order by id')];
    const before = await look();
    await expect(openDatabase({ url })).rejects.toMatchObject({
      code: 'DATA_NEWER',
      message: expect.stringContaining('29990101000000_future'),
    });
    expect(await look()).toEqual(before);
    await query(url, `delete from migration where name = '29990101000000_future'`);
    expect(await readHead((await open({ url })).fork())).toBe(0);
  });

  it('refuses an older one and an empty one to whoever only looks, and leaves the older one as it is', async () => {
    const [newest] = MIGRATIONS.slice(-1).map(({ name }) => name);
    const url = await clone('template');
    await query(url, `delete from migration where name = '${newest}'`);
    const look = async () => [await query(url, SHAPE), await query(url, 'select * from migration order by id')];
    const before = await look();
    await expect(openDatabase({ url, keepSchema: true })).rejects.toMatchObject({
      code: 'DATA_OLDER',
      message: expect.stringContaining(`(it lacks ${newest})`),
    });
    expect(await look()).toEqual(before);
    await expect(openDatabase({ url: await clone(null), keepSchema: true })).rejects.toMatchObject({
      code: 'DATA_OLDER',
      message: expect.stringContaining('The database is empty.'),
    });
    expect(await readHead((await open({ url: migrated.url, keepSchema: true })).fork())).toBe(0);
  });

  it('says where nobody answers, without the password', async () => {
    const port = await freePort();
    const failure = await openDatabase({ url: `postgres://somebody:s3cret-word@127.0.0.1:${port}/dti` }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    const message = describeError(failure);
    expect(message).toContain(`127.0.0.1:${port}/dti`);
    expect(message).toContain('DATABASE_URL');
    expect(message).not.toContain('s3cret');
    expect(JSON.stringify(failure)).not.toContain('s3cret');
  });

  it.each(['localhost', '127.0.0.1', '[::1]'])('says why %s does not answer', async (host) => {
    const port = await freePort();
    await expect(openDatabase({ url: `postgres://somebody@${host}:${port}/dti` })).rejects.toMatchObject({
      code: 'DATABASE_UNREACHABLE',
      message: expect.stringMatching(/does not answer: \S*connect E\w+/),
    });
  });

  it('says that the address cannot be used when its password is not written as addresses write it', async () => {
    const url = 'postgres://somebody:s3cret%zz@127.0.0.1:5432/dti';
    const failure = await openDatabase({ url }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    expect(describeError(failure)).not.toContain('s3cret');
  });

  it.each(['url', 'migrationUrl'] as const)('says so when the server refuses the password in %s', async (which) => {
    const good = migrated.url;
    const wrong = new URL(good);
    wrong.password = 's3cret-word';
    const failure = await openDatabase({ url: good, migrationUrl: good, [which]: wrong.href }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    expect(describeError(failure)).not.toContain('s3cret');
  });

  it('says so when the database does not exist', async () => {
    const missing = new URL(migrated.url);
    missing.pathname += '_not_there';
    await expect(openDatabase({ url: missing.href })).rejects.toMatchObject({
      code: 'DATABASE_UNREACHABLE',
      message: expect.stringContaining('does not exist'),
    });
  });
});

describe('a lesser role beside the owner of the tables', () => {
  it('reads and writes what the platform reads and writes, and can neither drop nor alter a table', async () => {
    const migrationUrl = await clone(null);
    const role = `runtime_${randomBytes(6).toString('hex')}`;
    const url = new URL(migrationUrl);
    url.username = role;
    url.password = randomBytes(12).toString('hex');
    await query(migrationUrl, `create role ${role} login password '${url.password}'`);
    leftovers.push(() => query(migrationUrl, `drop owned by ${role}`, `drop role ${role}`));
    const database = await open({ url: url.href, migrationUrl });
    const revision = await database.fork().transactional(async (em) => {
      await em.execute(
        `insert into source (key, name_vi, name_en, owner, kind, status, simulated, version, citation, licence, created_at)
         values ('s', 's', 's', 's', 'SURVEY', 'ACTIVE', true, 1, 's', 's', now())`,
      );
      const changeId = await nextChangeId(em);
      return takeRevision(em, { changeId, kind: 'SOURCE', roundIds: [] });
    });
    expect(await readHead(database.fork())).toBe(revision);
    expect((await readCatalogue(database.fork())).content.entities).toEqual([]);
    expect(await rowsOf(database, 'select current_user as name')).toEqual([{ name: role }]);
    for (const statement of ['drop table observation', 'alter table entity add column x int', 'create table x ()']) {
      await expect(database.fork().execute(statement)).rejects.toThrow(/must be owner|permission denied/);
    }
  });
});

describe('a pool of connections', () => {
  it('closes although somebody still asks, and although connections are on their way', async () => {
    const { url } = migrated;
    for (let turn = 0; turn < 2; turn += 1) {
      const database = await openDatabase({ url, poolSize: 3 });
      const asked = Array.from({ length: 6 }, () => database.fork().execute('select pg_sleep(0.02)'));
      // What comes of them does not matter.
      void Promise.allSettled(asked);
      await sleep(turn * 3);
      await database.close();
    }
  });

  it('has all of them again after they were cut in the middle of transactions', async () => {
    const { url } = migrated;
    const database = await open({ url, poolSize: 3 });
    for (let turn = 0; turn < 3; turn += 1) {
      let isOver = false;
      const working = Promise.allSettled(
        Array.from({ length: 3 }, () => database.fork().transactional((em) => em.execute('select pg_sleep(30)'))),
      ).finally(() => {
        isOver = true;
      });
      while (!isOver) {
        await query(
          url,
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and wait_event = 'PgSleep'`,
        );
      }
      expect((await working).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    }
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => database.fork().transactional((em) => em.execute('select 1 as one'))),
    );
    expect(answers).toEqual(Array.from({ length: 6 }, () => [{ one: 1 }]));
  });
});
