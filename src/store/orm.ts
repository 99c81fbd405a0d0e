import { Migrator } from '@mikro-orm/migrations';
import { MikroORM, type SqlEntityManager } from '@mikro-orm/postgresql';
import pg from 'pg';
import { MIGRATIONS } from '../../migrations/index.js';
import { describeError, PlatformError } from '../domain/errors.js';
import { ADVISORY_LOCKS } from './lock.js';
import { type Reading, readPrimary } from './reading.js';
import { openReplicas, type ReplicaOptions, type ServerParts } from './replicas.js';
import { EntityTable, RegionTable, SuccessionTable } from './tables/entity.js';
import { FrameworkTable, MeasureEdgeTable, MeasureTable } from './tables/framework.js';
import {
  MergePolicyTable,
  PeerGroupTable,
  PublishedReferenceTable,
  ReferenceLoadTable,
  RoundMemberTable,
  RoundTable,
} from './tables/round.js';
import { SourceTable, StreamCursorTable } from './tables/source.js';
import { SourceSecretTable, SourceVersionTable } from './tables/sourceVersion.js';
import { SubmissionItemTable, SubmissionTable } from './tables/submission.js';
import { SyncRunTable } from './tables/syncRun.js';

const OLDEST_VERSION = 15;
/** How long those who hold a connection have to come to an end when all are closed. */
const GIVE_BACK_MS = 2000;

/** The database as the rest of the platform sees it. A fork of the entity manager lives for one unit of work. */
export interface Database {
  readonly url: string;
  /** Address to listen at: that of the primary itself, even where `url` leads through a pool that lends connections by the transaction. */
  readonly listenUrl: string;
  /** A fresh entity manager, for tables through the ORM and, by `getKysely()`, for hand-written SQL. */
  fork(): SqlEntityManager;
  /** Does work in a transaction on a bare connection of the same pool, for what only the driver can do, such as COPY. */
  transact<Result>(work: (client: pg.ClientBase) => Promise<Result>): Promise<Result>;
  /** For what has a revision: a replica where there are some. */
  readonly reading: Reading;
  /** How the connections of the primary are used now. */
  pool(): Readonly<Record<'busy' | 'idle' | 'wanted', number>>;
  close(): Promise<void>;
}

/** How to open it. */
export interface OpenOptions {
  readonly url: string;
  /** Address of the tables' owner, for migrations; absent = `url`. */
  readonly migrationUrl?: string;
  /** Address to listen at; absent = `url`. */
  readonly listenUrl?: string;
  /** Servers to read from; absent = the primary. */
  readonly replicas?: ReplicaOptions;
  /** Connections at most. */
  readonly poolSize?: number;
  /** A statement that takes longer is ended by PostgreSQL; absent = none is. Not for addresses of a pool that lends connections by the transaction. */
  readonly statementTimeoutMs?: number;
  /** For whoever only looks: the tables must be those of this version, and nothing is migrated. */
  readonly keepSchema?: boolean;
}

