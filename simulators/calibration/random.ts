/** Seed of the whole generator; another number gives another, equally valid set of figures. */
export const SEED = 922;

/** A small seeded generator; the same key gives the same numbers on every machine. */
export class Random {
  #state: number;

  /** @param state any 32-bit whole number */
  constructor(state: number) {
    this.#state = state >>> 0;
  }

  /** Next number in [0, 1); mulberry32 by Tommy Ettinger. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let word = this.#state;
    word = Math.imul(word ^ (word >>> 15), word | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 4294967296;
  }

  /** Uniform number in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Whole number in [low, high], both ends included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** Roughly normal number with mean 0 and standard deviation 1, never beyond 3.5 (sum of twelve uniforms). */
  normal(): number {
    let sum = -6;
    for (let draw = 0; draw < 12; draw += 1) sum += this.next();
    return Math.max(-3.5, Math.min(3.5, sum));
  }
}

/**
 * A generator of its own for each purpose, so that adding a draw in one place moves nothing elsewhere.
 * @param key what the numbers are for, for example 'trait', '48', 'GOV_ACTIVITY.03'
 */
export function randomFor(...key: readonly (string | number)[]): Random {
  let hash = 2166136261 ^ SEED;
  for (const character of key.join('|')) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return new Random(hash ^ (hash >>> 16));
}
