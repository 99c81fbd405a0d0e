import { setImmediate as immediate } from 'node:timers/promises';
import type { FlowField, Flown, LiveField } from '../graph/live.js';
import { Message } from './message.js';
import type { Sink } from './sink.js';

/** With more distinct revisions than this between two news, those who join a group are told the whole state: invented ones cost nothing. */
const MAX_BASES = 20;
/** Sent in one go, by all groups of a host together, before others get their turn: some 10 ms. */
const SENDS_PER_TURN = 500;
/** Longest time to find out what has come and to execute it. */
const EVENT_MS = 30_000;
/** Failures of a group in a row, each followed by a longer wait, before its members are told. */
const MAX_ATTEMPTS = 6;

/** Where a group's events come from: a live field, or a flow. */
export interface EventSource {
  /** Whether a revision may bring events. */
  concerns: LiveField<unknown>['concerns'];
  /** What has come since a base: see {@link LiveField} and {@link FlowField}. */
  tell(base: number | null): Promise<Flown<unknown> | null>;
}

/** The events of a live field. @param host whose revisions they have */
export function sourceOf(field: LiveField<unknown>, host: GroupHost): EventSource {
  return {
    concerns: (revision) => field.concerns(revision),
    async tell(base) {
      // What changed since a revision that was lost, or made up, nobody can tell: it is told the whole state.
      const isKnown = base !== null && (await host.knows(base));
      const told = await field.tell(isKnown ? base : null, host.head);
      return told === null ? null : { events: [told.event], revision: told.revision, isOver: false };
    },
  };
}

/** An operation as its group needs it; what is equal for all members. */
export interface SharedOperation {
  /** Equal for equal operations only: document, operation name, variables and scope. */
  readonly key: string;
  /** See `viewerScope`: everything of the viewer that an answer may depend on. */
  readonly scope: string;
  readonly field: LiveField<unknown> | FlowField<unknown>;
  /** Executes the selection on an event. @returns the answer as JSON */
  execute(event: unknown): Promise<string>;
  /** What clients see of a failure. @returns a list of errors as JSON */
  explain(error: unknown): string;
}

/** What a group asks of its hub. */
export interface GroupHost {
  readonly head: number;
  readonly bounds: Bounds;
  /** Members that all groups have served since others had their turn. */
  readonly turn: { served: number };
  /** Whether there is such a revision; resolves when the head has come to it, or at once when there is none. */
  knows(revision: number): Promise<boolean>;
  /** Told of what was done. */
  count(what: 'executions' | 'deliveries' | 'lags' | 'cuts' | 'failures', number?: number): void;
  /** Told how long after their commit news were handed over, in milliseconds. */
  observeLag(ms: number): void;
  /** Told of what went wrong and is tried again. */
  onFailure(error: unknown): void;
}

/** What a client may leave unread. */
export interface Bounds {
  /** Beyond it nothing is sent until all is read; then the whole state. */
  readonly lagBytes: number;
  /** Beyond it the connection is cut. */
  readonly cutBytes: number;
  /** The first wait after a failure; each next one is twice as long. */
  readonly retryMs: number;
}

/** One subscription of a group. */
export interface Member {
  readonly sink: Sink;
  /** Those with whom it is told; null = it lags, or has left. */
  place: Partition | null;
}

/** Members that have the same revision. */
interface Partition {
  base: number | null;
  readonly members: Set<Member>;
  isBusy: boolean;
  /** Something may have come since it was last asked. */
  isStale: boolean;
  attempts: number;
  /** It has failed, and is tried again in a moment, whatever comes until then. */
  isWaiting: boolean;
  /** When the oldest news that it waits for was committed, in milliseconds since 1970; null = it waits for none. */
  newsAt: number | null;
}

interface Telling {
  readonly messages: readonly Message[];
  readonly revision: number;
  readonly isOver: boolean;
}

/**
 * Equal subscriptions. For each revision that somebody has, it asks once what has come since, executes once, serialises once, and hands the same
 * message to all of them. Whoever does not read is left out and told the whole state later; nothing is queued for it.
 */