/**
 * Connects, checks the server's version and applies what is missing of `migrations/`, under an advisory lock since several processes may start at
 * once.
 * @throws PlatformError DATABASE_UNREACHABLE, DATABASE_TOO_OLD, DATA_NEWER; DATA_OLDER with `keepSchema`
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  await migrate(options.migrationUrl ?? options.url, roleOf(options), options.keepSchema ?? false);
  const poolSize = options.poolSize ?? 12;
  const { statementTimeoutMs } = options;
  const bounds = statementTimeoutMs === undefined ? {} : { statement_timeout: statementTimeoutMs };
  const orm = await connect(options.url, poolSize, bounds);
  // The migrations may have used another role's address, so nobody has tried this one yet.
  await orm.em
    .fork()
    .execute('select 1')
    .catch(async (cause: unknown) => {
      await orm.close(true);
      throw unreachable(options.url, cause);
    });
  const pool = await poolOf(orm);
  const replicas = await openReplicasOf(options, { orm, pool }, poolSize, bounds).catch(async (error: unknown) => {
    await orm.close(true);
    throw error;
  });
  return {
    url: options.url,
    listenUrl: options.listenUrl ?? options.url,
    fork: () => orm.em.fork(),
    transact: (work) => transact(pool, work),
    pool: () => ({ busy: pool.totalCount - pool.idleCount, idle: pool.idleCount, wanted: pool.waitingCount }),
    reading: replicas ?? readPrimary(() => orm.em.fork()),
    async close() {
      await replicas?.close();
      await closeServer({ orm, pool });
    },
  };
}

async function openReplicasOf(
  { replicas }: OpenOptions,
  primary: ServerParts,
  poolSize: number,
  bounds: pg.PoolConfig,
) {
  if (replicas === undefined || replicas.urls.length === 0) return null;
  const lastMigration = MIGRATIONS.at(-1)?.name ?? '';
  return openReplicas(primary, replicas, lastMigration, async (url, onConnect) => {
    const orm = await connect(url, poolSize, { ...bounds, onConnect });
    return { orm, pool: await poolOf(orm) };
  });
}

function poolOf(orm: MikroORM): Promise<pg.Pool> {
  return orm.em.getDriver().getConnection().getNativeClient();
}

function connect(url: string, poolSize: number, poolOptions: pg.PoolConfig = {}): Promise<MikroORM> {
  return MikroORM.init({
    clientUrl: url,
    entities: [
      ...[RegionTable, EntityTable, SuccessionTable, FrameworkTable, MeasureTable, MeasureEdgeTable],
      ...[PeerGroupTable, RoundTable, RoundMemberTable, MergePolicyTable, PublishedReferenceTable, ReferenceLoadTable],
      ...[SourceTable, SourceVersionTable, SourceSecretTable, StreamCursorTable, SyncRunTable],
      ...[SubmissionTable, SubmissionItemTable],
    ],
    extensions: [Migrator],
    migrations: {
      migrationsList: MIGRATIONS,
      tableName: 'migration',
      snapshot: false,
      disableForeignKeys: false,
    },
    pool: { min: 0, max: poolSize, idleTimeoutMillis: 30_000 },
    driverOptions: {
      ...{ connectionTimeoutMillis: 10_000, application_name: 'dti-graph', onPoolCreated: takeBackDead },
      ...poolOptions,
    },
    logger: () => undefined,
  });
}

async function transact<Result>(pool: pg.Pool, work: (client: pg.ClientBase) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    // A connection that cannot roll back is of no use to anybody.
    const isUsable = await client.query('rollback').then(
      () => true,
      () => false,
    );
    client.release(!isUsable);
    throw error;
  }
}

/**
 * Takes connections back that died in a transaction. Kysely gives one back only after BEGIN, COMMIT or ROLLBACK succeeded on it, which a dead one never
 * does: without this, each restart of the server costs a connection per open transaction until the pool is empty for good.
 */
function takeBackDead(pool: pg.Pool): void {
  const lent = new Set<pg.PoolClient>();
  lentBy.set(pool, lent);
  pool.on('acquire', (client) => void lent.add(client));
  pool.on('release', (_, client) => void lent.delete(client));
  pool.on('connect', (client) => {
    client.once('end', () => {
      if (!lent.has(client)) return;
      client.release(true);
      // Whoever still holds it may give it back too, which the pool takes only once.
      client.release = () => undefined;
    });
  });
}

const lentBy = new WeakMap<pg.Pool, ReadonlySet<pg.PoolClient>>();

/**
 * Ends the connections of a server. Kysely forgets a connection that comes while it closes, which the pool would wait for until the end of time: those that
 * nobody gives back are taken back.
 */
async function closeServer({ orm, pool }: ServerParts): Promise<void> {
  const takeBack = setInterval(() => {
    for (const client of [...(lentBy.get(pool) ?? [])]) {
      client.release(true);
      client.release = () => undefined;
    }
  }, GIVE_BACK_MS);
  try {
    await orm.close(true);
  } finally {
    clearInterval(takeBack);
  }
}

async function dial(url: string): Promise<pg.Client> {
  try {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  } catch (cause) {
    throw unreachable(url, cause);
  }
}

function unreachable(url: string, cause: unknown): PlatformError {
  const place = new URL(url);
  // A name with several addresses fails once for each, and then says nothing itself.
  const reasons = cause instanceof AggregateError ? cause.errors : [cause];
  return new PlatformError(
    'DATABASE_UNREACHABLE',
    `PostgreSQL at ${place.hostname}:${place.port || '5432'}${place.pathname} does not answer: ` +
      `${reasons.map(describeError).join(', ')}. Check DATABASE_URL and that the server runs.`,
    { cause },
  );
}

