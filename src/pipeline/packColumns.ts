import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { PlatformError } from '../domain/errors.js';
import type { SnapshotColumns } from '../domain/snapshot.js';
import { encodeDifference, isSameTable } from '../snapshot/delta.js';
import { encodeColumns } from '../snapshot/encode.js';
import { type HeldColumns, type NewestHead, readColumns, type SnapshotChain } from '../store/snapshot.js';

/** Differences after a whole snapshot. Reading the last of them takes a few milliseconds more than the first; whole ones are a third of what is stored. */
const MOST_STEPS = 200;
/** A difference that is larger than this share of the whole is not worth its steps. */
const MOST_SHARE = 0.2;
const CELL_BYTES = 44;

/** Columns as they are stored. */
export interface PackedColumns {
  readonly bytes: Uint8Array;
  /** Null = whole. */
  readonly chain: SnapshotChain | null;
}

/**
 * Finds the columns of the newest snapshot of a round: those that this process stored last, or those with what others stored since.
 * @returns null when there is nothing to build on, so that the next snapshot is whole
 */
export async function findBase(
  em: SqlEntityManager,
  newest: NewestHead,
  held: HeldColumns | null,
): Promise<HeldColumns | null> {
  if (newest.chain.steps >= MOST_STEPS) return null;
  if (held?.id === newest.id) return held;
  try {
    return await readColumns(em, newest.id, held);
  } catch (error) {
    // What cannot be read is no reason not to go on.
    if (error instanceof PlatformError && error.code === 'SNAPSHOT_CORRUPT') return null;
    throw error;
  }
}

/**
 * Packs columns as the difference to the newest snapshot, or whole where that is as good.
 * @param base of `newest`; null = whole
 */
export function packColumns(
  columns: SnapshotColumns,
  newest: NewestHead | null,
  base: HeldColumns | null,
): PackedColumns {
  if (newest !== null && base !== null && isSameTable(base.columns, columns)) {
    const bytes = encodeDifference(base, columns);
    const { wholeId, steps } = newest.chain;
    if (bytes.length <= columns.value.length * CELL_BYTES * MOST_SHARE)
      return { bytes, chain: { wholeId, steps: steps + 1 } };
  }
  return { bytes: encodeColumns(columns), chain: null };
}
