import type { FigureReader, ScoreFigure } from './figure.js';
import { Statistics } from './statistics.js';

/** The scores of one round that are to be grouped. A part is whatever of a key comes from the round, from a measure or from an entity. */
export interface GroupedRound {
  /** Cells of the columns. */
  readonly entityCount: number;
  readonly read: (figure: ScoreFigure) => FigureReader;
  /** Which scores count; null = all. */
  readonly accepts: ((cell: number) => boolean) | null;
  /** Number of the round's part of the key. */
  readonly roundPart: number;
  /** Measures by position, each with the numbers of its parts: several when it counts in several groups, none when it is left out. */
  readonly measures: readonly { readonly at: number; readonly parts: readonly number[] }[];
  /** Number of the part of each entity, 0-based and dense; -1 = left out. */
  readonly entityParts: Int32Array;
}

/** Scores with the same key. */
export class ScoreGroup {
  /** By round, in the order given, then by measure and entity as the columns have them; cells count on from round to round. */
  readonly #members: readonly number[];
  readonly #scope: GroupScope;
  readonly #statistics = new Map<ScoreFigure, Statistics>();

  constructor(
    readonly roundPart: number,
    readonly measurePart: number,
    readonly entityPart: number,
    members: readonly number[],
    scope: GroupScope,
  ) {
    this.#members = members;
    this.#scope = scope;
  }

  /** How many scores there are, with and without a value. */
  get size(): number {
    return this.#members.length;
  }

  /** Statistics of the scores that have the figure. */
  statistics(figure: ScoreFigure): Statistics {
    const known = this.#statistics.get(figure);
    if (known !== undefined) return known;
    const numbers = new Float64Array(this.#members.length);
    let count = 0;
    this.#visit(figure, (x) => {
      if (!Number.isNaN(x)) numbers[count++] = x;
    });
    const made = new Statistics(numbers.subarray(0, count));
    this.#statistics.set(figure, made);
    return made;
  }

  /**
   * The scores with the greatest values.
   * @returns at most `count`, greatest first (least first when `sign` is -1), ties in the order of the members; those without a value are left out
   */
  extremes(count: number, sign: 1 | -1): { readonly roundAt: number; readonly cell: number }[] {
    const found: { roundAt: number; cell: number; x: number }[] = [];
    this.#visit('value', (x, roundAt, cell) => {
      if (Number.isNaN(x)) return;
      // Kept in order, and short: most scores are refused by the first comparison.
      const last = found.at(-1);
      if (found.length >= count && (last === undefined || (x - last.x) * sign <= 0)) return;
      let at = found.length;
      while (at > 0 && (x - (found[at - 1]?.x ?? x)) * sign > 0) at -= 1;
      found.splice(at, 0, { roundAt, cell, x });
      if (found.length > count) found.pop();
    });
    return found;
  }

  #visit(figure: ScoreFigure, see: (x: number, roundAt: number, cell: number) => void): void {
    const { rounds, offsets } = this.#scope;
    const readers = rounds.map(({ read }) => read(figure));
    let roundAt = 0;
    for (const member of this.#members) {
      while (member >= (offsets[roundAt + 1] ?? Number.POSITIVE_INFINITY)) roundAt += 1;
      const cell = member - (offsets[roundAt] ?? 0);
      see(readers[roundAt]?.(cell) ?? Number.NaN, roundAt, cell);
    }
  }
}

/** What the members of a group are read from. */
export interface GroupScope {
  readonly rounds: readonly Pick<GroupedRound, 'read'>[];
  /** What is added to the cells of each round. */
  readonly offsets: readonly number[];
}

/**
 * Groups scores by what the parts of their keys say.
 * @param entityPartCount how many entity parts there are
 * @param maxGroups how many groups there may be
 * @returns groups in the order of their first member; null = there would be more than `maxGroups`
 */
export function groupScores(
  rounds: readonly GroupedRound[],
  entityPartCount: number,
  maxGroups: number,
): ScoreGroup[] | null {
  const offsets: number[] = [];
  let offset = 0;
  for (const { entityCount, measures } of rounds) {
    offsets.push(offset);
    offset += entityCount * (Math.max(-1, ...measures.map(({ at }) => at)) + 1);
  }
  const groups: { round: number; measure: number; entity: number; members: number[] }[] = [];
  /** For each pair of round and measure part, the group of each entity part, plus 1; 0 = none yet. */
  const tables = new Map<string, Int32Array>();
  for (const [roundAt, { accepts, entityCount, entityParts, measures, roundPart }] of rounds.entries()) {
    for (const { at, parts } of measures) {
      for (const measurePart of parts) {
        const key = `${roundPart}:${measurePart}`;
        const table = tables.get(key) ?? new Int32Array(entityPartCount);
        tables.set(key, table);
        for (let entityAt = 0, cell = at * entityCount; entityAt < entityCount; entityAt += 1, cell += 1) {
          const part = entityParts[entityAt] ?? -1;
          if (part < 0 || (accepts !== null && !accepts(cell))) continue;
          let group = table[part] ?? 0;
          if (group === 0) {
            group = groups.push({ round: roundPart, measure: measurePart, entity: part, members: [] });
            if (group > maxGroups) return null;
            table[part] = group;
          }
          groups[group - 1]?.members.push((offsets[roundAt] ?? 0) + cell);
        }
      }
    }
  }
  const scope = { rounds, offsets };
  return groups.map(({ round, measure, entity, members }) => new ScoreGroup(round, measure, entity, members, scope));
}
