import type { YearScoresFragment } from '../generated/operations.ts';

/** A figure of an entity in a year. */
export interface Point {
  readonly year: number;
  /** 0 to 1; null = there was none. */
  readonly value: number | null;
  readonly rank: number | null;
  /** The entity did not exist then: the value is the plain mean of its predecessors, the rank is among such means. */
  readonly isDerived: boolean;
}

/** Who is ranked, with the ids of the entities that it came from. */
export interface Member {
  readonly id: string;
  readonly predecessors: readonly { readonly id: string }[];
}

/** A score of an earlier or later year. */
export interface PastScore {
  readonly entityId: string;
  readonly year: number;
  readonly value: number | null;
  readonly rank: number | null;
}

/** Scores by entity and year as the graph tells them, in its order. */
export function pastScoresOf({ edges }: YearScoresFragment): readonly PastScore[] {
  return edges.flatMap(({ node: { key, value, rank } }) =>
    key.entity === null || key.year === null
      ? []
      : [{ entityId: key.entity.id, year: key.year, value: value.average, rank: rank.min }],
  );
}

/**
 * The years of each entity, by its own scores or, before it existed, by the plain mean of its predecessors: as the owner of the index did when it ranked the 34
 * provinces for 2024. Entities are joined by id, which holds the code system: seven codes of provinces changed their meaning in 2025.
 * @param members who is ranked together
 * @param scores of all rounds of the level in one measure, any order
 * @returns by id of the member, in order of years; a mean only when all predecessors have a value
 */
export function historyOf(members: readonly Member[], scores: readonly PastScore[]): ReadonlyMap<string, Point[]> {
  const byEntity = Map.groupBy(scores, ({ entityId }) => entityId);
  const histories = new Map<string, Point[]>(
    members.map(({ id }) => [
      id,
      (byEntity.get(id) ?? []).map(({ year, value, rank }) => ({ year, value, rank, isDerived: false })),
    ]),
  );
  const years = new Set(scores.map(({ year }) => year));
  for (const year of years) {
    const means = members.flatMap(({ id, predecessors }) => {
      if (histories.get(id)?.some((point) => point.year === year) === true) return [];
      const values = predecessors.map(
        (each) => byEntity.get(each.id)?.find((score) => score.year === year)?.value ?? null,
      );
      const value = meanOf(values);
      return value === null ? [] : [{ id, value }];
    });
    // A rank says something only when everybody is in it.
    const isWhole = means.length === members.length;
    for (const { id, value } of means) {
      const rank = isWhole ? 1 + means.filter((other) => other.value > value).length : null;
      histories.get(id)?.push({ year, value, rank, isDerived: true });
    }
  }
  for (const points of histories.values()) points.sort((a, b) => a.year - b.year);
  return histories;
}

function meanOf(values: readonly (number | null)[]): number | null {
  if (values.length === 0) return null;
  let sum = 0;
  for (const value of values) {
    if (value === null) return null;
    sum += value;
  }
  return sum / values.length;
}

/** How an entity moved. */
export interface Change {
  /** Places; positive = up. */
  readonly rank: number | null;
  readonly value: number | null;
  /** The year that it is compared with. */
  readonly since: number;
  readonly isDerived: boolean;
}

/** The change of a row that has none against a published year before: from the last year that its history knows. Null = it knows none. */
export function changeSince(
  now: { readonly year: number; readonly rank: number | null; readonly value: number | null },
  history: readonly Point[],
): Change | null {
  const past = history.findLast(({ year, value }) => year < now.year && value !== null);
  if (past === undefined || past.value === null || now.value === null) return null;
  return {
    rank: past.rank === null || now.rank === null ? null : past.rank - now.rank,
    value: now.value - past.value,
    since: past.year,
    isDerived: past.isDerived,
  };
}
