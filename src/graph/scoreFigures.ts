import { measurePosition } from '../snapshot/columns.js';
import { type ComparedColumns, figureReader, type ScoreFigure } from '../snapshot/figure.js';
import type { Condition, Filter } from '../store/condition.js';
import type { LoadedRound, View } from './context.js';
import {
  compileCondition,
  compileFilter,
  compileNumber,
  FloatFilter,
  filterInput,
  IntFilter,
  type Leaf,
  type Readers,
  StringFilter,
} from './filter.js';

/** Fields that a score is judged by, whoever and whatever was scored. */
export type FigureField = 'rank' | 'value' | 'points' | 'coverage' | 'automaticShare' | 'change' | 'peerGroup';

type ChangeField = 'value' | 'rank';

const ChangeFilter = filterInput<ChangeField>('ScoreChangeFilter', 'Selects scores by how they changed in a year.', {
  value: [FloatFilter, 'New value minus old value; `{ eq: null }` finds those without a change.'],
  rank: [IntFilter, 'Old rank minus new rank: `{ lt: -5 }` finds who fell more than five places.'],
});

/** Inputs of {@link FigureField}s. */
export const FIGURE_INPUTS = {
  rank: [IntFilter, 'The rank in the peer group; `{ eq: null }` finds those without.'],
  value: [FloatFilter, 'The value, 0 to 1; `{ eq: null }` finds those without.'],
  points: [FloatFilter, 'Points earned.'],
  coverage: [FloatFilter, 'Share of the possible points whose figure is there.'],
  automaticShare: [FloatFilter, 'Share of the possible points that were measured automatically.'],
  change: [ChangeFilter, 'The difference from the published round of the year before, as in `Score.change`.'],
  peerGroup: [StringFilter, 'Code of the peer group.'],
} as const;

/** Which scores of a round are meant; asked with the cell in the columns. */
export type CellTest = (cell: number) => boolean;

/** The columns of a round beside those of the year before, whose measures are looked up when a change is asked for. */
export function comparedColumns({ catalogue }: View, { columns, previous }: LoadedRound): ComparedColumns {
  let measures: Int32Array | null = null;
  const toPrevious = (id: number): number => {
    const code = catalogue.measure(id)?.code;
    if (previous === null || code === undefined) return -1;
    const before = catalogue.measureByCode(previous.head.frameworkCode, code);
    return before === undefined ? -1 : (measurePosition(previous.columns, before.id) ?? -1);
  };
  return {
    columns,
    previous: previous?.columns ?? null,
    get previousMeasures() {
      measures ??= columns.measureIds.map(toPrevious);
      return measures;
    },
  };
}

/** What the fields of a score in a round are tested by; asked with the cell in the columns. */
export function figureReaders(view: View, loaded: LoadedRound): Readers<FigureField, number> {
  const compared = comparedColumns(view, loaded);
  const { columns } = loaded;
  const figure = (name: ScoreFigure): Leaf<number> => ({
    compile(condition) {
      const read = figureReader(compared, name);
      const holds = compileNumber(condition as Condition);
      return (cell) => holds(read(cell));
    },
  });
  return {
    ...{ rank: figure('rank'), value: figure('value'), points: figure('points') },
    ...{ coverage: figure('coverage'), automaticShare: figure('automaticShare') },
    change: {
      compile: (condition, depth) =>
        compileFilter<ChangeField, number>(
          condition as Filter<ChangeField>,
          { value: figure('changeOfValue'), rank: figure('changeOfRank') },
          depth + 1,
        ),
    },
    peerGroup: {
      compile(condition) {
        const holds = compileCondition(condition as Condition);
        const groups = new Map(
          Array.from(new Set(columns.groupOf), (id) => [id, holds(view.catalogue.peerGroup(id)?.code)]),
        );
        return (cell) => groups.get(columns.groupOf[cell % columns.entityIds.length] ?? 0) ?? false;
      },
    },
  };
}
