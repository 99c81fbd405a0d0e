import { useMemo } from 'react';
import { useQuery } from 'urql';
import { type ProfileQuery, RankingHistoryDocument } from '../generated/operations.ts';
import { type Change, changeSince, historyOf, pastScoresOf } from '../ranking/history.ts';
import type { ProfileEntity } from './entity.ts';

type Round = NonNullable<ProfileQuery['round']>;
type Index = NonNullable<NonNullable<ProfileQuery['entity']>['index']>;

/**
 * The change of an index that has none against the year before: from the last year that is known of the entity or of those that it came from, by the rule of
 * the ranking.
 * @returns null when there is a change against the year before, or no earlier year, or until it is known
 */
export function useEarlierChange(entity: ProfileEntity, round: Round, index: Index): Change | null {
  const isAsked = index.change === null;
  const [{ data }] = useQuery({
    query: RankingHistoryDocument,
    variables: { level: entity.level, measure: 'INDEX' },
    pause: !isAsked,
  });
  return useMemo(() => {
    if (!isAsked || data === undefined) return null;
    const history = historyOf(round.entities, pastScoresOf(data)).get(entity.id) ?? [];
    return changeSince({ year: round.year, rank: index.rank, value: index.value }, history);
  }, [isAsked, data, round, entity, index]);
}
