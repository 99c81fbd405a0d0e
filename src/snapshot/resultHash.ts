import { PlatformError } from '../domain/errors.js';
import type { SnapshotColumns } from '../domain/snapshot.js';
import { canonicalText } from '../proof/canonical.js';
import { sha256HexOfLines } from '../proof/hash.js';

/**
 * SHA-256 over the values and ranks of a snapshot, in words that mean the same in every database. Anyone who holds the published table can compute
 * it: the first line is the JSON list of entity keys in code-unit order; then, for each measure code in that order, one line
 * `["CODE",[units,…],[rank,…]]` with values in whole units of 1e-12 and null for no value or rank; every line ends with a line feed.
 * @param entityKeys one per row: `GSO-2004:74`
 * @param measureCodes one per measure
 * @returns 64 hexadecimal characters; the same for any order of rows and measures
 * @throws PlatformError SNAPSHOT_CORRUPT when the keys or codes do not fit the columns, or one occurs twice
 */
export function resultHash(
  columns: SnapshotColumns,
  entityKeys: readonly string[],
  measureCodes: readonly string[],
): string {
  const entities = orderOf(entityKeys, columns.entityIds.length, 'entity keys');
  const measures = orderOf(measureCodes, columns.measureIds.length, 'measure codes');
  return sha256HexOfLines(lines());

  function* lines(): Generator<string> {
    yield canonicalText(entities.map(([key]) => key));
    for (const [code, measureAt] of measures) {
      const base = measureAt * columns.entityIds.length;
      const units = entities.map(([, position]) => unitsAt(columns.value, base + position));
      const ranks = entities.map(([, position]) => columns.rank[base + position] || null);
      yield canonicalText([code, units, ranks]);
    }
  }
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

/** As in scoring/quantise.ts, which this room cannot import. */
function unitsAt(values: Float64Array, at: number): number | null {
  const value = values[at] ?? Number.NaN;
  return Number.isNaN(value) ? null : Math.round(value * 1e12);
}
