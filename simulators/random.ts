/**
 * A number that depends on nothing but its key, so that any part of the simulated data can be computed alone and in any order.
 * FNV-1a over the key, finished with the mixer of MurmurHash3.
 * @param key what the number is for, such as (seed, 'restate', tick, field)
 * @returns in [0, 1), 32 bits
 */
export function seededShare(...key: readonly (string | number)[]): number {
  let hash = 2166136261;
  for (const character of key.join('|')) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296;
}

/** A whole number of [low, high], both ends included, that depends on nothing but its key. */
export function seededWhole(low: number, high: number, ...key: readonly (string | number)[]): number {
  return low + Math.floor(seededShare(...key) * (high - low + 1));
}
