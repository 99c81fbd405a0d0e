import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../../src/domain/errors.js';
import type { RunSource } from '../../src/pipeline/runSource.js';
import { readingOptions, type SourceStage } from '../../src/pipeline/sourceStage.js';
import { syncSource } from '../../src/pipeline/sync.js';
import { listRunsOfSources, readSyncRuns } from '../../src/store/listSyncRuns.js';

const BEGIN_MS = 1000;
const POLL_MS = 20;

/** Has sources read by this process itself, without a queue. */
export function createInlineRunSource(stage: SourceStage, log: (message: string) => void): RunSource {
  return {
    async run({ sourceKey, mode, period, wait }) {
      const { database, library } = stage;
      const { connector, settings, sourceId } = await library.open(sourceKey);
      const newest = async () => {
        const query = { sourceId, until: null, before: null, limit: 1 };
        const [[run] = []] = await listRunsOfSources(database.fork(), [query]);
        return run ?? null;
      };
      const before = await newest();
      let hasEnded = false;
      const ending = syncSource({
        ...{ database, catalogue: library.catalogue(), connector, mode, ...readingOptions(stage, settings) },
        ...(period === null ? {} : { period }),
      }).finally(() => {
        hasEnded = true;
      });
      if (wait) return (await readSyncRuns(database.fork(), [(await ending).id]))[0] ?? null;
      ending.catch((error: unknown) => log(`the source ${sourceKey} could not be read: ${describeError(error)}`));
      for (let waitedMs = 0; waitedMs < BEGIN_MS; waitedMs += POLL_MS) {
        const run = await newest();
        if (run !== null && run.id !== before?.id) return run;
        if (hasEnded) break;
        await sleep(POLL_MS);
      }
      return null;
    },
  };
}
