/**
 * A map that keeps its most recently used entries and forgets the rest, for caches whose keys come from clients.
 * @typeParam V never undefined, which means absent
 */
export class RecentMap<V> {
  readonly #entries = new Map<string, V>();
  #weight = 0;

  /**
   * @param capacity largest number of entries, or with `weigh` their largest weight together; the least recently used ones leave first
   * @param weigh what an entry counts as, always the same for the same value
   */
  constructor(
    readonly capacity: number,
    readonly weigh: (value: V, key: string) => number = () => 1,
  ) {}

  /** How many entries there are now. */
  get size(): number {
    return this.#entries.size;
  }

  /** What the entries weigh together, at most `capacity`. */
  get weight(): number {
    return this.#weight;
  }

  /** The value of a key, which becomes the most recent one; undefined = absent. */
  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    // A Map iterates in order of insertion, so inserting again makes the entry the youngest.
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  /** Keeps a value as the most recent one; one that is heavier than everything together may be is not kept. */
  set(key: string, value: V): void {
    this.#delete(key);
    const weight = this.weigh(value, key);
    if (weight > this.capacity) return;
    this.#entries.set(key, value);
    this.#weight += weight;
    while (this.#weight > this.capacity) {
      const oldest = this.#entries.keys().next();
      if (oldest.done) return;
      this.#delete(oldest.value);
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }

  #delete(key: string): void {
    const value = this.#entries.get(key);
    if (value === undefined) return;
    this.#entries.delete(key);
    this.#weight -= this.weigh(value, key);
  }
}
