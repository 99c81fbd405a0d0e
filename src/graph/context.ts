import { PUBLIC_VIEWER, type Viewer } from '../access/viewer.js';
import type { Catalogue } from '../domain/catalogue.js';
import { PlatformError } from '../domain/errors.js';
import type { Framework } from '../domain/framework.js';
import type { AssessmentRound } from '../domain/round.js';
import type { SnapshotColumns, SnapshotHead } from '../domain/snapshot.js';
import type { RunSource } from '../pipeline/runSource.js';
import type { SourceStage } from '../pipeline/sourceStage.js';
import type { RevisionFeed } from '../store/feed.js';
import type { AlertScope } from '../store/listAlerts.js';
import type { Database } from '../store/orm.js';
import { readHead } from '../store/revision.js';
import type { LoadedSnapshot, SnapshotLibrary } from '../store/snapshotLibrary.js';
import type { SyncRunFeed } from '../store/syncRunFeed.js';
import { createLoaders, type Loaders } from './loaders.js';

/** The running platform as the graph reads it. */
export interface Platform {
  readonly database: Database;
  /** The reference data of the moment. */
  catalogue(): Catalogue;
  readonly library: SnapshotLibrary;
  readonly feed: RevisionFeed;
  /** Wakes who watches sync runs. */
  readonly runs: SyncRunFeed;
  /** Has sources read; null = nobody can ask here. */
  readonly runSource: RunSource | null;
  /** True = everybody sees provisional snapshots; false = published ones only. */
  readonly publicProvisional: boolean;
  /** What registers and tries sources; absent = this process does not. */
  readonly sources?: SourceStage;
  /** Absent = no demonstration runs. */
  readonly demonstrationPace?: DemonstrationPace;
}

/** Sources that the demonstration has read at a pace of its own, beside their schedules. */
export interface DemonstrationPace {
  readonly sourceKeys: readonly string[];
  readonly everyMs: number;
}

/** What the resolvers of one operation, or of one event of a subscription, share. */
export interface GraphContext {
  readonly platform: Platform;
  readonly viewer: Viewer;
  readonly catalogue: Catalogue;
  /** The newest revision when the operation began; all its root fields read there unless `at` says otherwise. */
  readonly revision: number;
  readonly now: Date;
  readonly loaders: Loaders;
  /** What root fields without `at` read. */
  readonly view: View;
}

/** Makes the context of one operation. */
export function createContext(platform: Platform, viewer: Viewer = PUBLIC_VIEWER): GraphContext {
  const shared = {
    platform,
    viewer,
    catalogue: platform.catalogue(),
    revision: platform.feed.head,
    now: new Date(),
    loaders: createLoaders(platform.database),
  };
  return { ...shared, view: new View(shared, shared.revision, null) };
}

/** What writes go to. @throws PlatformError STARTING when this process does not write */
export function stageOf({ platform }: GraphContext): SourceStage {
  if (platform.sources !== undefined) return platform.sources;
  throw new PlatformError('STARTING', 'This process does not write to sources.');
}

/** Longest wait for a write to be read here. */
const AFTER_MS = 1000;

/**
 * The state after a write of the same operation. Where replicas are read it waits a moment for what was written, so that whoever has the answer reads
 * no older state here.
 */
export async function viewAfter({ platform, viewer }: GraphContext): Promise<View> {
  const { database, feed } = platform;
  await feed.reach(await readHead(database.fork()), AbortSignal.timeout(AFTER_MS));
  return createContext(platform, viewer).view;
}

/** The scores of one round at one revision, in memory, so that everything below is read without waiting. */
export interface LoadedRound {
  readonly round: AssessmentRound;
  readonly framework: Framework;
  readonly head: SnapshotHead;
  readonly columns: SnapshotColumns;
  /** The published result of the year before on the same territory; null = none. */
  readonly previous: LoadedSnapshot | null;
}

/**
 * The platform as it was at one revision. Every object of an answer holds the view of its root field and reads through it, so that no answer mixes two
 * states.
 */
export class View {
  readonly catalogue: Catalogue;
  readonly loaders: Loaders;
  /** The time that freshness is judged at. */
  readonly now: Date;
  readonly #platform: Platform;
  readonly #rounds = new Map<number, LoadedRound | null | Promise<LoadedRound | null>>();
  #schedules: Promise<ReadonlyMap<string, string>> | null = null;

