import ipaddr from 'ipaddr.js';

/** Bounds of a {@link Throttle}. */
export interface ThrottleOptions {
  /** How many at once, and how many come back within a minute. */
  readonly perMinute: number;
  /** How many keys are remembered; the one that was not used for longest is forgotten, which makes it full again. */
  readonly capacity?: number;
  /** The time in milliseconds. */
  readonly now?: () => number;
}

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

const CAPACITY = 20_000;
const MINUTE_MS = 60_000;

/** Token buckets by key, in bounded memory: each key may do something a number of times a minute. */
export class Throttle {
  readonly #buckets = new Map<string, Bucket>();
  readonly #perMinute: number;
  readonly #capacity: number;
  readonly #now: () => number;

  constructor({ perMinute, capacity = CAPACITY, now = Date.now }: ThrottleOptions) {
    this.#perMinute = perMinute;
    this.#capacity = capacity;
    this.#now = now;
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Whole seconds until a key may again; 0 = it may now. What is more than a minute's may be done with all of that. */
  wait(key: string, amount = 1): number {
    const missing = Math.min(amount, this.#perMinute) - this.#tokensOf(key);
    return missing <= 0 ? 0 : Math.ceil((missing * MINUTE_MS) / this.#perMinute / 1000);
  }

  /**
   * Counts against a key, if it may.
   * @param amount how much, once if nothing is said
   * @returns whole seconds until it may; 0 = it was counted
   */
  take(key: string, amount = 1): number {
    const wait = this.wait(key, amount);
    if (wait > 0) return wait;
    const tokens = this.#tokensOf(key) - Math.min(amount, this.#perMinute);
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens, at: this.#now() });
    if (this.#buckets.size > this.#capacity) {
      // A Map iterates in order of insertion, and whoever counts is inserted anew.
      const oldest = this.#buckets.keys().next();
      if (!oldest.done) this.#buckets.delete(oldest.value);
    }
    return 0;
  }

  #tokensOf(key: string): number {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return this.#perMinute;
    const back = ((this.#now() - bucket.at) * this.#perMinute) / MINUTE_MS;
    return Math.min(this.#perMinute, bucket.tokens + Math.max(back, 0));
  }
}

/** Whom an address stands for: itself, or with IPv6 its /64, since one subscriber has all of that. */
export function clientOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4'
    ? parsed.toString()
    : `${parsed.toNormalizedString().split(':').slice(0, 4).join(':')}::/64`;
}

/** Whether an address is this machine itself. */
export function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}
