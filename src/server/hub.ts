import { setTimeout as sleep } from 'node:timers/promises';
import type { Platform } from '../graph/context.js';
import type { FlowField, LiveField } from '../graph/live.js';
import { type Bounds, type EventSource, type GroupHost, HubGroup, type SharedOperation, sourceOf } from './hubGroup.js';
import type { Sink } from './sink.js';

type Feed = Platform['feed'];
type Revision = Parameters<LiveField<unknown>['concerns']>[0];

/** How long the same answer is given to those who join one after another. */
const FORGET_MS = 5_000;

/** How long after a failure a flow is followed again. */
const FLOW_RETRY_MS = 500;

/** The bounds of {@link Bounds} that hold if nothing else is said. */
export const DEFAULT_BOUNDS: Bounds = { lagBytes: 512 * 1024, cutBytes: 16 * 1024 * 1024, retryMs: 250 };

/** What a hub has done since it began, and what it holds now. */
export interface HubState {
  /** Subscriptions. */
  readonly members: number;
  /** Distinct ones. */
  readonly groups: number;
  /** Subscriptions that are left out until their client has read what it was sent. */
  readonly lagging: number;
  /** Sets of equal subscriptions at one revision that are being told. */
  readonly working: number;
  /** Selections that were executed, each for all who were told. */
  readonly executions: number;
  /** Messages that were handed over. */
  readonly deliveries: number;
  /** How often a subscription was left out. */
  readonly lags: number;
  /** Connections that were ended because their clients read too little. */
  readonly cuts: number;
  readonly failures: number;
}

/** What {@link Hub} needs. */
export interface HubOptions {
  /** Told of what went wrong and is tried again. */
  readonly onFailure: (error: unknown) => void;
  readonly bounds?: Partial<Bounds>;
  /** Told how long after their commit news were handed to a set of equal subscriptions, in milliseconds. */
  readonly onLag?: (ms: number) => void;
}

/** A flow that is followed. */
interface OpenFlow {
  readonly groups: Set<HubGroup>;
  readonly source: EventSource;
  end(): void;
}

/**
 * Serves live fields to any number of subscribers: equal subscriptions are one group, which is asked, executed and serialised once per revision that
 * touches it. It knows no protocol; where messages go, a {@link Sink} says.
 */
export class Hub {
  readonly #groups = new Map<string, HubGroup>();
  readonly #counts = { executions: 0, deliveries: 0, lags: 0, cuts: 0, failures: 0 };
  readonly #hosts = new Map<Feed, GroupHost>();
  readonly #flows = new Map<string, OpenFlow>();
  readonly #closing = new AbortController();
  readonly #sweep: NodeJS.Timeout;
  readonly bounds: Bounds;

