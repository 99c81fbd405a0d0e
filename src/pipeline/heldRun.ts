import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Catalogue } from '../domain/catalogue.js';
import type { Connector, SourceSettings } from '../domain/connector.js';
import type { SyncMode } from '../domain/syncRun.js';
import type { Tracing } from '../domain/trace.js';
import type { SourceOptions } from '../source/context.js';
import type { ReadProgress } from '../source/readPage.js';
import { holdLease, type Lease } from '../store/lock.js';
import type { Database } from '../store/orm.js';
import { forgetPages } from '../store/stage.js';
import { type SyncRunRow, SyncRunTable } from '../store/tables/syncRun.js';
import { newState, type RunState, total, withoutStream } from './syncState.js';

/** What a run needs. */
export interface SyncOptions extends Omit<SourceOptions, 'settings' | 'signal' | 'now'> {
  readonly database: Database;
  readonly catalogue: Catalogue;
  readonly connector: Connector;
  readonly settings: SourceSettings;
  /** An interrupted full refresh goes on as such, whatever is asked for. */
  readonly mode: SyncMode;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly onProgress?: (progress: ReadProgress) => void;
  /** Only figures of this period are kept, and cursors stay where they are; absent = all. */
  readonly period?: string;
  /** The job that wants the run; absent = none. */
  readonly jobId?: string;
  /** How long the run may be silent before somebody else may go on with it or end it; absent = 20 s. */
  readonly leaseMs?: number;
  /** Where a span of the run goes, with one each time that it reads and commits; absent = nowhere. */
  readonly tracing?: Tracing | undefined;
  /** How long it waits for a database that is away; absent = 60 s. */
  readonly patienceMs?: number;
}

/** The right to a run, and how far it has come. */
export interface HeldRun {
  readonly run: SyncRunRow;
  readonly lease: Lease;
  readonly state: RunState;
}

/** Its stage is not what its checkpoint says: the server crashed in between, and the run begins again. */
export class StageLost extends Error {}

/** Another process has the run now. */
export class LeaseLost extends Error {}

/**
 * Forgets what a run has read of a stream, or of all (null), so that it is read again from its beginning.
 * @returns the state without it
 */
export async function restartRun(database: Database, held: HeldRun, stream: string | null): Promise<RunState> {
  const { lease, state } = held;
  const left = stream === null ? newState(state.subject) : withoutStream(state, stream);
  await database.fork().transactional(async (em) => {
    if (!(await holdLease(em, lease))) throw new LeaseLost();
    await forgetPages(em, lease.runId, stream);
    await writeState(em, lease.runId, left);
  });
  return left;
}

/** Writes how far a run has come. */
export async function writeState(em: SqlEntityManager, runId: number, state: RunState): Promise<void> {
  const pages = total(state, 'pages');
  await em.nativeUpdate(SyncRunTable, { id: runId }, { checkpoint: { ...state }, pages });
}
