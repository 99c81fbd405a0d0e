import { PlatformError } from '../domain/errors.js';
import type { SnapshotColumns, SnapshotHead } from '../domain/snapshot.js';
import { decodeColumns } from '../snapshot/encode.js';
import type { Database } from './orm.js';
import { readSnapshotColumns, readSnapshotHeads } from './snapshot.js';

const MEMORY_BYTES = 64 * 1024 * 1024;

/** A snapshot whose columns are in memory. */
export interface LoadedSnapshot {
  readonly head: SnapshotHead;
  readonly columns: SnapshotColumns;
}

/** Which snapshots a reader may see. */
export interface SnapshotScope {
  readonly revision: number;
  /** False = published snapshots only. */
  readonly provisional: boolean;
}

/**
 * All snapshots by round and revision, their columns held in memory up to a bound. Snapshots are immutable, so a copy can never be stale, only
 * dropped.
 */
export class SnapshotLibrary {
  readonly #heads = new Map<number, SnapshotHead[]>();
  readonly #byId = new Map<number, SnapshotHead>();
  /** Insertion order is order of last use. */
  readonly #loaded = new Map<number, Promise<LoadedSnapshot>>();
  readonly #bytes = new Map<number, number>();
  #newest = 0;

  /** @param recompute makes the columns of a snapshot again whose stored ones were dropped, and checks their hash */
  constructor(
    readonly database: Database,
    readonly recompute: (head: SnapshotHead) => Promise<SnapshotColumns>,
  ) {}

  /** Reads the heads that are newer than what it knows; called at start and for each revision that carries a snapshot. */
  async refresh(): Promise<void> {
    for (const head of await readSnapshotHeads(this.database.fork(), this.#newest)) {
      if (this.#byId.has(head.id)) continue;
      this.#byId.set(head.id, head);
      const heads = this.#heads.get(head.roundId);
      if (heads === undefined) this.#heads.set(head.roundId, [head]);
      else heads.push(head);
      this.#newest = Math.max(this.#newest, head.revision);
    }
  }

  /** The newest snapshot of a round not after the scope's revision. */
  find(roundId: number, scope: SnapshotScope): SnapshotHead | undefined {
    const heads = this.#heads.get(roundId) ?? [];
    for (let at = heads.length - 1; at >= 0; at -= 1) {
      const head = heads[at];
      if (head !== undefined && head.revision <= scope.revision && (scope.provisional || head.status === 'PUBLISHED')) {
        return head;
      }
    }
    return undefined;
  }

  /** The published snapshot of a round, if it was published at the scope's revision. */
  findPublished(roundId: number, revision: number): SnapshotHead | undefined {
    return this.find(roundId, { revision, provisional: false });
  }

  byId(id: number): SnapshotHead | undefined {
    return this.#byId.get(id);
  }

  /** Snapshots of a round within a scope, newest first. */
  list(roundId: number, scope: SnapshotScope): SnapshotHead[] {
    return (this.#heads.get(roundId) ?? [])
      .filter((head) => head.revision <= scope.revision && (scope.provisional || head.status === 'PUBLISHED'))
      .reverse();
  }

  /**
   * The columns of a snapshot, from memory if they are there.
   * @throws PlatformError SNAPSHOT_CORRUPT
   */
  load(head: SnapshotHead): Promise<LoadedSnapshot> {
    const held = this.#loaded.get(head.id);
    if (held !== undefined) {
      this.#loaded.delete(head.id);
      this.#loaded.set(head.id, held);
      return held;
    }
    const loading = this.#read(head);
    this.#loaded.set(head.id, loading);
    loading.then(
      ({ columns }) => this.#account(head.id, columns),
      () => this.#loaded.delete(head.id),
    );
    return loading;
  }

  async #read(head: SnapshotHead): Promise<LoadedSnapshot> {
    const bytes = await readSnapshotColumns(this.database.fork(), head.id);
    const columns = bytes === null ? await this.recompute(head) : decodeColumns(bytes);
    if (columns.entityIds.length === 0)
      throw new PlatformError('SNAPSHOT_CORRUPT', `Snapshot ${head.id} has no entities.`);
    return { head, columns };
  }

  #account(id: number, columns: SnapshotColumns): void {
    const bytes = Object.values(columns).reduce((sum, column) => sum + (column as Float64Array).byteLength, 0);
    this.#bytes.set(id, bytes);
    let total = [...this.#bytes.values()].reduce((sum, each) => sum + each, 0);
    for (const oldest of this.#loaded.keys()) {
      if (total <= MEMORY_BYTES) break;
      const held = this.#bytes.get(oldest);
      // One that is still on its way takes no memory yet; it is counted when it comes.
      if (held === undefined || oldest === id) continue;
      total -= held;
      this.#bytes.delete(oldest);
      this.#loaded.delete(oldest);
    }
  }
}