  constructor(readonly options: HubOptions) {
    this.bounds = { ...DEFAULT_BOUNDS, ...options.bounds };
    this.#sweep = setInterval(() => {
      for (const group of this.#groups.values()) group.forget();
    }, FORGET_MS);
    this.#sweep.unref();
  }

  /**
   * Adds a subscription and tells it what it lacks.
   * @param since the revision that it has; null = nothing
   * @returns what ends it, without a word
   */
  join(feed: Feed, operation: SharedOperation, since: number | null, sink: Sink): () => void {
    const group = this.#groups.get(operation.key) ?? this.#open(feed, operation);
    // Whatever becomes of the key: viewers who may see different things are never told the same.
    if (group.operation.scope !== operation.scope) throw new Error('subscriptions of different viewers have one key');
    const member = group.join(sink, since);
    return () => group.leave(member);
  }

  /** What it holds and has done. */
  get state(): HubState {
    const state = { members: 0, groups: this.#groups.size, lagging: 0, working: 0, ...this.#counts };
    for (const group of this.#groups.values()) {
      state.members += group.size;
      state.lagging += group.lagging;
      state.working += group.working;
    }
    return state;
  }

  /** Ends all subscriptions in order. */
  close(): void {
    this.#closing.abort();
    clearInterval(this.#sweep);
    for (const group of [...this.#groups.values()]) group.end();
  }

  #open(feed: Feed, operation: SharedOperation): HubGroup {
    const { field } = operation;
    const host = this.#hostOf(feed);
    const flow = 'follow' in field ? this.#flowOf(field) : null;
    const source = 'follow' in field ? this.#flowOf(field).source : sourceOf(field, host);
    const group: HubGroup = new HubGroup(operation, source, host, () => {
      if (this.#groups.get(operation.key) === group) this.#groups.delete(operation.key);
      flow?.groups.delete(group);
      if (flow?.groups.size === 0) flow.end();
    });
    this.#groups.set(operation.key, group);
    flow?.groups.add(group);
    return group;
  }

  /** A flow is followed as long as it has groups, once for all of them. */
  #flowOf(field: FlowField<unknown>): OpenFlow {
    const known = this.#flows.get(field.key);
    if (known !== undefined) return known;
    const ending = new AbortController();
    const groups = new Set<HubGroup>();
    const flow: OpenFlow = {
      groups,
      source: { concerns: () => false, tell: async (base) => field.tell(base) },
      end: () => {
        ending.abort();
        if (this.#flows.get(field.key) === flow) this.#flows.delete(field.key);
      },
    };
    this.#flows.set(field.key, flow);
    const wake = (): void => {
      for (const group of groups) {
        group.forget();
        group.wake(null);
      }
    };
    const signal = AbortSignal.any([ending.signal, this.#closing.signal]);
    const follow = async (): Promise<void> => {
      while (!signal.aborted) {
        try {
          await field.follow(wake, signal);
          return wake();
        } catch (error) {
          this.#counts.failures += 1;
          this.options.onFailure(error);
          await sleep(FLOW_RETRY_MS, undefined, { signal }).catch(() => undefined);
        }
      }
    };
    void follow();
    return flow;
  }

  #hostOf(feed: Feed): GroupHost {
    const known = this.#hosts.get(feed);
    if (known !== undefined) return known;
    const host: GroupHost = {
      get head() {
        return feed.head;
      },
      bounds: this.bounds,
      turn: { served: 0 },
      knows: (revision) => this.#knows(feed, revision),
      count: (what, number = 1) => {
        this.#counts[what] += number;
      },
      observeLag: (ms) => this.options.onLag?.(ms),
      onFailure: this.options.onFailure,
    };
    this.#hosts.set(feed, host);
    void this.#follow(feed, host);
    return host;
  }

  async #follow(feed: Feed, host: GroupHost): Promise<void> {
    const { signal } = this.#closing;
    let coming: Revision[] = [];
    // A revision is announced before readers see it, so it is kept until they do.
    feed.onRevision((revision) => {
      if (!signal.aborted) coming.push(revision);
    });
    for (let head = feed.head; ; ) {
      await feed.changed(head, signal);
      if (signal.aborted) return;
      // A feed that wakes without news has been closed.
      const isClosed = feed.head <= head;
      head = feed.head;
      const news = coming.filter(({ id }) => id <= head);
      coming = coming.filter(({ id }) => id > head);
      for (const group of [...this.#groups.values()]) {
        if (group.host !== host) continue;
        if (isClosed) group.end();
        else this.#announce(group, news);
      }
      if (isClosed) return void this.#hosts.delete(feed);
    }
  }

  #announce(group: HubGroup, news: readonly Revision[]): void {
    group.forget();
    const touching = news.find((revision) => {
      try {
        return group.source.concerns(revision);
      } catch (error) {
        this.options.onFailure(error);
        return true;
      }
    });
    if (touching !== undefined) group.wake(touching.committedAt);
  }

  async #knows(feed: Feed, revision: number): Promise<boolean> {
    // However far behind the replica of this process is: another gateway may be ahead, and who comes from there must not be told of the past.
    await feed.reach(revision, this.#closing.signal);
    return feed.knows(revision);
  }
}
