import type { Framework } from '../../src/domain/framework.js';
import type { SnapshotColumns } from '../../src/domain/snapshot.js';
import type { ScoredFigure } from '../../src/scoring/rule.js';
import { type FigureOf, ScoreBoard, type ScoringGroup, type ScoringResult } from '../../src/scoring/scoreBoard.js';

/** Figures by entity id and indicator code; what is not there was not chosen. */
export type FigureTable = Readonly<Record<number, Readonly<Record<string, ScoredFigure | null>>>>;

/** Everything that one computation depends on. */
interface ScoringInput {
  readonly framework: Framework;
  readonly groups: readonly ScoringGroup[];
  readonly figure: FigureOf;
}

/** Scores a round as a whole. */
export function computeScores({ framework, groups, figure }: ScoringInput): ScoringResult {
  return new ScoreBoard(framework, groups).score(figure, null);
}

/** Computes one peer group, `GROUP`, of the entities in the table, in id order. */
export function scoreTable(framework: Framework, table: FigureTable, peerGroupCode = 'GROUP'): ScoringResult {
  const groups = [{ peerGroupId: 1, peerGroupCode, entityIds: Object.keys(table).map(Number) }];
  return computeScores({ framework, groups, figure: lookUp(framework, table) });
}

/** The figure function of a table. */
export function lookUp(framework: Framework, table: FigureTable): FigureOf {
  const codes = new Map(framework.measures.map(({ id, code }) => [id, code]));
  return (entityId, indicatorId) => table[entityId]?.[codes.get(indicatorId) ?? ''] ?? null;
}

type CellColumn = 'value' | 'points' | 'rank' | 'coverage' | 'automaticShare' | 'observationId';

/** One column of a measure for all entities; null for NaN. */
export function column(
  columns: SnapshotColumns,
  framework: Framework,
  code: string,
  name: CellColumn,
): (number | null)[] {
  const count = columns.entityIds.length;
  const at = framework.measures.findIndex((measure) => measure.code === code);
  return Array.from(columns[name].subarray(at * count, (at + 1) * count), (x) => (Number.isNaN(x) ? null : x));
}
