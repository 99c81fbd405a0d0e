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
import { endable } from './endable.js';
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
}): Promise<AsyncIterable<ListedRun>> {
  const { platform, view } = context;
  const id = args.id === undefined || args.id === null ? null : await requireRun(platform, args.id);
  const source = args.source === undefined || args.source === null ? null : await findSource(view, args.source);
  if (source === null && typeof args.source === 'string') {
    throw new PlatformError('NOT_FOUND', `There is no source "${args.source}".`);
  }
  const watched = { id, sourceId: source?.source.id ?? null };
  return endable((signal) => watchSyncRuns(platform, watched, signal));
}

async function requireRun({ database }: Platform, id: string): Promise<number> {
  const number = Number(/^SyncRun:([1-9]\d{0,14})$/.exec(id)?.[1]);
  const [run] = Number.isNaN(number) ? [] : await readSyncRuns(database.fork(), [number]);
  if (run === undefined) throw new PlatformError('NOT_FOUND', `There is no sync run "${id}".`);
  return run.id;
}

/**
 * Tells of runs: first those that are under way, or the newest one when none is, then each as it begins, comes further and ends. Ends with the run when
 * one is named; otherwise when the signal aborts or the feed closes.
 */
export async function* watchSyncRuns(
  { database, runs: feed }: Platform,
  watched: WatchedRuns,
  signal: AbortSignal,
): AsyncGenerator<ListedRun, void> {
  const newest = await readNewestRun(database.fork(), watched.sourceId);
  /** What subscribers know of each run: nothing more to come, or how far it is. */
  const known = new Map<number, string>();
  let after = newest?.id ?? 0;
  for (let isFirst = true; ; isFirst = false) {
    const seen = feed.version;
    const open = [...known].flatMap(([id, state]) => (state === OVER ? [] : [id]));
    let found = await readWatchedRuns(database.fork(), watched, after - LATE_RUNS, open);
    if (isFirst) {
      for (const run of found) if (stateOf(run) === OVER) known.set(run.id, OVER);
      found = found.filter((run) => stateOf(run) !== OVER);
      if (found.length === 0) yield* await firstOf(database, watched, newest);
      if (watched.id !== null && found.length === 0) return;
    }
    for (const run of found) {
      const state = stateOf(run);
      if (known.get(run.id) === state) continue;
      known.set(run.id, state);
      if (signal.aborted) return;
      yield run;
      if (state === OVER && run.id === watched.id) return;
    }
    after = Math.max(after, ...found.map(({ id }) => id));
    for (const [id, state] of known) if (state === OVER && id < after - LATE_RUNS) known.delete(id);
    await feed.changed(seen, signal);
    if (signal.aborted || feed.isClosed) return;
    await sleep(SETTLE_MS, undefined, { signal }).catch(() => undefined);
  }
}

const OVER = 'over';

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
