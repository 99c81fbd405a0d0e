import type { AssessmentRound } from '../domain/round.js';
import type { LoadedSnapshot } from '../store/snapshotLibrary.js';
import type { Platform } from './context.js';

/** Snapshots that may lie between what a subscriber has and now, unless what it has is in memory: what is older may have to be computed again. */
const MAX_STEPS = 100;

/**
 * The result of a round that a subscriber has, so that it can be told the difference.
 * @param base the revision that it has
 * @param head the revision that it will have
 * @returns null = unknown or too old: it is to get the whole state
 */
export async function loadLast(
  { library, publicProvisional }: Platform,
  round: AssessmentRound,
  base: number,
  head: number,
): Promise<LoadedSnapshot | null> {
  const findAt = (revision: number) => library.find(round.id, { revision, provisional: publicProvisional });
  const known = base > head ? undefined : findAt(base);
  if (known === undefined) return null;
  if (library.holds(known)) return library.load(known);
  let newer = findAt(head);
  for (let steps = 0; newer !== undefined && newer.id !== known.id; steps += 1) {
    if (steps === MAX_STEPS) return null;
    newer = findAt(newer.revision - 1);
  }
  return library.load(known);
}
