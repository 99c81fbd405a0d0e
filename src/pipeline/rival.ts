import type { UniquePolicy } from '../domain/connector.js';
import type { Rival } from '../store/judge.js';

/** A figure that gave way. */
export interface Loser {
  readonly rival: Rival;
  /** Null = it is skipped as `older_revision`; else why it is rejected (`unique`). */
  readonly reason: string | null;
}

/** What to do about a figure that was kept because it came first. */
const ADVICE = 'rules.unique: identical; reject_both takes neither, highest_revision the later';

const SEVERITY: readonly UniquePolicy[] = ['identical', 'highest_revision', 'reject_both'];

/** The policy of figures that come from several streams: the most careful one. */
export function strictest(policies: readonly UniquePolicy[]): UniquePolicy {
  return policies.toSorted((left, right) => SEVERITY.indexOf(right) - SEVERITY.indexOf(left))[0] ?? 'identical';
}

/**
 * Decides between different figures of one identity.
 * @param rivals in the order in which they were read, no two with the same figure
 * @returns all but at most one of them
 */
export function settleRivals(rivals: readonly Rival[], policy: UniquePolicy): readonly Loser[] {
  const [first] = rivals;
  if (first === undefined) return [];
  if (policy === 'identical') {
    return rivals
      .slice(1)
      .map((rival) => ({ rival, reason: `${describe([first, rival])}; the first one read is kept (${ADVICE})` }));
  }
  if (policy === 'reject_both')
    return rivals.map((rival) => ({ rival, reason: `${describe(rivals)}; none is taken (rules.unique: reject_both)` }));
  const best = Math.min(...rivals.map(({ revisionRank }) => revisionRank ?? Number.POSITIVE_INFINITY));
  const leaders = rivals.filter(({ revisionRank }) => revisionRank === best);
  return rivals.flatMap((rival): Loser[] => {
    if (rival.revisionRank === null) return [{ rival, reason: `${describe(rivals)}, and this one has no revision` }];
    if (rival.revisionRank !== best) return [{ rival, reason: null }];
    return leaders.length === 1 ? [] : [{ rival, reason: `${describe(leaders)} of the same revision` }];
  });
}

function describe(rivals: readonly Rival[]): string {
  const figures = rivals.slice(0, 5).map(({ figure }) => figure);
  return `the run has ${rivals.length === 2 ? 'two' : rivals.length} figures for the same entity, indicator and period: ${figures.join(' and ')}`;
}
