import type { ReadProgress } from '../source/readPage.js';
import type { Database } from '../store/orm.js';
import { writeProgress } from '../store/progress.js';

/** Twice a second is as much as people see; a run that is over sooner leaves no progress, only its account. */
const EVERY_MS = 500;

/** Writes how far a run is, so that others can watch it. */
export interface ProgressKeeper {
  note(progress: ReadProgress): void;
  /** Call it at the end of the run, whatever happened. */
  stop(): void;
}

/** Keeps the newest progress of a run in the database, at most every half second; one that cannot be written is left out. */
export function keepProgress(database: Database, runId: number): ProgressKeeper {
  let newest: ReadProgress | null = null;
  let writing: Promise<void> | null = null;
  const timer = setInterval(() => {
    if (newest === null || writing !== null) return;
    const { stream, pages, records, share } = newest;
    newest = null;
    // A source may have gained rows since it said how many there are.
    const progress = { stream, pages, records, share: share === null ? null : Math.min(1, share) };
    writing = writeProgress(database.fork(), runId, progress)
      .catch(() => undefined)
      .finally(() => {
        writing = null;
      });
  }, EVERY_MS).unref();
  return {
    note(progress) {
      newest = progress;
    },
    stop: () => clearInterval(timer),
  };
}
