import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SnapshotColumns } from '../../src/domain/snapshot.js';
import { figureReader, type ScoreFigure } from '../../src/snapshot/figure.js';
import { type GroupedRound, groupScores } from '../../src/snapshot/group.js';
import { snapshots } from './columnsFixture.js';

/** A round with random parts of keys, and a filter that refuses the cells in a set. */
interface RandomRound {
  readonly columns: SnapshotColumns;
  /** The year before, whose measures are the same; null = none. */
  readonly previous: SnapshotColumns | null;
  readonly roundPart: number;
  readonly measureParts: readonly (readonly number[])[];
  readonly entityParts: readonly number[];
  readonly refused: ReadonlySet<number>;
}

const randomRounds: fc.Arbitrary<readonly RandomRound[]> = fc.array(
  fc.tuple(snapshots, fc.option(snapshots)).chain(([columns, previous]) => {
    const [entities, measures] = [columns.entityIds.length, columns.measureIds.length];
    return fc.record({
      ...{ columns: fc.constant(columns), previous: fc.constant(previous), roundPart: fc.nat(1) },
      measureParts: fc.array(fc.uniqueArray(fc.nat(2), { maxLength: 2 }), { minLength: measures, maxLength: measures }),
      entityParts: fc.array(fc.integer({ min: -1, max: 2 }), { minLength: entities, maxLength: entities }),
      refused: fc.array(fc.nat(23)).map((cells) => new Set(cells)),
    });
  }),
  { maxLength: 3 },
);

function toGrouped({ columns, previous, roundPart, measureParts, entityParts, refused }: RandomRound): GroupedRound {
  const ids = [...(previous?.measureIds ?? [])];
  const previousMeasures = Int32Array.from(columns.measureIds, (id) => ids.indexOf(id));
  return {
    ...{ entityCount: columns.entityIds.length, roundPart, entityParts: Int32Array.from(entityParts) },
    read: (figure) => figureReader({ columns, previous, previousMeasures }, figure),
    accepts: refused.size === 0 ? null : (cell) => !refused.has(cell),
    measures: measureParts.map((parts, at) => ({ at, parts })),
  };
}

/** A score as a plain object, which the oracle works on. */
type Plain = Readonly<Record<ScoreFigure, number | null>> & { readonly key: string; readonly id: string };

function orNull(x: number | undefined): number | null {
  return x === undefined || Number.isNaN(x) ? null : x;
}

/** Every score once per group that it counts in. */
function listPlain(rounds: readonly RandomRound[]): Plain[] {
  return rounds.flatMap(({ columns, previous, roundPart, measureParts, entityParts, refused }, roundAt) =>
    measureParts.flatMap((parts, measureAt) =>
      parts.flatMap((part) =>
        [...columns.entityIds].flatMap((entityId, entityAt): Plain[] => {
          const cell = measureAt * columns.entityIds.length + entityAt;
          const entityPart = entityParts[entityAt] ?? -1;
          if (entityPart === -1 || refused.has(cell)) return [];
          const oldEntity = previous?.entityIds.indexOf(entityId) ?? -1;
          const oldMeasure = previous?.measureIds.indexOf(columns.measureIds[measureAt] ?? 0) ?? -1;
          const oldCell =
            previous === null || oldEntity < 0 || oldMeasure < 0
              ? -1
              : oldMeasure * previous.entityIds.length + oldEntity;
          const [value, oldValue] = [orNull(columns.value[cell]), orNull(previous?.value[oldCell])];
          const [rank, oldRank] = [columns.rank[cell] || null, previous?.rank[oldCell] || null];
          const isSameGroup = previous !== null && columns.groupOf[entityAt] === previous.groupOf[oldEntity];
          return [
            {
              ...{ key: `${roundPart} ${part} ${entityPart}`, id: `${roundAt} ${cell}`, value, rank },
              points: orNull(columns.points[cell]),
              coverage: orNull(columns.coverage[cell]),
              automaticShare: orNull(columns.automaticShare[cell]),
              changeOfValue: value === null || oldValue === null ? null : value - oldValue,
              changeOfRank: rank === null || oldRank === null || !isSameGroup ? null : oldRank - rank,
            },
          ];
        }),
      ),
    ),
  );
}

const FIGURES = ['value', 'points', 'rank', 'coverage', 'automaticShare', 'changeOfValue', 'changeOfRank'] as const;

function naive(numbers: readonly number[]) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const sum = sorted.reduce((total, x) => total + x, 0);
  const mean = sum / sorted.length;
  const middle = sorted.length >> 1;
  return {
    sum,
    average: mean,
    median: sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2,
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
    standardDeviation:
      sorted.length < 2
        ? null
        : Math.sqrt(sorted.reduce((total, x) => total + (x - mean) * (x - mean), 0) / (sorted.length - 1)),
  };
}

it('groups and their statistics equal those of a list of plain objects', () => {
  fc.assert(
    fc.property(randomRounds, fc.constantFrom(0, 0.1, 0.25, 0.5, 0.9, 1), (rounds, p) => {
      const expected = Map.groupBy(listPlain(rounds), ({ key }) => key);
      const groups = groupScores(rounds.map(toGrouped), 3, 1000) ?? [];
      const keyOf = (group: (typeof groups)[number]) => `${group.roundPart} ${group.measurePart} ${group.entityPart}`;
      expect(groups.map(keyOf).sort()).toEqual([...expected.keys()].sort());
      for (const group of groups) {
        const members = expected.get(keyOf(group)) ?? [];
        expect(group.size).toBe(members.length);
        for (const figure of FIGURES) {
          const numbers = members.flatMap((member) => member[figure] ?? []);
          const statistics = group.statistics(figure);
          expect(statistics.count).toBe(numbers.length);
          if (numbers.length === 0) {
            expect(statistics.average).toBeNull();
            continue;
          }
          for (const [name, wanted] of Object.entries(naive(numbers))) {
            const found = statistics[name as 'sum'];
            if (wanted === null) expect(found).toBeNull();
            else expect(found).toBeCloseTo(wanted, 10);
          }
          const sorted = [...numbers].sort((a, b) => a - b);
          const [low = 0, high = low] = [
            sorted[Math.floor(p * (sorted.length - 1))],
            sorted[Math.ceil(p * (sorted.length - 1))],
          ];
          const share = (p * (sorted.length - 1)) % 1;
          expect(statistics.quantile(p)).toBeCloseTo(low * (1 - share) + high * share, 10);
        }
        for (const sign of [1, -1] as const) {
          const wanted = members
            .filter(({ value }) => value !== null)
            .sort((a, b) => sign * ((b.value ?? 0) - (a.value ?? 0)))
            .slice(0, 3);
          const found = group.extremes(3, sign).map(({ roundAt, cell }) => `${roundAt} ${cell}`);
          expect(found).toEqual(wanted.map(({ id }) => id));
        }
      }
    }),
  );
});

it('more groups than allowed are not made', () => {
  fc.assert(
    fc.property(randomRounds, (rounds) => {
      const count = groupScores(rounds.map(toGrouped), 3, 1000)?.length ?? 0;
      fc.pre(count > 0);
      expect(groupScores(rounds.map(toGrouped), 3, count)).toHaveLength(count);
      expect(groupScores(rounds.map(toGrouped), 3, count - 1)).toBeNull();
    }),
  );
});
