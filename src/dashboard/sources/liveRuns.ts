import { useState } from 'react';
import { useSubscription } from 'urql';
import { RunsLiveDocument, type RunsLiveSubscription } from '../generated/operations.ts';
import type { Watch } from '../parts/stopped.tsx';
import { useRefusal } from '../refusal.ts';

/** A run with its account, and how far it is. */
export type LiveRun = Omit<RunsLiveSubscription['syncRunUpdates'], 'source'>;

/**
 * The newest run of each source that has been heard of, by key of the source: as it begins, goes on twice a second, and ends.
 * @param source key of the only source to hear of; null = all
 * @param pause nothing is asked for
 * @returns the runs; why no more is heard of them, and what asks again
 */
export function useLiveRuns(
  source: string | null,
  pause = false,
): Watch & { readonly runs: ReadonlyMap<string, LiveRun> } {
  const [runs, setRuns] = useState<ReadonlyMap<string, LiveRun>>(new Map());
  const [{ error }, watchAgain] = useSubscription(
    { query: RunsLiveDocument, variables: { source }, pause },
    (_previous, event) => {
      const { source: of, ...run } = event.syncRunUpdates;
      setRuns((before) => {
        const known = before.get(of.key);
        return known !== undefined && numberOfRun(known) > numberOfRun(run) ? before : new Map(before).set(of.key, run);
      });
      return event;
    },
  );
  return { runs, refusal: useRefusal(error), again: () => watchAgain({ requestPolicy: 'network-only' }) };
}

/** The number in the id of a run, `SyncRun:5`; later runs have greater ones. */
export function numberOfRun({ id }: Pick<LiveRun, 'id'>): number {
  return Number(id.slice(id.indexOf(':') + 1));
}
