import { PlatformError } from '../domain/errors.js';
import type { SnapshotColumns, SnapshotHead } from '../domain/snapshot.js';
import type { Database } from './orm.js';
import { type HeldColumns, readColumns, readSnapshotHeads } from './snapshot.js';

/** What the columns of snapshots may take unless it is said; ten times what the national rounds of ten years take. */
export const SNAPSHOT_MEMORY_BYTES = 64 * 1024 * 1024;
const HEADS_PER_READ = 5000;

/** A snapshot whose columns are in memory. */
export interface LoadedSnapshot {
  readonly head: SnapshotHead;
  readonly columns: SnapshotColumns;
}

interface InMemory {
  readonly id: number;
  readonly roundId: number;
  readonly columns: SnapshotColumns;
  readonly digest: Uint8Array | null;
}

/** Which snapshots a reader may see. */
export interface SnapshotScope {
  readonly revision: number;
  /** False = published snapshots only. */
  readonly provisional: boolean;
}

/**
 * All snapshots by round and revision, their columns held in memory up to a bound. Snapshots are immutable, so a copy can never be stale, only
 * dropped.
 */
export class SnapshotLibrary {
  readonly #database: Database;
  readonly #recompute: (head: SnapshotHead) => Promise<SnapshotColumns>;
  readonly #rounds = new Map<number, HeadList>();
  /** Insertion order is order of last use. */
  readonly #loaded = new Map<number, Promise<LoadedSnapshot>>();
  /** Those of `#loaded` that have come; without a digest when they were computed again. */
  readonly #held = new Map<number, InMemory>();
  /** By round, what was stored last in this process, until its head is known. */
  readonly #offered = new Map<number, HeldColumns>();
  /** How many of `#held` share an array. */
  readonly #users = new Map<ArrayBufferLike, number>();
  readonly #limit: () => number;
  #bytes = 0;
  #newest = 0;

  /**
   * @param recompute makes the columns of a snapshot again whose stored ones were dropped, and checks their hash
   * @param memoryBytes what all columns may take together, asked for with each that comes; the snapshot that was loaded last always stays
   */
  constructor(
    database: Database,
    recompute: (head: SnapshotHead) => Promise<SnapshotColumns>,
    memoryBytes: () => number = () => SNAPSHOT_MEMORY_BYTES,
  ) {
    this.#database = database;
    this.#recompute = recompute;
    this.#limit = memoryBytes;
  }

