import type { Checkpoint } from '../../domain/connector.js';
import { syncFailure } from '../failure.js';
import { sha256 } from '../hash.js';
import type { TrackerMemory } from './incremental.js';
import type { PagerCount, Position } from './paginate.js';
import type { Part } from './partition.js';

/** Where the loop of one part goes on. */
export interface LoopMemory {
  readonly position: Position;
  readonly count: PagerCount;
  /** Null = the stream is not incremental. */
  readonly tracker: TrackerMemory | null;
}

/** Where a stream goes on after a page. */
export interface StreamMemory {
  /** The moment that the run began at, for placeholders and cursors that refer to it. */
  readonly startedAt: Date;
  /** Number of the part, as the manifest lists them, that is being read. */
  readonly at: number;
  /** Pieces of it that are left, when it had to be split; null = the part as it is. */
  readonly pieces: readonly Part[] | null;
  /** Where the first of them goes on; null = it is not begun. */
  readonly loop: LoopMemory | null;
  /** Why loops have ended, and how often. */
  readonly stops: readonly (readonly [string, number])[];
  /** Cursors reached, by part. */
  readonly reached: readonly (readonly [string, string | number])[];
  readonly validators: Readonly<Record<string, string>>;
}

/** Tells one list of parts from another: a list that a source gives may change. */
export function hashParts(parts: readonly Part[]): string {
  return sha256(parts.map(({ key }) => key).join('\n')).slice(0, 16);
}

/** Writes a memory as a checkpoint. */
export function writeCheckpoint(memory: StreamMemory, partsHash: string): Checkpoint {
  return { ...memory, startedAt: memory.startedAt.toISOString(), partsHash };
}

/** Reads a checkpoint of the same version of the manifest. */
export function readCheckpoint(checkpoint: Checkpoint): StreamMemory & { readonly partsHash: string } {
  const written = checkpoint as unknown as StreamMemory & { readonly partsHash: string };
  return { ...written, startedAt: new Date(written.startedAt) };
}

/** @throws PlatformError SYNC_TRANSIENT when the parts are others than before the interruption; the stream is then read from its beginning */
export function requireSameParts(before: string, now: string): void {
  if (before === now) return;
  throw syncFailure('SYNC_TRANSIENT', 'The parts of the stream are others than before the interruption.');
}
