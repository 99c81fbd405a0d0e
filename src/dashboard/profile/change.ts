import type { ProfileQuery } from '../generated/operations.ts';
import { type Change, changeSince, historyOf, pastScoresOf } from '../ranking/history.ts';

/**
 * The change of an index that has none against the year before: from the last year that is known of the entity or of those that it came from, by the rule of
 * the ranking.
 * @returns null when there is a change against the year before, or no earlier year
 */
export function earlierChange({ round, entity, years }: ProfileQuery): Change | null {
  if (!round || !entity?.index || entity.index.change !== null) return null;
  const { rank, value } = entity.index;
  const history = historyOf(round.entities, pastScoresOf(years)).get(entity.id) ?? [];
  return changeSince({ year: round.year, rank, value }, history);
}
