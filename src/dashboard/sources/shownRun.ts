import type { SourceDetailQuery } from '../generated/operations.ts';
import { type HeardRuns, type LiveRun, numberOfRun } from './liveRuns.ts';

type Source = NonNullable<SourceDetailQuery['source']>;
type Asked = Source['runs']['edges'][number]['node'];

/** A run as the page of its source shows it; one that has only been heard of lacks what is not told live. */
export type ShownRun = LiveRun &
  Partial<Pick<Asked, 'period' | 'withdrawnByDifference' | 'skippedRules' | 'stopReasons'>>;

/** Runs with what has been heard since they were asked for, the newest first. */
export function withLiveRuns(edges: Source['runs']['edges'], heard: HeardRuns | undefined): readonly ShownRun[] {
  const runs: readonly ShownRun[] = edges.map(({ node }) => node);
  return [heard?.reading ?? null, heard?.replay ?? null]
    .flatMap((run) => run ?? [])
    .sort((one, other) => numberOfRun(one) - numberOfRun(other))
    .reduce(withRun, runs);
}

function withRun(runs: readonly ShownRun[], heard: LiveRun): readonly ShownRun[] {
  const at = runs.findIndex(({ id }) => id === heard.id);
  if (at >= 0) return runs.map((run, index) => (index === at && run.status === 'RUNNING' ? { ...run, ...heard } : run));
  const [newest] = runs;
  return newest === undefined || numberOfRun(newest) < numberOfRun(heard) ? [heard, ...runs] : runs;
}
