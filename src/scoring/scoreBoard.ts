import { PlatformError } from '../domain/errors.js';
import type { Framework } from '../domain/framework.js';
import type { SnapshotColumns } from '../domain/snapshot.js';
import { aggregate, type PointColumns, settle } from './aggregate.js';
import { type MeasureGraph, measureGraph } from './measureGraph.js';
import { rankGroup } from './rank.js';
import type { ScoredFigure } from './rule.js';
import { type GroupRange, type ScoringProblem, scoreIndicator } from './scoreIndicators.js';

/** Entities that are ranked together. */
export interface ScoringGroup {
  readonly peerGroupId: number;
  /** Read by the framework's rules on what is not applicable. */
  readonly peerGroupCode: string;
  /** In code order: the order of the result's rows. */
  readonly entityIds: readonly number[];
}

/** The figure that was chosen for an entity and indicator; null = none. */
export type FigureOf = (entityId: number, indicatorId: number) => ScoredFigure | null;

/** The scores of one round and what could not be scored. */
export interface ScoringResult {
  /** Never changed later; what is alike in the result before may be the same array. */
  readonly columns: SnapshotColumns;
  /** In framework order, then in the order of the rows. */
  readonly problems: readonly ScoringProblem[];
  /** Positions of the measures that were scored, ascending; all others are as in the result before. */
  readonly scored: readonly number[];
}

/**
 * The points of one round, kept so that a change costs what it touches: the indicators whose figures changed, the measures above them, and the ranks
 * of these. A measure is scored for all its entities, since the best of a peer group and the ranks depend on all; the steps and their order are the same
 * as for a whole round, so the result is too, to the last bit.
 */
export class ScoreBoard {
  readonly #framework: Framework;
  readonly #graph: MeasureGraph;
  readonly #groups: readonly GroupRange[];
  readonly #points: PointColumns;
  readonly #problems: ScoringProblem[][];
  #columns: SnapshotColumns;

  /** @throws PlatformError METHOD_RULE_INVALID when the framework cannot be computed, METHOD_INPUT_INVALID when an entity stands in two places */
  constructor(framework: Framework, groups: readonly ScoringGroup[]) {
    const { entityIds, groupOf, ranges } = layOut(groups);
    const cells = framework.measures.length * entityIds.length;
    this.#framework = framework;
    this.#graph = measureGraph(framework);
    this.#groups = ranges;
    this.#points = makePointColumns(entityIds.length, cells);
    this.#problems = framework.measures.map(() => []);
    this.#columns = makeColumns(framework, entityIds, groupOf, cells);
  }

