import { quantise } from '../domain/quantise.js';
import type { SnapshotColumns } from '../domain/snapshot.js';
import { entityPosition } from './columns.js';

/** The numbers of a score that can be compared and summed up. */
const SCORE_FIGURES = [
  'value',
  'points',
  'rank',
  'coverage',
  'automaticShare',
  'changeOfValue',
  'changeOfRank',
] as const;
/** See {@link SCORE_FIGURES}. */
export type ScoreFigure = (typeof SCORE_FIGURES)[number];

/** Reads a figure of a cell; NaN = there is none. */
export type FigureReader = (cell: number) => number;

/** A snapshot beside the one of the year before that it is compared with. */
export interface ComparedColumns {
  readonly columns: SnapshotColumns;
  /** Null = nothing comparable was published. */
  readonly previous: SnapshotColumns | null;
  /** For each measure its place in `previous`; -1 = it was not there. Empty without `previous`. */
  readonly previousMeasures: Int32Array;
}

/**
 * How a figure is read from the columns, without an object per score.
 * @returns changes as in `Score.change`: new value minus old; old rank minus new, within one peer group
 */
export function figureReader(compared: ComparedColumns, figure: ScoreFigure): FigureReader {
  const { columns } = compared;
  switch (figure) {
    case 'rank':
      return (cell) => columns.rank[cell] || Number.NaN;
    case 'changeOfValue':
      return changeReader(compared, (previous, cell, before) =>
        quantise((columns.value[cell] ?? Number.NaN) - (previous.value[before] ?? Number.NaN)),
      );
    case 'changeOfRank':
      return changeReader(compared, (previous, cell, before) => {
        const isSameGroup =
          columns.groupOf[cell % columns.entityIds.length] === previous.groupOf[before % previous.entityIds.length];
        const [now, then] = [columns.rank[cell], previous.rank[before]];
        return isSameGroup && now && then ? then - now : Number.NaN;
      });
    default: {
      const column = columns[figure];
      return (cell) => column[cell] ?? Number.NaN;
    }
  }
}

/** The cell of the same entity and measure in the snapshot of the year before; -1 = none. */
function previousCell({ columns, previous, previousMeasures }: ComparedColumns, cell: number): number {
  if (previous === null) return -1;
  const entityCount = columns.entityIds.length;
  const measureAt = previousMeasures[Math.floor(cell / entityCount)] ?? -1;
  const entityAt = entityPosition(previous, columns.entityIds[cell % entityCount] ?? 0);
  return measureAt < 0 || entityAt === null ? -1 : measureAt * previous.entityIds.length + entityAt;
}

function changeReader(
  compared: ComparedColumns,
  difference: (previous: SnapshotColumns, cell: number, before: number) => number,
): FigureReader {
  const { previous } = compared;
  if (previous === null) return () => Number.NaN;
  return (cell) => {
    const before = previousCell(compared, cell);
    return before < 0 ? Number.NaN : difference(previous, cell, before);
  };
}
