import type { SourceDetailQuery } from '../generated/operations.ts';
import { type LiveRun, numberOfRun } from './liveRuns.ts';

type Source = NonNullable<SourceDetailQuery['source']>;
type Asked = Source['runs']['edges'][number]['node'];

/** A run as the page of its source shows it; one that has only been heard of lacks what is not told live. */
export type ShownRun = LiveRun &
  Partial<Pick<Asked, 'period' | 'withdrawnByDifference' | 'skippedRules' | 'stopReasons'>>;

/** Runs with what has been heard since they were asked for, the newest first. */
export function withLiveRun(edges: Source['runs']['edges'], heard: LiveRun | undefined): readonly ShownRun[] {
  const runs: readonly ShownRun[] = edges.map(({ node }) => node);
  if (heard === undefined) return runs;
  const at = runs.findIndex(({ id }) => id === heard.id);
  if (at >= 0) return runs.map((run, index) => (index === at && run.status === 'RUNNING' ? { ...run, ...heard } : run));
  const [newest] = runs;
  return newest === undefined || numberOfRun(newest) < numberOfRun(heard) ? [heard, ...runs] : runs;
}