  /** Reads the heads that are newer than what it knows; called at start and for each revision that carries a snapshot. */
  async refresh(): Promise<void> {
    let heads: readonly SnapshotHead[];
    do {
      heads = await readSnapshotHeads(this.#database.reading, this.#newest, HEADS_PER_READ);
      // Another refresh may have been faster.
      for (const head of heads) if (head.revision > this.#newest) this.#take(head);
    } while (heads.length === HEADS_PER_READ);
  }

  #take(head: SnapshotHead): void {
    const heads = this.#rounds.get(head.roundId) ?? new HeadList(head.roundId);
    heads.push(head);
    this.#rounds.set(head.roundId, heads);
    this.#newest = head.revision;
  }

  /** The newest snapshot of a round not after the scope's revision. */
  find(roundId: number, scope: SnapshotScope): SnapshotHead | undefined {
    return this.#rounds.get(roundId)?.newest(scope);
  }

  /** The published snapshot of a round, if it was published at the scope's revision. */
  findPublished(roundId: number, revision: number): SnapshotHead | undefined {
    return this.find(roundId, { revision, provisional: false });
  }

  byId(id: number): SnapshotHead | undefined {
    for (const heads of this.#rounds.values()) {
      const head = heads.byId(id);
      if (head !== undefined) return head;
    }
    return undefined;
  }

  /** Snapshots of a round within a scope, newest first: all of them, so not for whoever follows a round; see {@link since}. */
  list(roundId: number, scope: SnapshotScope): SnapshotHead[] {
    return this.since(roundId, 0, scope).reverse();
  }

  /** Snapshots of a round within a scope and after a revision, oldest first; costs what it returns, however many came before. */
  since(roundId: number, afterRevision: number, scope: SnapshotScope): SnapshotHead[] {
    return this.#rounds.get(roundId)?.since(afterRevision, scope) ?? [];
  }

  /** How many snapshots have their columns in memory, and how many bytes those take with what is on offer, what they share counted once. */
  get memory(): { readonly snapshots: number; readonly bytes: number } {
    return { snapshots: this.#held.size, bytes: this.#bytes };
  }

  /** Whether the columns of a snapshot are in memory, or on their way there. */
  holds({ id }: SnapshotHead): boolean {
    return this.#loaded.has(id);
  }

  /** A snapshot whose columns are in memory, at once; null = {@link load} brings it. */
  loaded(head: SnapshotHead): LoadedSnapshot | null {
    const held = this.#held.get(head.id);
    const loading = this.#loaded.get(head.id);
    if (held === undefined || loading === undefined) return null;
    this.#loaded.delete(head.id);
    this.#loaded.set(head.id, loading);
    return { head, columns: held.columns };
  }

  /**
   * The columns of a snapshot, from memory if they are there.
   * @throws PlatformError SNAPSHOT_CORRUPT
   */
  load(head: SnapshotHead): Promise<LoadedSnapshot> {
    const held = this.#loaded.get(head.id);
    if (held !== undefined) {
      this.#loaded.delete(head.id);
      this.#loaded.set(head.id, held);
      return held;
    }
    const loading = this.#read(head);
    this.#loaded.set(head.id, loading);
    loading.catch(() => this.#loaded.delete(head.id));
    return loading;
  }

  /**
   * Brings the newest snapshot of each round into memory, and the published one where that is another: first round first, one at a time, while they fit, and until
   * the signal aborts. What is not there then is loaded when it is asked for.
   * @returns how many it loaded
   */
  async loadNewest(roundIds: Iterable<number>, signal: AbortSignal): Promise<number> {
    const revision = Number.MAX_SAFE_INTEGER;
    let largest = Math.max(0, ...[...this.#held.values()].map(({ columns }) => bytesOf(columns)));
    let count = 0;
    for (const roundId of roundIds) {
      for (const provisional of [true, false]) {
        const head = this.find(roundId, { revision, provisional });
        if (head === undefined || this.holds(head)) continue;
        const before = this.#bytes;
        if (signal.aborted || before + largest > this.#limit()) return count;
        // Whoever asks for it is told what is wrong with it.
        await this.load(head).then(
          () => (count += 1),
          () => undefined,
        );
        largest = Math.max(largest, this.#bytes - before);
      }
    }
    return count;
  }

  /**
   * Takes columns from whoever stored them in this process, so that nobody reads them back. Snapshots are immutable and their ids are never given twice, so
   * it does not matter whether the transaction that stores them has ended: until its head is known nobody can ask for them.
   */
  offer(roundId: number, stored: HeldColumns): void {
    this.#count(stored.columns, 1);
    this.#forget(roundId);
    this.#offered.set(roundId, stored);
    this.#shrink(null);
  }

  /** Drops what was offered of a round, if anything was. */
  #forget(roundId: number): void {
    const offered = this.#offered.get(roundId);
    if (offered === undefined) return;
    this.#offered.delete(roundId);
    this.#count(offered.columns, -1);
  }

  /** Brings a new snapshot of a round into memory if it takes little: when it was offered, or when an older one that somebody has read is there. */
  async follow(head: SnapshotHead): Promise<void> {
    if (this.#offered.get(head.roundId)?.id !== head.id && this.#newestHeld(head) === null) return;
    // Whoever needs it is told what is wrong with it.
    await this.load(head).catch(() => undefined);
  }

  async #read(head: SnapshotHead): Promise<LoadedSnapshot> {
    const offered = this.#offered.get(head.roundId);
    const stored =
      offered?.id === head.id ? offered : await readColumns(this.#database.reading, head.id, this.#newestHeld(head));
    const columns = stored?.columns ?? (await this.#recompute(head));
    if (columns.entityIds.length === 0)
      throw new PlatformError('SNAPSHOT_CORRUPT', `Snapshot ${head.id} has no entities.`);
    this.#hold({ id: head.id, roundId: head.roundId, columns, digest: stored?.digest ?? null });
    // A newer one may have come meanwhile.
    if ((this.#offered.get(head.roundId)?.id ?? Number.POSITIVE_INFINITY) <= head.id) this.#forget(head.roundId);
    return { head, columns };
  }

  /** The newest snapshot in memory that is older than a head and of its round, with the digest that a difference to it names. */
  #newestHeld({ roundId, id }: SnapshotHead): HeldColumns | null {
    let newest: HeldColumns | null = null;
    for (const held of this.#held.values()) {
      const { digest } = held;
      if (held.roundId !== roundId || held.id >= id || held.id < (newest?.id ?? 0) || digest === null) continue;
      newest = { ...held, digest };
    }
    return newest;
  }

  #hold(held: InMemory): void {
    const { id } = held;
    this.#held.set(id, held);
    this.#count(held.columns, 1);
    this.#shrink(id);
  }

  /** Drops what was used longest ago until the rest is within the limit. @param kept stays whatever it takes; null = none */
  #shrink(kept: number | null): void {
    const limit = this.#limit();
    for (const oldest of this.#loaded.keys()) {
      if (this.#bytes <= limit) break;
      const columns = this.#held.get(oldest)?.columns;
      // One that is still on its way takes no memory yet; it is counted when it comes.
      if (columns === undefined || oldest === kept) continue;
      this.#count(columns, -1);
      this.#held.delete(oldest);
      this.#loaded.delete(oldest);
    }
  }

  /** Counts an array once, however many snapshots share it. */
  #count(columns: SnapshotColumns, by: 1 | -1): void {
    for (const { buffer } of Object.values(columns) as (Int32Array | Float64Array)[]) {
      const users = (this.#users.get(buffer) ?? 0) + by;
      if (users === 0) this.#users.delete(buffer);
      else this.#users.set(buffer, users);
      if (users === (by === 1 ? 1 : 0)) this.#bytes += by * buffer.byteLength;
    }
  }
}

function bytesOf(columns: SnapshotColumns): number {
  return (Object.values(columns) as (Int32Array | Float64Array)[]).reduce((sum, each) => sum + each.byteLength, 0);
}

/** What many heads have in common, held once for all of them. */
type HeadKind = Pick<SnapshotHead, 'status' | 'frameworkCode' | 'policyCode' | 'policyVersion' | 'engineVersion'>;

/** Id, revision, input revision, times of computation and publication, kind. */
const NUMBERS_PER_HEAD = 6;
/** Two SHA-256. */
const HASH_BYTES_PER_HEAD = 64;
const FIRST_CAPACITY = 16;

/**
 * All heads of one round, oldest revision first. Heads are never forgotten, and an open round that moves every two seconds has a million of them after
 * a month: as objects they would fill the heap with 400 MB, as numbers and bytes they take 112 MB outside it.
 */
class HeadList {
  readonly #roundId: number;
  readonly #kinds: HeadKind[] = [];
  /** Positions of published snapshots. */
  readonly #published: number[] = [];
  /** Heads whose hashes are no SHA-256, as they came. */
  readonly #odd = new Map<number, SnapshotHead>();
  #numbers = new Float64Array(FIRST_CAPACITY * NUMBERS_PER_HEAD);
  #hashes = new Uint8Array(FIRST_CAPACITY * HASH_BYTES_PER_HEAD);
  #length = 0;

  constructor(roundId: number) {
    this.#roundId = roundId;
  }

  /** @param head of a later revision than all others, and so with a greater id: the snapshots of a round are written one after the other */
  push(head: SnapshotHead): void {
    const at = this.#length;
    if ((at + 1) * NUMBERS_PER_HEAD > this.#numbers.length) this.#grow();
    const { id, revision, inputRevision, computedAt, publishedAt } = head;
    const times = [computedAt, publishedAt].map((time) => (time === null ? Number.NaN : Date.parse(time)));
    this.#numbers.set([id, revision, inputRevision, ...times, this.#kindOf(head)], at * NUMBERS_PER_HEAD);
    const hashes = Buffer.from(`${head.inputHash}${head.resultHash}`, 'hex');
    if (hashes.length === HASH_BYTES_PER_HEAD) this.#hashes.set(hashes, at * HASH_BYTES_PER_HEAD);
    else this.#odd.set(at, head);
    if (head.status === 'PUBLISHED') this.#published.push(at);
    this.#length += 1;
  }

  /** The newest one within a scope. */
  newest({ revision, provisional }: SnapshotScope): SnapshotHead | undefined {
    const last = this.#countUpTo(1, revision) - 1;
    const at = provisional ? last : this.#published.findLast((each) => each <= last);
    return at === undefined || at < 0 ? undefined : this.#at(at);
  }

  /** Those within a scope after a revision, oldest first. */
  since(afterRevision: number, { revision, provisional }: SnapshotScope): SnapshotHead[] {
    const from = this.#countUpTo(1, afterRevision);
    const to = this.#countUpTo(1, revision);
    if (!provisional) return this.#published.filter((at) => at >= from && at < to).map((at) => this.#at(at));
    return Array.from({ length: Math.max(0, to - from) }, (_, index) => this.#at(from + index));
  }

  byId(id: number): SnapshotHead | undefined {
    const at = this.#countUpTo(0, id) - 1;
    return at >= 0 && this.#number(at, 0) === id ? this.#at(at) : undefined;
  }

  /** How many heads have at most this id (field 0) or revision (field 1); both rise from head to head. */
  #countUpTo(field: 0 | 1, limit: number): number {
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#number(middle, field) <= limit) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #number(at: number, field: number): number {
    return this.#numbers[at * NUMBERS_PER_HEAD + field] ?? Number.NaN;
  }

  #at(at: number): SnapshotHead {
    const odd = this.#odd.get(at);
    if (odd !== undefined) return odd;
    const kind = this.#kinds[this.#number(at, 5)];
    if (kind === undefined) throw new RangeError(`Received the position ${at} of ${this.#length} heads`);
    const hashes = Buffer.from(this.#hashes.buffer, at * HASH_BYTES_PER_HEAD, HASH_BYTES_PER_HEAD).toString('hex');
    const publishedAt = this.#number(at, 4);
    return {
      ...kind,
      id: this.#number(at, 0),
      roundId: this.#roundId,
      revision: this.#number(at, 1),
      inputRevision: this.#number(at, 2),
      inputHash: hashes.slice(0, HASH_BYTES_PER_HEAD),
      resultHash: hashes.slice(HASH_BYTES_PER_HEAD),
      computedAt: new Date(this.#number(at, 3)).toISOString(),
      publishedAt: Number.isNaN(publishedAt) ? null : new Date(publishedAt).toISOString(),
    };
  }

  #kindOf({ status, frameworkCode, policyCode, policyVersion, engineVersion }: SnapshotHead): number {
    const known = this.#kinds.findIndex(
      (kind) =>
        kind.status === status &&
        kind.frameworkCode === frameworkCode &&
        kind.policyCode === policyCode &&
        kind.policyVersion === policyVersion &&
        kind.engineVersion === engineVersion,
    );
    if (known >= 0) return known;
    return this.#kinds.push({ status, frameworkCode, policyCode, policyVersion, engineVersion }) - 1;
  }

  #grow(): void {
    const [numbers, hashes] = [this.#numbers, this.#hashes];
    this.#numbers = new Float64Array(numbers.length * 2);
    this.#numbers.set(numbers);
    this.#hashes = new Uint8Array(hashes.length * 2);
    this.#hashes.set(hashes);
  }
}
