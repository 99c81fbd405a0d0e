import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { HeldColumns } from '../store/snapshot.js';
import { HeldRound, type RoundMethod } from './heldRound.js';

/** Enough for 200 national rounds, or two of 10,600 communes: 39 MB of figures, 55 of points, 50 of columns. */
const MEMORY_BYTES = 320 * 1024 * 1024;

/**
 * Open rounds between their computations. Bounded: a round that is not here is read anew. Whoever takes one owns it until it is given back, so that a
 * computation that fails in its middle leaves nothing half done.
 */
export class RoundMemory {
  readonly #limit: number;
  /** Ends with the last reading that was begun. */
  #turn: Promise<void> = Promise.resolve();
  /** Insertion order is order of last use. */
  readonly #rounds = new Map<number, HeldRound>();
  /** The snapshot that was stored last, by round. Its columns are those of the held round, so they are not counted. */
  readonly #stored = new Map<number, HeldColumns>();

  /** @param limitBytes what all rounds may take together; the one that was used last always stays */
  constructor(limitBytes = MEMORY_BYTES) {
    this.#limit = limitBytes;
  }

  /**
   * Takes a round out and moves it to a revision, or reads it as it is there.
   * @throws PlatformError as {@link HeldRound.read}
   */
  async take(em: SqlEntityManager, method: RoundMethod, revision: number): Promise<HeldRound> {
    const held = this.#rounds.get(method.round.id);
    this.#rounds.delete(method.round.id);
    if (held !== undefined && (await held.advance(em, method, revision))) return held;
    // Reference data that change make all rounds be read anew; what one needs to be read is free again before the next.
    const reading = this.#turn.then(() => HeldRound.read(em, method, revision));
    this.#turn = reading.then(
      () => undefined,
      () => undefined,
    );
    return reading;
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
