import type { HostGovernor } from '../domain/connector.js';
import type { Tracing } from '../domain/trace.js';
import type { AddressGuard } from '../source/address.js';
import type { SourceOptions } from '../source/context.js';
import type { Database } from '../store/orm.js';
import type { OpenedSource, SourceLibrary } from './sourceLibrary.js';

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
