import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { HeldColumns } from '../store/snapshot.js';
import type { HeldRound, RoundMethod } from './heldRound.js';

/** Enough for 200 national rounds, or two of 10,600 communes: 39 MB of figures, 55 of points, 50 of columns. */
const MEMORY_BYTES = 320 * 1024 * 1024;

/**
 * Open rounds between their computations. Bounded: a round that is not here is read anew. Whoever takes one owns it until it is given back, so that a
 * computation that fails in its middle leaves nothing half done.
 */
export class RoundMemory {
  readonly #limit: number;
  /** Insertion order is order of last use. */
  readonly #rounds = new Map<number, HeldRound>();
  /** The snapshot that was stored last, by round. Its columns are those of the held round, so they are not counted. */
  readonly #stored = new Map<number, HeldColumns>();

  /** @param limitBytes what all rounds may take together; the one that was used last always stays */
  constructor(limitBytes = MEMORY_BYTES) {
    this.#limit = limitBytes;
  }

  /**
   * Takes a round out and moves it to a revision.
   * @returns null when it has to be read anew
   */
  async advance(em: SqlEntityManager, method: RoundMethod, revision: number): Promise<HeldRound | null> {
    const held = this.#rounds.get(method.round.id);
    this.#rounds.delete(method.round.id);
    return held !== undefined && (await held.advance(em, method, revision)) ? held : null;
  }

  /** Gives a round back. */
  keep(roundId: number, held: HeldRound): void {
    this.#rounds.delete(roundId);
    this.#rounds.set(roundId, held);
    let total = [...this.#rounds.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    for (const [id, { byteLength }] of this.#rounds) {
      if (total <= this.#limit || id === roundId) break;
      this.drop(id);
      total -= byteLength;
    }
  }

  /** Forgets a round that will not be computed any more. */
  drop(roundId: number): void {
    this.#rounds.delete(roundId);
    this.#stored.delete(roundId);
  }

  /** The newest snapshot of a round that this process knows the stored columns of; null = none. */
  stored(roundId: number): HeldColumns | null {
    return this.#stored.get(roundId) ?? null;
  }

  /** Remembers a snapshot of a round that has been stored. */
  remember(roundId: number, stored: HeldColumns): void {
    if (this.#rounds.has(roundId)) this.#stored.set(roundId, stored);
  }
}