export class HubGroup {
  readonly #partitions = new Map<number | null, Partition>();
  readonly #lagging = new Set<Member>();
  /** What was told since the newest revision, by base: those who come in a crowd are told without asking again. */
  readonly #told = new Map<number | null, Promise<Telling | null>>();

  /** @param onEmpty called when its last subscription has ended */
  constructor(
    readonly operation: SharedOperation,
    readonly source: EventSource,
    readonly host: GroupHost,
    readonly onEmpty: () => void,
  ) {}

  /** How many subscriptions it has. */
  get size(): number {
    let size = this.#lagging.size;
    for (const { members } of this.#partitions.values()) size += members.size;
    return size;
  }

  /** How many of them are left out for now. */
  get lagging(): number {
    return this.#lagging.size;
  }

  /** How many revisions members are being told from. */
  get working(): number {
    return [...this.#partitions.values()].filter(({ isBusy }) => isBusy).length;
  }

  /** Adds a subscription and tells it what it lacks. @param base the revision that it has; null = nothing */
  join(sink: Sink, base: number | null): Member {
    const member: Member = { sink, place: null };
    this.#place(member, base);
    return member;
  }

  /** Ends a subscription without a word to it. */
  leave(member: Member): void {
    const { place } = member;
    member.place = null;
    this.#lagging.delete(member);
    place?.members.delete(member);
    if (place !== null) this.#clear(place);
    if (this.size === 0) this.onEmpty();
  }

  /** Tells everybody what has come. @param committedAt when it was committed; null = nobody knows */
  wake(committedAt: Date | null): void {
    for (const partition of [...this.#partitions.values()]) {
      partition.newsAt ??= committedAt?.getTime() ?? null;
      void this.#serve(partition);
    }
  }

  /** Forgets what was told: it may be told differently now. */
  forget(): void {
    this.#told.clear();
  }

  /** Ends all subscriptions. */
  end(): void {
    for (const member of this.#members()) this.#complete(member);
  }

  #members(): Member[] {
    return [...this.#lagging, ...[...this.#partitions.values()].flatMap(({ members }) => [...members])];
  }

  #place(member: Member, wanted: number | null): void {
    const isKnown = this.#partitions.has(wanted) || this.#told.has(wanted);
    const isCrowded = this.#partitions.size >= MAX_BASES || this.#told.size >= MAX_BASES;
    const base = isKnown || !isCrowded ? wanted : null;
    let partition = this.#partitions.get(base);
    if (partition === undefined) {
      partition = {
        base,
        members: new Set(),
        isBusy: false,
        isStale: false,
        attempts: 0,
        isWaiting: false,
        newsAt: null,
      };
      this.#partitions.set(base, partition);
    }
    partition.members.add(member);
    member.place = partition;
    void this.#serve(partition);
  }

  #clear(partition: Partition): void {
    if (partition.members.size > 0 || partition.isBusy) return;
    if (this.#partitions.get(partition.base) === partition) this.#partitions.delete(partition.base);
  }

  /** Tells the members of a partition until nothing is left to tell; one at a time, so that each gets everything in order. */
  async #serve(partition: Partition): Promise<void> {
    partition.isStale = true;
    if (partition.isBusy || partition.isWaiting) return;
    partition.isBusy = true;
    let joined: Partition = partition;
    try {
      while (partition.isStale && partition.members.size > 0 && joined === partition) {
        partition.isStale = false;
        const { newsAt } = partition;
        partition.newsAt = null;
        const telling = await this.#tell(partition.base);
        partition.attempts = 0;
        if (telling === null) continue;
        joined = await this.#deliver(partition, telling);
        if (newsAt !== null) this.host.observeLag(Date.now() - newsAt);
      }
    } catch (error) {
      this.#recover(partition, error);
    } finally {
      partition.isBusy = false;
      this.#clear(partition);
    }
    if (joined !== partition) void this.#serve(joined);
  }

  /** What has come since a base, made once for all who ask before the next revision. */
  #tell(base: number | null): Promise<Telling | null> {
    const known = this.#told.get(base);
    if (known !== undefined) return known;
    const telling = this.#inTime(this.#make(base));
    this.#told.set(base, telling);
    telling.catch(() => {
      if (this.#told.get(base) === telling) this.#told.delete(base);
    });
    return telling;
  }

  async #make(base: number | null): Promise<Telling | null> {
    const { host, operation, source } = this;
    const told = await source.tell(base);
    if (told === null) return null;
    const { events, revision, isOver } = told;
    const messages: Message[] = [];
    for (const event of events) {
      host.count('executions');
      messages.push(new Message(await operation.execute(event)));
    }
    return { messages, revision, isOver };
  }

  /** @throws Error when it takes too long; what comes later is thrown away */
  async #inTime<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const fail = () => reject(new Error(`an event of a subscription took longer than ${EVENT_MS} ms`));
      timer = setTimeout(fail, EVENT_MS).unref();
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Hands messages to a partition, which then has their revision. @returns where its members are then */
  async #deliver(partition: Partition, { messages, revision, isOver }: Telling): Promise<Partition> {
    const { turn } = this.host;
    let sent = 0;
    // Whoever joins or leaves meanwhile is in the set or not when its turn comes, which is right in both cases.
    for (const member of partition.members) {
      if (messages.every((message) => this.#send(member, message))) {
        sent += messages.length;
        if (isOver) this.#complete(member);
      }
      turn.served += 1;
      if (turn.served < SENDS_PER_TURN) continue;
      await immediate();
      turn.served = 0;
    }
    // At once after the last one: whoever joins from here on has the old revision still.
    const joined = this.#rebase(partition, revision);
    this.host.count('deliveries', sent);
    return joined;
  }

  #complete(member: Member): void {
    this.leave(member);
    member.sink.complete();
  }

