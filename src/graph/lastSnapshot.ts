import type { AssessmentRound } from '../domain/round.js';
import type { SnapshotHead } from '../domain/snapshot.js';
import type { LoadedSnapshot } from '../store/snapshotLibrary.js';
import type { Platform } from './context.js';

/** Snapshots that a subscriber may be behind; with more of them the whole state is cheaper, for both sides. */
export const MAX_STEPS = 100;

/**
 * The snapshots of a round after one revision and up to another that everybody may see.
 * @returns oldest first; null = more than `limit`
 */
export function snapshotsBetween(
  { library, publicProvisional }: Platform,
  round: AssessmentRound,
  after: number,
  upTo: number,
  limit: number,
): SnapshotHead[] | null {
  const found: SnapshotHead[] = [];
  const findAt = (revision: number) => library.find(round.id, { revision, provisional: publicProvisional });
  // Backwards from the newest: most subscribers are one step behind a history of thousands.
  for (let head = findAt(upTo); head !== undefined && head.revision > after; head = findAt(head.revision - 1)) {
    if (found.push(head) > limit) return null;
  }
  return found.reverse();
}

/**
 * The result of a round that a subscriber has, so that it can be told the difference. What is far behind may have to be computed again, so it is only
 * taken when it is in memory.
 * @param base the revision that it has
 * @param head the revision that it will have
 * @returns null = unknown or too old: it is to get the whole state
 */
export async function loadLast(
  platform: Platform,
  round: AssessmentRound,
  base: number,
  head: number,
): Promise<LoadedSnapshot | null> {
  const { library, publicProvisional } = platform;
  const last = base > head ? undefined : library.find(round.id, { revision: base, provisional: publicProvisional });
  if (last === undefined) return null;
  const isNear = library.holds(last) || snapshotsBetween(platform, round, base, head, MAX_STEPS) !== null;
  return isNear ? library.load(last) : null;
}
