import { PlatformError } from '../domain/errors.js';
import { toUnits } from '../domain/quantise.js';
import type { SnapshotColumns } from '../domain/snapshot.js';
import { canonicalText } from '../proof/canonical.js';
import { sha256Hex, sha256HexOfLines } from '../proof/hash.js';

/** The form of the hash: with engine version 1 the lines themselves were hashed, since 2 the hashes of the lines. */
export type ResultHashForm = 'LINES' | 'HASHES';

/** The form that snapshots of an engine version have. */
export function resultHashForm(engineVersion: string): ResultHashForm {
  return engineVersion === '1' ? 'LINES' : 'HASHES';
}

/**
 * SHA-256 over the values and ranks of a snapshot, in words that mean the same in every database. Anyone who holds the published table can compute
 * it. The table is written in lines that each end with a line feed: the first is the JSON list of entity keys in code-unit order; then, for each measure
 * code in that order, `["CODE",[units,…],[rank,…]]` with values in whole units of 1e-12 and null for no value or rank. Each line is hashed with its line
 * feed, and the hashes, in hexadecimal and a line feed after each, are hashed again. With engine version 1 the lines themselves are hashed.
 * @param entityKeys one per row: `GSO-2004:74`
 * @param measureCodes one per measure
 * @returns 64 hexadecimal characters; the same for any order of rows and measures
 * @throws PlatformError SNAPSHOT_CORRUPT when the keys or codes do not fit the columns, or one occurs twice
 */
export function resultHash(
  columns: SnapshotColumns,
  entityKeys: readonly string[],
  measureCodes: readonly string[],
  form: ResultHashForm = 'HASHES',
): string {
  if (form === 'HASHES') return new ResultDigest(columns, entityKeys, measureCodes).hash(columns, null);
  const entities = orderOf(entityKeys, columns.entityIds.length, 'entity keys');
  const measures = orderOf(measureCodes, columns.measureIds.length, 'measure codes');
  const positions = entities.map(([, position]) => position);
  return sha256HexOfLines([
    canonicalText(entities.map(([key]) => key)),
    ...measures.map(([code, measureAt]) => measureLine(columns, code, measureAt, positions)),
  ]);
}

/** The {@link resultHash} of columns that change a few measures at a time: the hashes of the other lines are kept. */
export class ResultDigest {
  readonly #keyHash: string;
  readonly #positions: readonly number[];
  /** In code-unit order. */
  readonly #measures: readonly { readonly code: string; readonly at: number }[];
  readonly #hashes: Map<number, string>;

  /**
   * @param columns any with the rows and measures of all that will be hashed
   * @throws PlatformError SNAPSHOT_CORRUPT
   */
  constructor(columns: SnapshotColumns, entityKeys: readonly string[], measureCodes: readonly string[]) {
    const entities = orderOf(entityKeys, columns.entityIds.length, 'entity keys');
    this.#keyHash = lineHash(canonicalText(entities.map(([key]) => key)));
    this.#positions = entities.map(([, position]) => position);
    this.#measures = orderOf(measureCodes, columns.measureIds.length, 'measure codes').map(([code, at]) => ({
      code,
      at,
    }));
    this.#hashes = new Map();
  }

  /** @param changed positions of the measures that are not as they were the last time; null = all */
  hash(columns: SnapshotColumns, changed: readonly number[] | null): string {
    const isChanged = changed === null ? null : new Set(changed);
    for (const { code, at } of this.#measures) {
      if (isChanged?.has(at) === false) continue;
      this.#hashes.set(at, lineHash(measureLine(columns, code, at, this.#positions)));
    }
    return sha256HexOfLines([this.#keyHash, ...this.#measures.map(({ at }) => this.#hashes.get(at) ?? '')]);
  }
}

function measureLine(columns: SnapshotColumns, code: string, measureAt: number, positions: readonly number[]): string {
  const base = measureAt * columns.entityIds.length;
  const units = positions.map((position) => unitsAt(columns.value, base + position));
  const ranks = positions.map((position) => columns.rank[base + position] || null);
  return canonicalText([code, units, ranks]);
}

function lineHash(line: string): string {
  return sha256Hex(`${line}\n`);
}

/** Names with their positions, in code-unit order. */
function orderOf(
  names: readonly string[],
  expected: number,
  what: string,
): (readonly [name: string, position: number])[] {
  if (names.length !== expected || new Set(names).size !== names.length) {
    throw new PlatformError(
      'SNAPSHOT_CORRUPT',
      `The snapshot needs ${expected} different ${what}, received ${names.length}`,
      {
        details: { expected, received: names.length },
      },
    );
  }
  return names.map((name, position) => [name, position] as const).sort(([a], [b]) => (a < b ? -1 : 1));
}

function unitsAt(values: Float64Array, at: number): number | null {
  const value = values[at] ?? Number.NaN;
  return Number.isNaN(value) ? null : toUnits(value);
}