async function migrate(url: string, runtimeRole: string | null, keepSchema: boolean): Promise<void> {
  const client = await dial(url);
  try {
    const { rows } = await client.query<{ version: string }>(`select current_setting('server_version_num') as version`);
    const major = Math.floor(Number(rows[0]?.version) / 10_000);
    if (major < OLDEST_VERSION) {
      throw new PlatformError('DATABASE_TOO_OLD', `PostgreSQL ${major} is too old; use ${OLDEST_VERSION} or newer.`);
    }
    await client.query('select pg_advisory_lock($1)', [ADVISORY_LOCKS.MIGRATION]);
    const orm = await connect(url, 2);
    try {
      await refuseNewer(orm);
      if (keepSchema) await refuseOlder(orm);
      else await orm.migrator.up();
    } finally {
      await orm.close(true);
    }
    if (runtimeRole !== null) await grant(client, runtimeRole, 'public');
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function refuseNewer(orm: MikroORM): Promise<void> {
  const known = new Set(MIGRATIONS.map((migration) => migration.name));
  const unknown = (await orm.migrator.getExecuted()).filter((migration) => !known.has(migration.name));
  if (unknown.length === 0) return;
  const names = unknown.map((migration) => migration.name).join(', ');
  throw new PlatformError(
    'DATA_NEWER',
    `The database was written by a newer version of the platform (it has ${names}). Start that version, or name another database or DATA_DIR. Nothing was changed.`,
  );
}

async function refuseOlder(orm: MikroORM): Promise<void> {
  const pending = await orm.migrator.getPending();
  if (pending.length === 0) return;
  if (pending.length === MIGRATIONS.length) {
    const message = 'The database is empty. Start the platform or a worker on it once.';
    throw new PlatformError('DATA_OLDER', message);
  }
  const names = pending.map(({ name }) => name).join(', ');
  throw new PlatformError(
    'DATA_OLDER',
    `The database was written by an older version of the platform (it lacks ${names}). Start this version on it once, or use that one. Nothing was changed.`,
  );
}

/** The runtime's lesser role, when the tables belong to another. */
function roleOf(options: OpenOptions): string | null {
  if (options.migrationUrl === undefined) return null;
  const role = decodeURIComponent(new URL(options.url).username);
  return role === '' || role === decodeURIComponent(new URL(options.migrationUrl).username) ? null : role;
}

/**
 * Gives the runtime's lesser role what it needs of a schema that others have made with the tables' owner; does nothing when the two are one.
 * @throws PlatformError DATABASE_UNREACHABLE
 */
export async function shareSchema(options: OpenOptions, schema: string): Promise<void> {
  const role = roleOf(options);
  if (role === null) return;
  const client = await dial(options.migrationUrl ?? options.url);
  try {
    await grant(client, role, schema);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function grant(client: pg.Client, role: string, schema: string): Promise<void> {
  const [name, place] = [client.escapeIdentifier(role), client.escapeIdentifier(schema)];
  await client.query(`grant usage on schema ${place} to ${name}`);
  await client.query(`grant select, insert, update, delete on all tables in schema ${place} to ${name}`);
  await client.query(`grant usage, select on all sequences in schema ${place} to ${name}`);
  await client.query(`grant execute on all functions in schema ${place} to ${name}`);
}

/** All migrations of this version as SQL, oldest first, for whoever makes tables as an earlier version had them. */
export async function migrationTexts(url: string): Promise<{ name: string; statements: string[] }[]> {
  const orm = await connect(url, 1);
  try {
    const texts: { name: string; statements: string[] }[] = [];
    for (const { name, class: Class } of MIGRATIONS) {
      const migration = new Class(orm.em.getDriver(), orm.config);
      await migration.up();
      texts.push({ name, statements: migration.getQueries().map((query) => statementOf(name, query)) });
    }
    return texts;
  } finally {
    await orm.close(true);
  }
}

function statementOf(name: string, query: unknown): string {
  if (typeof query === 'string') return query;
  throw new Error(`the migration ${name} has a statement that is not text`);
}
