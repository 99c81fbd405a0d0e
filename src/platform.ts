import { totalmem } from 'node:os';
import type { Config } from './config.js';
import type { Catalogue } from './domain/catalogue.js';
import type { PlatformError } from './domain/errors.js';
import type { Platform } from './graph/context.js';
import { recomputeSnapshot } from './pipeline/compute.js';
import { JOB_SCHEMA, type Jobs, prepareJobs } from './pipeline/jobs.js';
import { createQueuedRunSource } from './pipeline/queuedRunSource.js';
import { failInterruptedRuns } from './pipeline/sync.js';
import { measureResults } from './snapshot/memory.js';
import { type AddressGuard, createAddressGuard } from './source/address.js';
import { readCatalogue } from './store/catalogue.js';
import { startEmbedded } from './store/embedded.js';
import { ensureDatabase } from './store/ensureDatabase.js';
import { followRevisions, type RevisionFeed } from './store/feed.js';
import { lockFolder } from './store/folder.js';
import { type Database, openDatabase, shareSchema } from './store/orm.js';
import { SNAPSHOT_MEMORY_BYTES, SnapshotLibrary } from './store/snapshotLibrary.js';
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

const MB = 1024 * 1024;

/** How long a start waits for results to be loaded: five years of the nation take a tenth of it, ten years of communes more. */
const PRELOAD_MS = 2000;

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
 * @param onEnd told once when the embedded server ends by itself
 * @throws PlatformError DATABASE_*, DATA_*
 */
export async function openStore(
  config: Config,
  log: (message: string) => void = () => undefined,
  onEnd: (error: PlatformError) => void = () => undefined,
): Promise<Store> {
  const lock = await lockFolder(config.dataDir);
  const server =
    config.databaseUrl === null ? await startEmbedded({ dataDir: config.dataDir, onEnd }).catch(release) : null;
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
  /**
   * Brings the newest results into memory that are not there yet, newest years first, one at a time, as far as the memory for them goes.
   * @returns how many it loaded until the signal aborted
   */
  loadNewest(signal: AbortSignal): Promise<number>;
  close(): Promise<void>;
}

/** How the reading side is opened. */
export interface ServingOptions {
  readonly publicProvisional: boolean;
  /** What the columns of snapshots may take in memory; absent or null = what the rounds need, see {@link snapshotMemory}. */
  readonly snapshotMemoryBytes?: number | null;
  /** Whether the newest results are loaded before it opens, for a process that answers; absent = when they are asked for. */
  readonly preload?: boolean;
  /** The queue that runs are asked for through; absent = nobody can ask. */
  readonly jobs?: Jobs;
  readonly log: (message: string) => void;
  /** What a person should look at; absent = as `log`. */
  readonly warn?: (message: string) => void;
  /** Called when the database has not got any more what was read from it; see {@link followRevisions}. */
  readonly onLost?: (error: PlatformError) => void;
  /** Aborts when the process is to end, before anything is closed. */
  readonly signal?: AbortSignal;
}

/** What a process can have: that of its machine, or of the container that it is in. */
function memoryOfPlace(): number {
  const constrained = process.constrainedMemory();
  return Math.min(totalmem(), constrained > 0 ? constrained : Number.POSITIVE_INFINITY);
}

/**
 * What the columns of snapshots may take in memory when nobody has said: enough for the results of all rounds, which for ten years of communes is 640 MB, at
 * least 64 MB, and at most half of what the process can have.
 */
export function snapshotMemory(catalogue: Catalogue, placeBytes = memoryOfPlace()): number {
  return Math.max(SNAPSHOT_MEMORY_BYTES, Math.min(measureResults(catalogue).comfortable, placeBytes / 2));
}

/** What somebody should know of a limit that does not hold the newest result of each round; null = it does. */
export function warnOfSmallMemory(catalogue: Catalogue, limitBytes: number): string | null {
  const { newest, comfortable } = measureResults(catalogue);
  if (newest <= limitBytes) return null;
  const [has, needs, wants] = [limitBytes, newest, comfortable].map((bytes) => Math.ceil(bytes / MB));
  return `the results of all rounds take ${needs} MB in memory and may take ${has}: what is not there is read and unpacked for each request; set SNAPSHOT_MEMORY_MB to ${wants}`;
}

/** Opens the reading side: snapshots in memory and the revision feed, which brings catalogue and snapshots up to date before readers see its head. */
export async function openServing(
  database: Database,
  catalogue: CatalogueHolder,
  options: ServingOptions,
): Promise<Serving> {
  const { log, warn = log } = options;
  const limitMemory = () => options.snapshotMemoryBytes ?? snapshotMemory(catalogue.current());
  const memory = { bytes: limitMemory() };
  const library = new SnapshotLibrary(
    database,
    (head) => recomputeSnapshot(database, catalogue.current(), head),
    () => memory.bytes,
  );
  const feed = await followRevisions(database, warn, options.onLost);
  feed.onRevision(async ({ kind, snapshotId }) => {
    if (kind === 'REFERENCE' || kind === 'ROUND') {
      await catalogue.reload();
      memory.bytes = limitMemory();
    }
    if (kind !== 'SNAPSHOT' && kind !== 'ROUND') return;
    await library.refresh();
    const head = snapshotId === null ? undefined : library.byId(snapshotId);
    // Those who wait for this revision all want the same columns next.
    if (head !== undefined) await library.follow(head);
  });
  // What was written before the feed began to follow is in these; what comes after it, the feed brings.
  await catalogue.reload();
  memory.bytes = limitMemory();
  const warning = warnOfSmallMemory(catalogue.current(), memory.bytes);
  if (warning !== null) warn(warning);
  await library.refresh();
  const loadNewest = (signal: AbortSignal) => {
    const newestFirst = catalogue.current().content.rounds.toSorted((a, b) => b.year - a.year);
    return library.loadNewest(
      newestFirst.map(({ id }) => id),
      signal,
    );
  };
  if (options.preload === true) await loadNewest(AbortSignal.timeout(PRELOAD_MS));
  const { publicProvisional, jobs, signal } = options;
  const runs = followSyncRuns(database, warn);
  const ending = signal === undefined ? {} : { signal };
  const runSource = jobs === undefined ? null : createQueuedRunSource({ database, jobs, feed: runs, ...ending });
  return {
    platform: { database, catalogue: () => catalogue.current(), library, feed, runs, runSource, publicProvisional },
    feed,
    loadNewest,
    async close() {
      await Promise.all([runs.close(), feed.close()]);
    },
  };
}
