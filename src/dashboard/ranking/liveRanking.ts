import { useCallback, useEffect, useState } from 'react';
import { type CombinedError, useClient } from 'urql';
import { RankingLiveDocument, type RankingLiveSubscription } from '../generated/operations.ts';

/** A row as it is told. */
export type LiveRow = RankingLiveSubscription['rankingUpdates']['rows'][number];

/** A ranking as it is now. */
export interface LiveRanking {
  /** By id of the entity; null = nothing has been told yet. */
  readonly rows: ReadonlyMap<string, LiveRow> | null;
  /** The revision of what is known; null = nothing is. */
  readonly revision: string | null;
  /** When the last change came, in milliseconds of Unix time; null = none has since the page opened. */
  readonly changedAt: number | null;
  /** Why nothing more is told; null = all is well. */
  readonly error: CombinedError | null;
}

const NOTHING: LiveRanking = { rows: null, revision: null, changedAt: null, error: null };

/** Applies an update: the whole state, or what changed; who has no score any more has left the peer group. */
export function applyUpdate(before: LiveRanking, update: RankingLiveSubscription['rankingUpdates']): LiveRanking {
  const rows = new Map(update.complete ? [] : before.rows);
  for (const row of update.rows) {
    if (row.score === null) rows.delete(row.entity.id);
    else rows.set(row.entity.id, row);
  }
  const isChange = before.rows !== null && update.rows.length > 0;
  return { rows, revision: update.revision, changedAt: isChange ? Date.now() : before.changedAt, error: null };
}

/**
 * Watches a ranking: the state, then every change.
 * @param round code; an empty one watches nothing
 * @param isPaused the rows stay as they are; when it ends they are at once as they should be
 * @returns with `again`, which asks anew what was refused; what was told before stays
 */
export function useLiveRanking(
  { round, peerGroup, measure }: { readonly round: string; readonly peerGroup: string; readonly measure: string },
  isPaused: boolean,
): {
  readonly shown: LiveRanking;
  readonly error: CombinedError | null;
  readonly isBehind: boolean;
  readonly again: () => void;
} {
  const client = useClient();
  const [now, setNow] = useState(NOTHING);
  const [shown, setShown] = useState(NOTHING);
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is shown is of another ranking when these change
  useEffect(() => setNow(NOTHING), [client, round, peerGroup, measure]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks anew
  useEffect(() => {
    if (round === '') return;
    let told: RankingLiveSubscription | undefined;
    const variables = { round, peerGroup: peerGroup === '' ? null : peerGroup, measure };
    const { unsubscribe } = client.subscription(RankingLiveDocument, variables).subscribe(({ data, error }) => {
      // A refusal comes with the data of the update before it, which is known.
      const update = data === told ? undefined : data?.rankingUpdates;
      told = data;
      setNow((before) => ({ ...(update ? applyUpdate(before, update) : before), error: error ?? null }));
    });
    return unsubscribe;
  }, [client, round, peerGroup, measure, attempt]);
  const again = useCallback(() => setAttempt((before) => before + 1), []);
  // Another ranking is shown although this one is paused: what would stay is of something else.
  if (shown !== now && (!isPaused || shown.rows === null || now.rows === null)) setShown(now);
  return { shown, error: now.error, isBehind: shown.revision !== now.revision, again };
}
