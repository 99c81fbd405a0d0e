import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countChangedScores, diffRanking, diffScores, reachesThreshold } from '../../src/snapshot/diff.js';
import { makeColumns, snapshots, type TestRow } from './columnsFixture.js';

const row = (id: number, value: number | null, rank: number, group = 1): TestRow => ({
  id,
  group,
  values: [value],
  ranks: [rank],
});
const before = makeColumns([row(1, 0.9, 1), row(2, 0.5, 2), row(3, 0.4, 3), row(4, null, 0)], 1);

describe('diffRanking', () => {
  it('is empty when nothing changed', () => {
    expect(
      diffRanking(before, makeColumns([row(1, 0.9, 1), row(2, 0.5, 2), row(3, 0.4, 3), row(4, null, 0)], 1), 0, 1),
    ).toEqual([]);
  });

  it('lists rows whose value or rank changed, in the new order', () => {
    const after = makeColumns([row(1, 0.9, 1), row(2, 0.5, 3), row(3, 0.6, 2), row(4, null, 0)], 1);
    expect(diffRanking(before, after, 0, 1)).toEqual([
      { entityId: 3, kind: 'CHANGED', rank: 2, previousRank: 3, value: 0.6, previousValue: 0.4 },
      { entityId: 2, kind: 'CHANGED', rank: 3, previousRank: 2, value: 0.5, previousValue: 0.5 },
    ]);
  });

  it('lists a value that came and one that went', () => {
    const after = makeColumns([row(1, null, 0), row(2, 0.5, 1), row(3, 0.4, 2), row(4, 0, 3)], 1);
    expect(diffRanking(before, after, 0, 1)).toMatchObject([
      { entityId: 2, rank: 1, previousRank: 2 },
      { entityId: 3, rank: 2, previousRank: 3 },
      { entityId: 4, rank: 3, previousRank: null, value: 0, previousValue: null },
      { entityId: 1, rank: null, previousRank: 1, value: null, previousValue: 0.9 },
    ]);
  });

  it('lists an added entity even without a value, and a removed one after all others', () => {
    const after = makeColumns([row(2, 0.5, 1), row(3, 0.4, 2), row(4, null, 0), row(5, null, 0)], 1);
    expect(diffRanking(before, after, 0, 1).slice(2)).toEqual([
      { entityId: 5, kind: 'ADDED', rank: null, previousRank: null, value: null, previousValue: null },
      { entityId: 1, kind: 'REMOVED', rank: null, previousRank: 1, value: null, previousValue: 0.9 },
    ]);
  });

  it('takes a move between peer groups as removed here and added there', () => {
    const after = makeColumns([row(1, 0.9, 1, 2), row(2, 0.5, 2), row(3, 0.4, 3), row(4, null, 0)], 1);
    expect(diffRanking(before, after, 0, 1)).toMatchObject([{ entityId: 1, kind: 'REMOVED' }]);
    expect(diffRanking(before, after, 0, 2)).toMatchObject([
      { entityId: 1, kind: 'ADDED', rank: 1, previousRank: null },
    ]);
  });

  it('finds the measure by its id, and takes all values of a new one as come', () => {
    const two = makeColumns([{ id: 1, values: [0.9, 0.3], ranks: [1, 1] }], 2);
    const one = makeColumns([{ id: 1, values: [0.3], ranks: [1] }], 1);
    const renamed = { ...one, measureIds: Int32Array.of(102) };
    expect(diffRanking(two, renamed, 0, 1)).toEqual([]);
    expect(diffRanking(one, two, 1, 1)).toMatchObject([{ kind: 'CHANGED', value: 0.3, previousValue: null }]);
  });

  it('brings the old ranking to the new state, for any two snapshots', () => {
    fc.assert(
      fc.property(snapshots, snapshots, fc.constantFrom(1, 2), (old, next, group) => {
        if (old.measureIds.length === 0 || next.measureIds.length === 0) return;
        const state = stateOf(old, group);
        for (const { entityId, kind, rank, value } of diffRanking(old, next, 0, group)) {
          if (kind === 'REMOVED') state.delete(entityId);
          else state.set(entityId, `${rank ?? 0} ${value}`);
        }
        expect(state).toEqual(stateOf(next, group));
      }),
    );
  });
});

/** Rank and value of the first measure by entity id. */
function stateOf(columns: ReturnType<typeof makeColumns>, group: number): Map<number, string> {
  const state = new Map<number, string>();
  columns.entityIds.forEach((id, position) => {
    const value = columns.value[position];
    if (columns.groupOf[position] === group)
      state.set(id, `${columns.rank[position]} ${Number.isNaN(value) ? null : value}`);
  });
  return state;
}

