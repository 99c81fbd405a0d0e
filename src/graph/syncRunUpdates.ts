import { setTimeout as sleep } from 'node:timers/promises';
import { GraphQLID } from 'graphql';
import { Arg, Ctx, Resolver, Root, Subscription } from 'type-graphql';
import { PlatformError } from '../domain/errors.js';
import {
  type ListedRun,
  readNewestRun,
  readSyncRuns,
  readWatchedRuns,
  type WatchedRuns,
} from '../store/listSyncRuns.js';
import type { GraphContext, Platform } from './context.js';
import { type FlowField, type Flown, FlowSubscription } from './live.js';
import { findSource } from './source.js';
import { SyncRunType } from './syncRun.js';

/** News that come together are taken together. A run itself tells of its progress twice a second at most. */
const SETTLE_MS = 100;

/** Runs get their number before they can be seen, so that one may turn up behind newer ones. */
const LATE_RUNS = 100;

interface Arguments {
  readonly source?: string | null;
  readonly id?: string | null;
}

/** Starts a subscription; what is wrong with its arguments is an error before the first event. */
async function subscribe({
  args,
  context,
}: {
  args: Arguments;
  context: GraphContext;
}): Promise<FlowSubscription<ListedRun>> {
  const { platform, view } = context;
  const id = args.id === undefined || args.id === null ? null : await requireRun(platform, args.id);
  const source = args.source === undefined || args.source === null ? null : await findSource(view, args.source);
  if (source === null && typeof args.source === 'string') {
    throw new PlatformError('NOT_FOUND', `There is no source "${args.source}".`);
  }
  const watched = { id, sourceId: source?.source.id ?? null };
  return new FlowSubscription(new RunFlow(platform, watched));
}

async function requireRun({ database }: Platform, id: string): Promise<number> {
  const number = Number(/^SyncRun:([1-9]\d{0,14})$/.exec(id)?.[1]);
  const [run] = Number.isNaN(number) ? [] : await readSyncRuns(database.fork(), [number]);
  if (run === undefined) throw new PlatformError('NOT_FOUND', `There is no sync run "${id}".`);
  return run.id;
}

const OVER = 'over';

/** What is known of a run, and the number that it was told with. */
interface Seen {
  readonly run: ListedRun;
  readonly number: number;
}

/**
 * Runs, live: first those that are under way, or the newest one when none is, then each as it begins, comes further and ends. A run that changes
 * faster than somebody is told is told as it is then; none is left out. Over with the run when one is named, or when the feed closes.
 */
export class RunFlow implements FlowField<ListedRun> {
  readonly key: string;
  /** In the order in which they changed. */
  readonly #seen = new Map<number, Seen>();
  /** Runs that had ended before anybody looked: they are no news. */
  readonly #past = new Set<number>();
  /** Null until it has looked. */
  #newest: number | null = null;
  #number = 0;
  #isOver = false;

  constructor(
    readonly platform: Platform,
    readonly watched: WatchedRuns,
  ) {
    this.key = `syncRuns ${watched.sourceId} ${watched.id}`;
  }

  /** See {@link FlowField}. */
  tell(base: number | null): Flown<ListedRun> | null {
    const events = base === null ? this.#state() : [...this.#seen.values()].filter(({ number }) => number > base);
    if (events.length === 0 && !this.#isOver) return null;
    return { events: events.map(({ run }) => run), revision: this.#number, isOver: this.#isOver };
  }

  /** See {@link FlowField}. */
  async follow(wake: () => void, signal: AbortSignal): Promise<void> {
    const { runs } = this.platform;
    while (!this.#isOver) {
      const version = runs.version;
      if (await this.#look()) wake();
      if (this.#isOver) return;
      await runs.changed(version, signal);
      if (signal.aborted) return;
      if (runs.isClosed) this.#isOver = true;
      else await sleep(SETTLE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What a newcomer sees: what is under way, else the newest one. */
  #state(): Seen[] {
    const all = [...this.#seen.values()];
    const open = all.filter(({ run }) => stateOf(run) !== OVER);
    if (open.length > 0) return open;
    const newest = all.reduce<Seen | null>(
      (best, each) => (best === null || each.run.id > best.run.id ? each : best),
      null,
    );
    return newest === null ? [] : [newest];
  }

  /** @returns whether something has changed */
  async #look(): Promise<boolean> {
    const { watched } = this;
    const { database } = this.platform;
    const before = this.#number;
    const known = [...this.#seen].flatMap(([id, { run }]) => (stateOf(run) === OVER ? [] : [id]));
    if (this.#newest === null) {
      const newest = await readNewestRun(database.fork(), watched.sourceId);
      const found = await readWatchedRuns(database.fork(), watched, (newest?.id ?? 0) - LATE_RUNS, known);
      const open = found.filter((run) => stateOf(run) !== OVER);
      const first = open.length > 0 ? open : await firstOf(database, watched, newest);
      for (const { id } of found) this.#past.add(id);
      for (const run of first) this.#note(run);
      this.#newest = newest?.id ?? 0;
    } else {
      for (const run of await readWatchedRuns(database.fork(), watched, this.#newest - LATE_RUNS, known)) {
        if (!this.#past.has(run.id)) this.#note(run);
        this.#newest = Math.max(this.#newest, run.id);
      }
      for (const id of this.#past) if (id < this.#newest - LATE_RUNS) this.#past.delete(id);
    }
    return this.#number > before;
  }

  #note(run: ListedRun): void {
    const state = stateOf(run);
    const known = this.#seen.get(run.id);
    this.#past.delete(run.id);
    if (known !== undefined && stateOf(known.run) === state) return;
    this.#number += 1;
    this.#seen.delete(run.id);
    this.#seen.set(run.id, { run, number: this.#number });
    if (state === OVER && run.id === this.watched.id) this.#isOver = true;
    for (const [id, old] of this.#seen) {
      if (id < run.id - LATE_RUNS && stateOf(old.run) === OVER) this.#forget(id);
    }
  }

  /** It is not looked at any more. */
  #forget(id: number): void {
    this.#seen.delete(id);
    this.#past.add(id);
  }
}

function stateOf({ status, progress, worker }: ListedRun): string {
  return status === 'RUNNING' ? JSON.stringify([progress, worker]) : OVER;
}

/** What a subscriber sees at first when nothing is under way. */
async function firstOf(
  database: Platform['database'],
  { id }: WatchedRuns,
  newest: ListedRun | null,
): Promise<ListedRun[]> {
  if (id !== null) return readSyncRuns(database.fork(), [id]);
  return newest === null ? [] : [newest];
}

/** Sync runs, live. */
@Resolver()
export class SyncRunUpdatesResolver {
  @Subscription(() => SyncRunType, {
    subscribe,
    description:
      'Sync runs, live, whichever process works on them: first those that are under way (or the newest when none is), then every run as it begins, its progress about twice a second, and its end. With `id` it completes when that run has ended.',
  })
  syncRunUpdates(
    @Root() run: ListedRun,
    @Arg('source', () => String, {
      nullable: true,
      description: 'Key of a source, to hear of its runs only. NOT_FOUND for an unknown one.',
    })
    _source: string | null,
    @Arg('id', () => GraphQLID, {
      nullable: true,
      description: 'A run, to hear of it only: `SyncRun:5`. NOT_FOUND for an unknown one.',
    })
    _id: string | null,
    @Ctx() { view }: GraphContext,
  ): SyncRunType {
    return new SyncRunType(run, view);
  }
}