  /** @returns false = it was left out */
  #send(member: Member, message: Message): boolean {
    const { sink } = member;
    try {
      const { unreadBytes } = sink;
      if (unreadBytes <= this.host.bounds.lagBytes) {
        sink.next(message);
        return true;
      }
      if (unreadBytes > this.host.bounds.cutBytes) this.#cut(member);
      else this.#leaveOut(member);
    } catch (error) {
      this.host.onFailure(error);
      this.leave(member);
      sink.cut();
    }
    return false;
  }

  #cut(member: Member): void {
    this.host.count('cuts');
    this.leave(member);
    member.sink.cut();
  }

  #leaveOut(member: Member): void {
    this.host.count('lags');
    member.place?.members.delete(member);
    member.place = null;
    this.#lagging.add(member);
    member.sink.whenRead(() => {
      if (this.#lagging.delete(member)) this.#place(member, null);
    });
  }

  /** Moves a partition to the revision that its members have now. @returns where they are: others may have been there */
  #rebase(partition: Partition, revision: number): Partition {
    if (partition.base === revision) return partition;
    this.#partitions.delete(partition.base);
    const there = this.#partitions.get(revision);
    partition.base = revision;
    if (there === undefined) {
      if (partition.members.size > 0) this.#partitions.set(revision, partition);
      return partition;
    }
    for (const member of partition.members) {
      member.place = there;
      there.members.add(member);
    }
    partition.members.clear();
    return there;
  }

  /** After a failure: nobody has lost anything, so it is tried again; who has waited long enough is told. */
  #recover(partition: Partition, error: unknown): void {
    partition.attempts += 1;
    this.host.count('failures');
    if (partition.attempts < MAX_ATTEMPTS) {
      this.host.onFailure(error);
      const waitMs = this.host.bounds.retryMs * 2 ** (partition.attempts - 1);
      partition.isWaiting = true;
      const serveAgain = (): void => {
        partition.isWaiting = false;
        void this.#serve(partition);
      };
      setTimeout(serveAgain, waitMs).unref();
      return;
    }
    const errors = new Message(this.operation.explain(error));
    for (const member of [...partition.members]) {
      this.leave(member);
      member.sink.fail(errors);
    }
  }
}
