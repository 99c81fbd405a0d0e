/**
 * A map that keeps its most recently used entries and forgets the rest, for caches whose keys come from clients.
 * @typeParam V never undefined, which means absent
 */
export class RecentMap<V> {
  readonly #entries = new Map<string, V>();

  /** @param capacity largest number of entries; the least recently used one leaves first */
  constructor(readonly capacity: number) {}

  /** How many entries there are now, at most `capacity`. */
  get size(): number {
    return this.#entries.size;
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

  /** Keeps a value as the most recent one. */
  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.capacity) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }
}
