import type { SourcesQuery } from '../generated/operations.ts';
import { type HeardRuns, type LiveRun, newer, numberOfRun, type Replay } from './liveRuns.ts';

type Node = SourcesQuery['sources']['edges'][number]['node'];

/** A source as the list shows it: with its newest runs, as they stand at this moment. */
export interface ListedSource extends Omit<Node, 'lastRun' | 'lastReading'> {
  /** The newest run that read it; null = none yet. */
  readonly lastReading: LiveRun | null;
  /** The newest run that mapped refused records again since, be they of earlier runs; null = none. */
  readonly replay: Replay | null;
}

/** A source with what has been heard of its runs since it was asked for. */
export function withLiveRun(
  { lastRun, lastReading: asked, ...node }: Node,
  runs: ReadonlyMap<string, HeardRuns>,
): ListedSource {
  const heard = runs.get(node.key);
  const lastReading = newer(asked, heard?.reading ?? null);
  const replay = newer<Replay>(lastRun?.mode === 'REPLAY' ? lastRun : null, heard?.replay ?? null);
  const shown = {
    ...node,
    lastReading,
    replay: replay !== null && lastReading !== null && numberOfRun(replay) > numberOfRun(lastReading) ? replay : null,
  };
  if (lastReading === asked || lastReading === null || lastReading.finishedAt === null) return shown;
  const isGood = lastReading.status === 'SUCCEEDED' || lastReading.status === 'SUCCEEDED_WITH_REJECTS';
  return isGood ? { ...shown, stale: false, lastGoodRunAt: lastReading.finishedAt } : shown;
}