describe('diffScores', () => {
  const scores = (id: number, values: (number | null)[], ranks: number[], group = 1): TestRow => ({
    id,
    group,
    values,
    ranks,
  });
  const old = makeColumns(
    [scores(1, [0.9, 0.3], [1, 2]), scores(2, [0.5, 0.6], [2, 1]), scores(3, [null, 0.1], [0, 3])],
    2,
  );

  it('compares the chosen entities and measures alone', () => {
    const next = makeColumns(
      [scores(1, [0.4, 0.3], [2, 2]), scores(2, [0.5, 0.6], [1, 1]), scores(3, [null, 0.2], [0, 3])],
      2,
    );
    expect(diffScores(old, next, { entityIds: null, measureIds: [102, 101] })).toEqual([
      { entityId: 3, measureId: 102, kind: 'CHANGED', rank: 3, previousRank: 3, value: 0.2, previousValue: 0.1 },
      { entityId: 1, measureId: 101, kind: 'CHANGED', rank: 2, previousRank: 1, value: 0.4, previousValue: 0.9 },
      { entityId: 2, measureId: 101, kind: 'CHANGED', rank: 1, previousRank: 2, value: 0.5, previousValue: 0.5 },
    ]);
    expect(diffScores(old, next, { entityIds: [3, 9], measureIds: [101, 999] })).toEqual([]);
  });

  it('takes every score as added when nothing is known yet, and in the order of the rows', () => {
    const all = diffScores(null, old, { entityIds: [3, 1], measureIds: [101] });
    expect(all).toMatchObject([
      { entityId: 1, kind: 'ADDED', rank: 1, previousRank: null, previousValue: null },
      { entityId: 3, kind: 'ADDED', rank: null, value: null },
    ]);
  });

  it('sees what changed beside value and rank: points, coverage, automatic share, peer group', () => {
    const choice = { entityIds: null, measureIds: [101] };
    const changed = (next: typeof old) => diffScores(old, next, choice).map(({ entityId }) => entityId);
    const set = (column: Float64Array, at: number, value: number) =>
      column.map((each, index) => (index === at ? value : each));
    expect(changed({ ...old, points: set(old.points, 1, 7) })).toEqual([2]);
    expect(changed({ ...old, coverage: set(old.coverage, 0, 0.5) })).toEqual([1]);
    expect(changed({ ...old, automaticShare: set(old.automaticShare, 2, 0.5) })).toEqual([3]);
    expect(changed({ ...old, groupOf: Int32Array.of(1, 1, 2) })).toEqual([3]);
    expect(changed({ ...old, observationId: set(old.observationId, 0, 5) })).toEqual([]);
  });

  it('brings the old scores to the new state, for any two snapshots', () => {
    fc.assert(
      fc.property(snapshots, snapshots, (previous, next) => {
        const measureIds = [101, 102, 103, 104];
        const state = cellsOf(previous);
        for (const change of diffScores(previous, next, { entityIds: null, measureIds })) {
          const key = `${change.measureId} ${change.entityId}`;
          const before = change.kind === 'ADDED' ? undefined : `${change.previousRank ?? 0} ${change.previousValue}`;
          expect(state.get(key)).toBe(before);
          if (change.kind === 'REMOVED') state.delete(key);
          else state.set(key, `${change.rank ?? 0} ${change.value}`);
        }
        expect(state).toEqual(cellsOf(next));
      }),
    );
  });

  it('is counted alike without rows, for any two snapshots', () => {
    fc.assert(
      fc.property(snapshots, snapshots, fc.boolean(), (previous, other, isAlike) => {
        const turned = Float64Array.from(previous.value).reverse();
        const next = isAlike
          ? { ...previous, value: turned, rank: Int32Array.from(previous.rank, (rank, at) => (rank + at) % 3) }
          : other;
        const choice = { entityIds: null, measureIds: [...next.measureIds] };
        expect(countChangedScores(previous, next)).toBe(diffScores(previous, next, choice).length);
      }),
    );
  });

  function cellsOf(columns: typeof old): Map<string, string> {
    const cells = new Map<string, string>();
    columns.measureIds.forEach((measureId, measureAt) => {
      columns.entityIds.forEach((entityId, entityAt) => {
        const cell = measureAt * columns.entityIds.length + entityAt;
        const value = columns.value[cell];
        cells.set(`${measureId} ${entityId}`, `${columns.rank[cell]} ${Number.isNaN(value) ? null : value}`);
      });
    });
    return cells;
  }
});

describe('reachesThreshold', () => {
  const moved = { entityId: 1, kind: 'CHANGED', rank: 5, previousRank: 8, value: 0.35, previousValue: 0.3 } as const;
  it.each([
    ['no threshold', moved, null, null, true],
    ['enough places', moved, 3, null, true],
    ['too few places', moved, 4, null, false],
    ['enough places down', { ...moved, rank: 11 }, 3, null, true],
    ['enough value, though floats miss it by a hair', moved, null, 0.05, true],
    ['too little value', moved, null, 0.051, false],
    ['one of two', moved, 4, 0.05, true],
    ['none of two', moved, 4, 0.06, false],
    ['a row that came', { ...moved, kind: 'ADDED' }, 9, null, true],
    ['a row that went', { ...moved, kind: 'REMOVED' }, 9, null, true],
    ['a rank that went', { ...moved, rank: null }, 9, null, true],
    [
      'a value that came without a rank',
      { ...moved, rank: null, previousRank: null, previousValue: null },
      9,
      null,
      true,
    ],
    ['an unranked value that moved', { ...moved, rank: null, previousRank: null }, 1, null, false],
  ] as const)('%s', (_name, change, rank, value, reached) => {
    expect(reachesThreshold(change, { rank, value })).toBe(reached);
  });
});