  /** Memory of the points and of the newest columns. */
  get byteLength(): number {
    const arrays = [...Object.values(this.#points), ...Object.values(this.#columns)];
    return arrays.reduce((sum, array) => sum + (typeof array === 'number' ? 0 : array.byteLength), 0);
  }

  /**
   * Scores indicators and what is above them: rules, points, main indexes, then pillars and the index, then ranks within each peer group.
   *
   * Numbers are float64. Points are added unrounded in framework order, keep what additions lose, and are quantised to 1e-12 at the end, so that the
   * same points in another order give the same value and rank. A figure that contradicts its rule is a problem and counts as missing.
   * @param figure asked at most once per pair
   * @param changed ids of the indicators one of whose figures is not as it was; null = all. Must be null at first
   */
  score(figure: FigureOf, changed: ReadonlySet<number> | null): ScoringResult {
    const { measures } = this.#framework;
    const indicators = this.#graph.indicators.filter((position) => changed?.has(measures[position]?.id ?? 0) ?? true);
    const parents = this.#above(new Set(indicators));
    const scored = [...indicators, ...parents].sort((a, b) => a - b);
    const next = new NextColumns(this.#columns);
    const cells = makeCells(this.#points.entityCount);
    const { entityIds } = this.#columns;
    const [framework, groups, columns] = [this.#framework, this.#groups, this.#points];
    for (const position of indicators) {
      const step = { framework, groups, entityIds, figure, columns, observationId: cells.observationId };
      this.#problems[position] = scoreIndicator(step, position);
      next.put('observationId', position, cells.observationId);
    }
    aggregate(framework, this.#graph, columns, parents);
    for (const position of scored) {
      settle(columns, position, measures[position]?.maxPoints ?? Number.NaN, cells);
      for (const { from, to } of groups) rankGroup(cells.value, cells.rank, from, to);
      for (const name of SCORED) next.put(name, position, cells[name]);
    }
    this.#columns = next.columns;
    return { columns: this.#columns, problems: this.#problems.flat(), scored };
  }

  /** The measures that the points of these count in, children before their parents. */
  #above(touched: Set<number>): number[] {
    return this.#graph.parents.filter((parent) => {
      const isTouched = (this.#graph.children[parent] ?? []).some(({ position }) => touched.has(position));
      if (isTouched) touched.add(parent);
      return isTouched;
    });
  }
}

function layOut(groups: readonly ScoringGroup[]): { entityIds: Int32Array; groupOf: Int32Array; ranges: GroupRange[] } {
  const entityIds = Int32Array.from(groups.flatMap((group) => group.entityIds));
  if (new Set(entityIds).size < entityIds.length) {
    throw new PlatformError(
      'METHOD_INPUT_INVALID',
      'An entity is ranked twice in one round; list it in one peer group, once',
    );
  }
  const groupOf = new Int32Array(entityIds.length);
  const ranges: GroupRange[] = [];
  let from = 0;
  for (const { peerGroupId, peerGroupCode, entityIds: members } of groups) {
    const to = from + members.length;
    groupOf.fill(peerGroupId, from, to);
    ranges.push({ peerGroupId, peerGroupCode, from, to });
    from = to;
  }
  return { entityIds, groupOf, ranges };
}

function makePointColumns(entityCount: number, cells: number): PointColumns {
  return {
    entityCount,
    earned: new Float64Array(cells),
    lost: new Float64Array(cells),
    applicable: new Float64Array(cells),
    covered: new Float64Array(cells),
    automatic: new Float64Array(cells),
    counted: new Float64Array(cells),
  };
}

/** Columns without a value; a measure that nobody scores, because it has no children, keeps them. */
function makeColumns(framework: Framework, entityIds: Int32Array, groupOf: Int32Array, cells: number): SnapshotColumns {
  return {
    entityIds,
    groupOf,
    measureIds: Int32Array.from(framework.measures, ({ id }) => id),
    maxPoints: Float64Array.from(framework.measures, ({ maxPoints }) => maxPoints),
    value: new Float64Array(cells).fill(Number.NaN),
    points: new Float64Array(cells).fill(Number.NaN),
    rank: new Int32Array(cells),
    coverage: new Float64Array(cells).fill(Number.NaN),
    automaticShare: new Float64Array(cells).fill(Number.NaN),
    observationId: new Float64Array(cells),
  };
}

const SCORED = ['value', 'points', 'rank', 'coverage', 'automaticShare'] as const;

/** The columns of one measure, one cell per entity. */
function makeCells(entityCount: number) {
  return {
    value: new Float64Array(entityCount),
    points: new Float64Array(entityCount),
    rank: new Int32Array(entityCount),
    coverage: new Float64Array(entityCount),
    automaticShare: new Float64Array(entityCount),
    observationId: new Float64Array(entityCount),
  };
}

/**
 * Columns that differ from others in a few measures. Readers may hold the others, so a column is copied before it is changed, but only then: for communes
 * each takes 9 MB, and a figure rarely changes what it covers or who measured it.
 */
class NextColumns {
  columns: SnapshotColumns;
  readonly #before: SnapshotColumns;

  constructor(before: SnapshotColumns) {
    this.#before = before;
    this.columns = before;
  }

  put(name: keyof ReturnType<typeof makeCells>, measure: number, cells: Float64Array | Int32Array): void {
    const from = measure * cells.length;
    const known = this.columns[name];
    let at = 0;
    while (at < cells.length && Object.is(known[from + at], cells[at])) at += 1;
    if (at === cells.length) return;
    if (known === this.#before[name]) this.columns = { ...this.columns, [name]: known.slice() };
    this.columns[name].set(cells, from);
  }
}
