/**
 * Where labels stand that would lie on each other: each where it belongs or just after the one before it, in the same order.
 * @param places where they belong, in any order and unit
 * @param room what one label needs, in the same unit
 * @returns the places, in the order given
 */
export function spread(places: readonly number[], room: number): readonly number[] {
  const spreadOut = [...places];
  let last = Number.NEGATIVE_INFINITY;
  for (const index of places.map((_place, at) => at).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0))) {
    last = Math.max(places[index] ?? 0, last + room);
    spreadOut[index] = last;
  }
  return spreadOut;
}
