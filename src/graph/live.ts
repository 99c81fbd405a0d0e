import type { Revision } from '../store/revision.js';

/** What brings a subscriber from one revision to a later one. */
export interface Told<Event> {
  readonly event: Event;
  /** The revision that the subscriber then has; later than the one that it had. */
  readonly revision: number;
}

/**
 * A field of the root type Subscription that has revisions, as a function of where a subscriber is. It keeps nothing about who asks: equal
 * subscribers at the same revision get the same event, made once, and any gateway can go on where another one ended.
 */
export interface LiveField<Event> {
  /** Whether a revision may touch it. Cheap: asked of every revision, for every distinct subscription; only a yes wakes those who watch. */
  concerns(revision: Revision): boolean;
  /**
   * Tells what has changed.
   * @param base the revision that the subscriber has; null = nothing yet, so that it gets the whole state
   * @param head newest revision that may be told
   * @returns the whole state when there is no base, or when the base is unknown or too old; else exactly what changed after it, with `base` as the
   *   event's `previousRevision`; null = nothing of it changed, and the base stays what it is
   */
  tell(base: number | null, head: number): Promise<Told<Event> | null>;
}

/** What the `subscribe` of a live field returns. */
export class LiveSubscription<Event> implements AsyncIterable<Event> {
  /** @param since the revision that the subscriber says it has; null = nothing */
  constructor(
    readonly field: LiveField<Event>,
    readonly since: number | null,
  ) {}

  /** graphql-js asks whether a source of events can be iterated; whoever serves a live field asks its {@link LiveField} instead. */
  [Symbol.asyncIterator](): AsyncIterator<Event> {
    throw new Error('a live field is served by asking it to tell');
  }
}

/** What a flow tells. */
export interface Flown<Event> {
  /** In order; none when there is nothing but the end to tell. */
  readonly events: readonly Event[];
  /** The number that the subscriber then has. */
  readonly revision: number;
  /** Nothing will come after these. */
  readonly isOver: boolean;
}

/**
 * A field of the root type Subscription whose events have no revisions. It numbers them itself, and is followed once for all who watch it.
 */
export interface FlowField<Event> {
  /** Equal for fields that tell the same. */
  readonly key: string;
  /**
   * Looks for news. When it fails it is called again, and goes on where it was.
   * @param wake to be called after news
   * @returns when nothing more will come, or when the signal aborts
   */
  follow(wake: () => void, signal: AbortSignal): Promise<void>;
  /**
   * Tells what has come.
   * @param base the number that the subscriber has; null = nothing yet, so that it gets the state
   * @returns null = nothing new
   */
  tell(base: number | null): Flown<Event> | null;
}

/** What the `subscribe` of a flow returns. */
export class FlowSubscription<Event> implements AsyncIterable<Event> {
  constructor(readonly field: FlowField<Event>) {}

  /** See {@link LiveSubscription}. */
  [Symbol.asyncIterator](): AsyncIterator<Event> {
    throw new Error('a flow is served by asking it to tell');
  }
}
