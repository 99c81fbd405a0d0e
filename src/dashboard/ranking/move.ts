/** Where an entity stood and stands. */
export interface Move {
  readonly id: string;
  readonly from: number | null;
  readonly to: number | null;
}

/** What is said of many moves at once. */
export interface Moves {
  /** How many entities stand elsewhere than before. */
  readonly rankChanges: number;
  /** How many entities have another value. */
  readonly valueChanges: number;
  /** Who is named: the one that came to the best place; null = no rank changed. */
  readonly leader: { readonly id: string; readonly rank: number; readonly isUp: boolean } | null;
}

interface Standing {
  readonly rank: number | null;
  readonly value: number | null;
}

/** What became of a ranking between two states that were told, by id of the entity; who moved there and back has not moved. */
export function movesBetween(before: ReadonlyMap<string, Standing>, after: ReadonlyMap<string, Standing>): Moves {
  let valueChanges = 0;
  const moved: Move[] = [];
  for (const [id, now] of after) {
    const then = before.get(id);
    if (then === undefined) continue;
    if (then.value !== now.value) valueChanges += 1;
    if (then.rank !== now.rank) moved.push({ id, from: then.rank, to: now.rank });
  }
  // Who rose is news; of several, the one that came furthest up in the list.
  const placed = moved.flatMap(({ id, from, to }) =>
    to === null ? [] : [{ id, rank: to, isUp: from === null || to < from }],
  );
  placed.sort((a, b) => Number(b.isUp) - Number(a.isUp) || a.rank - b.rank);
  return { rankChanges: moved.length, valueChanges, leader: placed[0] ?? null };
}
