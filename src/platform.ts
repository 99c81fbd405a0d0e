import type { Config } from './config.js';
import type { Catalogue } from './domain/catalogue.js';
import type { PlatformError } from './domain/errors.js';
import type { Platform } from './graph/context.js';
import { recomputeSnapshot } from './pipeline/compute.js';
import { JOB_SCHEMA, type Jobs, prepareJobs } from './pipeline/jobs.js';
import { createQueuedRunSource } from './pipeline/queuedRunSource.js';
import { failInterruptedRuns } from './pipeline/sync.js';
import { type AddressGuard, createAddressGuard } from './source/address.js';
import { readCatalogue } from './store/catalogue.js';
import { startEmbedded } from './store/embedded.js';
import { ensureDatabase } from './store/ensureDatabase.js';
import { followRevisions, type RevisionFeed } from './store/feed.js';
import { lockFolder } from './store/folder.js';
import { type Database, openDatabase, shareSchema } from './store/orm.js';
import { SnapshotLibrary } from './store/snapshotLibrary.js';
import { followSyncRuns } from './store/syncRunFeed.js';

/**
 * Where the sources of this process may be: the public network, SOURCE_ALLOWED_HOSTS, and the simulators of the demonstration.
 * @param simulators `host:port`; null = none run
 */
export function guardSources({ sourceAllowedHosts }: Config, simulators: string | null): AddressGuard {
  return createAddressGuard({ allowedHosts: [...sourceAllowedHosts, ...(simulators === null ? [] : [simulators])] });
}

/** An open store, whichever server it is on. */
export interface Store {
  readonly database: Database;
  /** True = the embedded server, in the data folder. */
  readonly embedded: boolean;
  close(): Promise<void>;
}

/** Longest statement of a process that only answers: a little longer than an operation may take, so that none goes on for nobody. */
const ANSWER_STATEMENT_MS = 15_000;
/** Longest statement where sources are read and rounds computed. */
const WORK_STATEMENT_MS = 600_000;

/** PostgreSQL's own bound on statements; none by way of a pool that lends connections, since those refuse to be told, or tell others. */
function statementBound({ role, databaseListenUrl }: Config): { statementTimeoutMs?: number } {
  if (databaseListenUrl !== null) return {};
  return { statementTimeoutMs: role === 'gateway' ? ANSWER_STATEMENT_MS : WORK_STATEMENT_MS };
}

/**
 * Opens the database: DATABASE_URL, else the embedded server.
 * @throws PlatformError DATABASE_*, DATA_*
 */
export async function openStore(config: Config, log: (message: string) => void = () => undefined): Promise<Store> {
  const lock = await lockFolder(config.dataDir);
  const server = config.databaseUrl === null ? await startEmbedded({ dataDir: config.dataDir }).catch(release) : null;
  async function release(error: unknown): Promise<never> {
    await lock.release();
    throw error;
  }
  const stop = async () => {
    await server?.stop();
    await lock.release();
  };
  try {
    const url = config.databaseUrl ?? (await ensureDatabase(server?.url('postgres') ?? '', server?.url('dti') ?? ''));
    const migrationUrl = config.databaseMigrationUrl;
    const options = {
      url,
      ...(migrationUrl === null ? {} : { migrationUrl }),
      ...(config.databaseListenUrl === null ? {} : { listenUrl: config.databaseListenUrl }),
      replicas: { ...config.replicas, log },
      ...statementBound(config),
    };
    const database = await openDatabase(options);
    await prepareJobs(migrationUrl ?? url);
    await shareSchema(options, JOB_SCHEMA);
    await failInterruptedRuns(database, new Date());
    return {
      database,
      embedded: server !== null,
      async close() {
        await database.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Reference data that follows the database. */
export interface CatalogueHolder {
  current(): Catalogue;
  reload(): Promise<void>;
}

/** Holds the catalogue in memory. */
export async function holdCatalogue(database: Database): Promise<CatalogueHolder> {
  let catalogue = await database.reading.read(readCatalogue);
  return {
    current: () => catalogue,
    async reload() {
      catalogue = await database.reading.read(readCatalogue);
    },
  };
}

/** What the graph reads from, kept up to date by the revision feed. */
export interface Serving {
  readonly platform: Platform;
  readonly feed: RevisionFeed;
  close(): Promise<void>;
}

/** How the reading side is opened. */
export interface ServingOptions {
  readonly publicProvisional: boolean;
  /** What the columns of snapshots may take in memory; absent = 64 MB. */
  readonly snapshotMemoryBytes?: number;
  /** The queue that runs are asked for through; absent = nobody can ask. */
  readonly jobs?: Jobs;
  readonly log: (message: string) => void;
  /** Called when the database has not got any more what was read from it; see {@link followRevisions}. */
  readonly onLost?: (error: PlatformError) => void;
}

/** Opens the reading side: snapshots in memory and the revision feed, which brings catalogue and snapshots up to date before readers see its head. */
export async function openServing(
  database: Database,
  catalogue: CatalogueHolder,
  options: ServingOptions,
): Promise<Serving> {
  const library = new SnapshotLibrary(
    database,
    (head) => recomputeSnapshot(database, catalogue.current(), head),
    options.snapshotMemoryBytes,
  );
  const feed = await followRevisions(database, options.log, options.onLost);
  feed.onRevision(async ({ kind, snapshotId }) => {
    if (kind === 'REFERENCE' || kind === 'ROUND') await catalogue.reload();
    if (kind !== 'SNAPSHOT' && kind !== 'ROUND') return;
    await library.refresh();
    const head = snapshotId === null ? undefined : library.byId(snapshotId);
    // Those who wait for this revision all want the same columns next.
    if (head !== undefined) await library.follow(head);
  });
  // What was written before the feed began to follow is in these; what comes after it, the feed brings.
  await catalogue.reload();
  await library.refresh();
  const { publicProvisional, jobs } = options;
  const runs = followSyncRuns(database, options.log);
  const runSource = jobs === undefined ? null : createQueuedRunSource({ database, jobs, feed: runs });
  return {
    platform: { database, catalogue: () => catalogue.current(), library, feed, runs, runSource, publicProvisional },
    feed,
    async close() {
      await Promise.all([runs.close(), feed.close()]);
    },
  };
}