  /**
   * @param until what has no revision, such as sync runs, is left out when it is later than this; null = now
   */
  constructor(
    context: Omit<GraphContext, 'view'>,
    readonly revision: number,
    readonly until: Date | null,
  ) {
    this.#platform = context.platform;
    this.catalogue = context.catalogue;
    this.loaders = context.loaders;
    this.now = until ?? context.now;
  }

  /** When a source is read as things are now, cron in Vietnam's time; null = only when somebody asks. All sources of a view are looked up at once. */
  async scheduleOf(sourceKey: string): Promise<string | null> {
    this.#schedules ??= this.#platform.sources?.library.schedules() ?? Promise.resolve(new Map<string, string>());
    return (await this.#schedules).get(sourceKey) ?? null;
  }

  /** How often the demonstration has a source read, in seconds; null = only its schedule counts. */
  demonstrationSecondsOf(sourceKey: string): number | null {
    const pace = this.#platform.demonstrationPace;
    return pace?.sourceKeys.includes(sourceKey) === true ? pace.everyMs / 1000 : null;
  }

  /** The snapshot of a round that this view shows; undefined = none yet. */
  snapshotOf(round: AssessmentRound): SnapshotHead | undefined {
    return this.#platform.library.find(round.id, this.#scope);
  }

  /** The published snapshot of a round; undefined = not published yet. */
  publishedOf(round: AssessmentRound): SnapshotHead | undefined {
    return this.#platform.library.findPublished(round.id, this.revision);
  }

  /** All snapshots of a round that this view shows, newest first. */
  snapshotsOf(round: AssessmentRound): readonly SnapshotHead[] {
    return this.#platform.library.list(round.id, this.#scope);
  }

  /** A snapshot by id; undefined when there is none or this view does not show it. */
  snapshotById(id: number): SnapshotHead | undefined {
    const head = this.#platform.library.byId(id);
    const isShown =
      head !== undefined &&
      head.revision <= this.revision &&
      (this.#platform.publicProvisional || head.status === 'PUBLISHED');
    return isShown ? head : undefined;
  }

  /** A snapshot and the one before it of the same round, of those that this view shows; null = there is none before it. */
  loadWithPrevious(head: SnapshotHead): Promise<[LoadedSnapshot | null, LoadedSnapshot]> {
    const { library, publicProvisional } = this.#platform;
    const before = library.find(head.roundId, { revision: head.revision - 1, provisional: publicProvisional });
    return Promise.all([before === undefined ? null : library.load(before), library.load(head)]);
  }

  /** The scores of a round; at once when its columns are in memory. Null = no snapshot yet. */
  load(round: AssessmentRound): LoadedRound | null | Promise<LoadedRound | null> {
    const known = this.#rounds.get(round.id);
    if (known !== undefined) return known;
    const loading = this.#load(round);
    this.#rounds.set(round.id, loading);
    if (loading instanceof Promise)
      void loading.then(
        (loaded) => this.#rounds.set(round.id, loaded),
        () => undefined,
      );
    return loading;
  }

  #load(round: AssessmentRound): LoadedRound | null | Promise<LoadedRound> {
    const { library } = this.#platform;
    const head = this.snapshotOf(round);
    if (head === undefined) return null;
    const framework = this.catalogue.framework(head.frameworkCode);
    if (framework === undefined) {
      throw new PlatformError('SNAPSHOT_CORRUPT', `Snapshot ${head.id} names a framework that is not there.`);
    }
    const before = this.catalogue.previousRound(round);
    const previousHead = before === undefined ? undefined : this.publishedOf(before);
    const [now, then] = [head, previousHead].map((each) => (each === undefined ? null : library.loaded(each)));
    if (now && (then || previousHead === undefined)) {
      return { round, framework, head, columns: now.columns, previous: then ?? null };
    }
    return Promise.all([library.load(head), previousHead === undefined ? null : library.load(previousHead)]).then(
      ([{ columns }, previous]) => ({ round, framework, head, columns, previous }),
    );
  }

  /** Which alerts this view shows. */
  get alertScope(): AlertScope {
    return this.#scope;
  }

  get #scope() {
    return { revision: this.revision, provisional: this.#platform.publicProvisional };
  }
}
