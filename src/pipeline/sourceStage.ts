import type { HostGovernor } from '../domain/connector.js';
import type { Tracing } from '../domain/trace.js';
import type { AddressGuard } from '../source/address.js';
import type { SourceOptions } from '../source/context.js';
import type { Database } from '../store/orm.js';
import type { OpenedSource, SourceLibrary } from './sourceLibrary.js';

/** Longest time of a check or a preview if nothing else is said: many a proxy gives an answer up after a minute. */
export const TRIAL_MS = 45_000;

/** What the verbs of sources work with. */
export interface SourceStage {
  readonly database: Database;
  readonly library: SourceLibrary;
  readonly now: () => Date;
  /** Ends what is under way when the platform stops. */
  readonly signal: AbortSignal;
  /** Where connections may go; absent = public addresses only. */
  readonly addressGuard?: AddressGuard;
  /** Limits and circuits of hosts; absent = none. */
  readonly governor?: HostGovernor;
  /** Longest time of a check or a preview, for which somebody waits; absent = {@link TRIAL_MS}. */
  readonly trialMs?: number;
  /** Where spans of runs go; absent = nowhere. */
  readonly tracing?: Tracing | undefined;
}

/** How the stage reads a source. */
export function readingOptions(stage: SourceStage, settings: OpenedSource['settings']): SourceOptions {
  const { now, signal, addressGuard, governor } = stage;
  return {
    ...{ settings, now, signal },
    ...(addressGuard === undefined ? {} : { addressGuard }),
    ...(governor === undefined ? {} : { governor }),
  };
}

/** How the stage tries a source for somebody who waits. */
export function trialOptions(stage: SourceStage, settings: OpenedSource['settings']): SourceOptions {
  return { ...readingOptions(stage, settings), patienceMs: stage.trialMs ?? TRIAL_MS };
}
