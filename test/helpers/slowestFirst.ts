import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/** Projects in the order in which they begin; that of browsers comes after all of them, by itself. */
const PROJECTS = ['fault', 'database', 'unit'];

/** Files that take ten seconds and more, the longest first. */
const LONG = [
  ...['fault/kill', 'stream/stream', 'fault/start', 'fault/live', 'fault/worker', 'fault/gateways', 'fault/newcomer'],
  ...['fault/inventedSource', 'server/export', 'server/identity', 'server/answer', 'pipeline/work'],
  ...['pipeline/publishedResult', 'store/embedded', 'pipeline/loadReference', 'graph/entityFilter'],
  ...['pipeline/shippedManifest', 'pipeline/syncLease', 'store/backup', 'server/abuse', 'store/replicas'],
  ...['command/source', 'source/suite/shipped', 'connectors/connectors', 'connectors/systems', 'simulators/result'],
  ...['browser/documents', 'browser/ranking', 'browser/frame', 'browser/profile', 'browser/restart', 'browser/sources'],
];

/** Begins with the files that take longest, so that no core waits for the last one: on a fresh clone vitest knows nothing but their sizes. */
export default class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const places = new Map(files.map((file) => [file, placeOf(file)]));
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
  }
}

function placeOf({ project, moduleId }: TestSpecification): number {
  const long = LONG.findIndex((name) => moduleId.endsWith(`test/${name}.test.ts`));
  return PROJECTS.indexOf(project.name) * 1000 + (long === -1 ? LONG.length : long);
}
