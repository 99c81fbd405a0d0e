import type { SourcesQuery } from '../generated/operations.ts';
import { type LiveRun, numberOfRun } from './liveRuns.ts';

type Node = SourcesQuery['sources']['edges'][number]['node'];

/** A source as the list shows it: with its newest run, as it stands at this moment. */
export interface ListedSource extends Omit<Node, 'lastRun'> {
  readonly lastRun: LiveRun | null;
}

/** A source with what has been heard of its runs since it was asked for. */
export function withLiveRun(node: Node, runs: ReadonlyMap<string, LiveRun>): ListedSource {
  const heard = runs.get(node.key);
  const { lastRun } = node;
  if (heard === undefined || (lastRun !== null && numberOfRun(heard) < numberOfRun(lastRun))) return node;
  const isGood = heard.status === 'SUCCEEDED' || heard.status === 'SUCCEEDED_WITH_REJECTS';
  if (!isGood || heard.finishedAt === null) return { ...node, lastRun: heard };
  return { ...node, lastRun: heard, stale: false, lastGoodRunAt: heard.finishedAt };
}
