import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Platform } from '../graph/context.js';
import type { Reading } from '../graph/volatile.js';
import { RecentMap } from './recent.js';

type RevisionFeed = Platform['feed'];
type RevisionKind = Parameters<Parameters<RevisionFeed['onRevision']>[0]>[0]['kind'];

/** Revisions that change no snapshot, no round and no reference data. */
const BESIDE_RESULTS: ReadonlySet<RevisionKind> = new Set<RevisionKind>(['OBSERVATIONS', 'SOURCE', 'ALERT']);

/** Largest requests that are recognised by their text alone, in characters; longer ones are read each time. */
const MAX_TEXT = 16_384;
/** What an entry takes besides its bytes and its key, roughly. */
const ENTRY_BYTES = 400;
/** Part of the room that the texts of requests get. */
const TEXT_SHARE = 0.25;

/** A whole answer without errors, as it goes over the wire. */
export class Answer {
  /** Its length as a header. */
  readonly length: string;
  #etag: string | null = null;

  constructor(
    readonly bytes: Buffer,
    /** The newest revision of what it reads, when it was made. */
    readonly revision: number,
    readonly reading: Reading | null,
    readonly cost: string,
  ) {
    this.length = String(bytes.length);
  }

  /** Names the bytes, for `ETag`: made when it is asked for first. */
  get etag(): string {
    this.#etag ??= `"${createHash('sha256').update(this.bytes).digest('base64url').slice(0, 27)}"`;
    return this.#etag;
  }
}

/**
 * Whole answers, kept until a revision of what they read: two maps from what was asked, one by the text of the request, which takes no reading
 * at all, one by its meaning, which requests that are written differently share. A key begins with the scope of the viewer, so nobody gets what was
 * made for others. Bounded in bytes; the least recently used ones leave first.
 */
export class AnswerCache {
  readonly #texts: RecentMap<string>;
  readonly #answers: RecentMap<Answer>;
  readonly #underWay = new Map<string, Promise<Answer | null>>();
  #heads: Heads | null = null;
  /** Rises with {@link AnswerCache.clear}, so that what was begun before is not kept after. */
  #generation = 0;
  /** How often an answer was there, was being made, or was not there. */
  readonly lookups = { hits: 0, shared: 0, misses: 0 };

  /** @param bytes room for all; 0 = nothing is kept */
  constructor(readonly capacity: number) {
    this.#texts = new RecentMap(capacity * TEXT_SHARE, (_meaning, text) => text.length * 2 + ENTRY_BYTES);
    this.#answers = new RecentMap(
      capacity * (1 - TEXT_SHARE),
      ({ bytes }, meaning) => bytes.length + meaning.length * 2 + ENTRY_BYTES,
    );
  }

  /** Bytes that are taken. */
  get weight(): number {
    return this.#texts.weight + this.#answers.weight;
  }

  /** How many answers are kept. */
  get size(): number {
    return this.#answers.size;
  }

  /** The answer to a request with this text, if it is what would be answered now. */
  byText(text: string, feed: RevisionFeed): Answer | null {
    const meaning = this.#texts.get(text);
    return meaning === undefined ? null : this.byMeaning(meaning, feed);
  }

  /** The same by its meaning. */
  byMeaning(meaning: string, feed: RevisionFeed): Answer | null {
    const answer = this.#answers.get(meaning);
    if (answer === undefined || answer.revision !== this.headOf(answer.reading, feed)) return null;
    this.lookups.hits += 1;
    return answer;
  }

  /** Remembers what a text means, for the next time. */
  learn(text: string, meaning: string): void {
    if (text.length <= MAX_TEXT) this.#texts.set(text, meaning);
  }

  /**
   * Makes an answer and keeps it; equal questions at the same revision wait for the same one.
   * @param make null = it has errors, or must not be kept; whoever shares it asks for itself then
   */
  async share(meaning: string, revision: number, make: () => Promise<Answer | null>): Promise<Answer | null> {
    const key = `${revision} ${meaning}`;
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) {
      this.lookups.shared += 1;
      return underWay;
    }
    this.lookups.misses += 1;
    const generation = this.#generation;
    const making = make();
    this.#underWay.set(key, making);
    try {
      const answer = await making;
      if (answer !== null && generation === this.#generation) this.#keep(meaning, answer);
      return answer;
    } finally {
      if (this.#underWay.get(key) === making) this.#underWay.delete(key);
    }
  }

  /** Keeps an answer, unless a newer one is there. */
  #keep(meaning: string, answer: Answer): void {
    const known = this.#answers.get(meaning);
    if (known === undefined || known.revision <= answer.revision) this.#answers.set(meaning, answer);
  }

  /** The newest revision that can change an answer, of those that the feed shows. */
  headOf(reading: Reading | null, feed: RevisionFeed): number {
    if (reading !== 'RESULTS') return feed.head;
    if (this.#heads?.feed !== feed) this.#heads = new Heads(feed);
    return this.#heads.results;
  }

  /** Forgets everything: what this process has written must be seen by the one who asked for it, before the feed brings its revision. */
  clear(): void {
    this.#generation += 1;
    this.#underWay.clear();
    this.#answers.clear();
    this.#texts.clear();
  }
}

/** Tells revisions of results from others. */
class Heads {
  #results: number;
  /** Revisions that the feed is about to show: it asks first, and moves its head after. */
  readonly #coming: number[] = [];
  /** The newest revision that it was asked about. */
  #told: number;

  constructor(readonly feed: RevisionFeed) {
    this.#results = feed.head;
    this.#told = feed.head;
    feed.onRevision(({ id, kind }) => {
      this.#told = id;
      // Those that it shows by now are not kept, also where nobody asks for results.
      this.#take();
      if (!BESIDE_RESULTS.has(kind)) this.#coming.push(id);
    });
  }

  #take(): void {
    while (this.#coming[0] !== undefined && this.#coming[0] <= this.feed.head) {
      this.#results = this.#coming.shift() ?? this.#results;
    }
  }

  /** Newest revision of a snapshot, a round or the reference data that the feed shows; no smaller than it is, at least. */
  get results(): number {
    this.#take();
    // One that it was not asked about, because it was under way when this began to follow, may be of results.
    if (this.feed.head > this.#told) this.#results = this.feed.head;
    return this.#results;
  }
}
