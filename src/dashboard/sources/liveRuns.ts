import { useState } from 'react';
import { useSubscription } from 'urql';
import { RunsLiveDocument, type RunsLiveSubscription } from '../generated/operations.ts';
import type { Watch } from '../parts/stopped.tsx';
import { useRefusal } from '../refusal.ts';

/** A run with its account, and how far it is. */
export type LiveRun = Omit<RunsLiveSubscription['syncRunUpdates'], 'source'>;

/** What is said of a run that mapped refused records again. */
export type Replay = Pick<LiveRun, 'id' | 'read' | 'rejected' | 'skipped'>;

/** The newest runs of a source that have been heard of; null = none. */
export interface HeardRuns {
  /** That read it. */
  readonly reading: LiveRun | null;
  /** That mapped again what was refused. */
  readonly replay: LiveRun | null;
}

const NOTHING: HeardRuns = { reading: null, replay: null };

/**
 * The newest runs of each source that have been heard of, by key of the source: as they begin, go on twice a second, and end.
 * @param source key of the only source to hear of; null = all
 * @param pause nothing is asked for
 * @returns the runs; why no more is heard of them, and what asks again
 */
export function useLiveRuns(
  source: string | null,
  pause = false,
): Watch & { readonly runs: ReadonlyMap<string, HeardRuns> } {
  const [runs, setRuns] = useState<ReadonlyMap<string, HeardRuns>>(new Map());
  const [{ error }, watchAgain] = useSubscription(
    { query: RunsLiveDocument, variables: { source }, pause },
    (_previous, event) => {
      const { source: of, ...run } = event.syncRunUpdates;
      setRuns((before) => {
        const known = before.get(of.key) ?? NOTHING;
        const kind = run.mode === 'REPLAY' ? 'replay' : 'reading';
        return new Map(before).set(of.key, { ...known, [kind]: newer(known[kind], run) });
      });
      return event;
    },
  );
  return { runs, refusal: useRefusal(error), again: () => watchAgain({ requestPolicy: 'network-only' }) };
}

/** The later one of two runs; of the same run, what was heard of it last. */
export function newer<Run extends Pick<LiveRun, 'id'>>(known: Run | null, heard: Run | null): Run | null {
  if (known === null || heard === null) return heard ?? known;
  return numberOfRun(heard) < numberOfRun(known) ? known : heard;
}

/** The number in the id of a run, `SyncRun:5`; later runs have greater ones. */
export function numberOfRun({ id }: Pick<LiveRun, 'id'>): number {
  return Number(id.slice(id.indexOf(':') + 1));
}
