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
