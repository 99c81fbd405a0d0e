/**
 * Where labels stand that would lie on each other: each where it belongs or just after the one before it, in the same order.
 * @param places the middles where they belong, in any order and unit
 * @param rooms what each label needs, in the order of the places and the same unit
 * @returns the middles, in the order given
 */
export function spread(places: readonly number[], rooms: readonly number[]): readonly number[] {
  const spreadOut = [...places];
  let end = Number.NEGATIVE_INFINITY;
  for (const index of places.map((_place, at) => at).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0))) {
    const half = (rooms[index] ?? 0) / 2;
    const place = Math.max(places[index] ?? 0, end + half);
    spreadOut[index] = place;
    end = place + half;
  }
  return spreadOut;
}
