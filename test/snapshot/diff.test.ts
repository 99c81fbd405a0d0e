import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffRanking } from '../../src/snapshot/diff.js';
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
