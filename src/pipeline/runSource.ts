import type { SyncMode } from '../domain/syncRun.js';
import type { ListedRun } from '../store/listSyncRuns.js';

/** What somebody asks for who wants a source to be read. */
export interface RunRequest {
  readonly sourceKey: string;
  readonly mode: SyncMode;
  /** Only figures of this period, such as `2024`; null = of all. */
  readonly period: string | null;
  /** Whether to wait for the end of the run. */
  readonly wait: boolean;
  /** Who asks, for the record: `user:7`. */
  readonly requestedBy: string;
}

/** Has a source read by whoever works, in this process or another. */
export interface RunSource {
  /**
   * Queues a run and waits: with `wait` for its end, for at most two minutes, else for its beginning, for at most a second. When another run of the
   * source is under way, this one comes after it, so that it sees what the source had when it was asked for. An equal request that waits already is joined.
   * @returns the run as it stands; null = it is queued still
   * @throws PlatformError SYNC_CONFIG, NOT_FOUND when the source cannot be run at all
   */
  run(request: RunRequest): Promise<ListedRun | null>;
}
