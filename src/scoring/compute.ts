import { PlatformError } from '../domain/errors.js';
import type { Framework } from '../domain/framework.js';
import type { SnapshotColumns } from '../domain/snapshot.js';
import { aggregate, type PointColumns, settle } from './aggregate.js';
import { measureGraph } from './measureGraph.js';
import { rankGroup } from './rank.js';
import type { ScoredFigure } from './rule.js';
import { type GroupRange, type ScoringProblem, scoreIndicators } from './scoreIndicators.js';

export type { ScoredFigure } from './rule.js';
export type { ScoringProblem } from './scoreIndicators.js';

/** The version of the method in this room; it changes whenever the same input could give another result. */
export const ENGINE_VERSION = '1';

/** Entities that are ranked together. */
export interface ScoringGroup {
  readonly peerGroupId: number;
  /** Read by the framework's rules on what is not applicable. */
  readonly peerGroupCode: string;
  /** In code order: the order of the result's rows. */
  readonly entityIds: readonly number[];
}

/** Everything that one computation depends on. */
export interface ScoringInput {
  readonly framework: Framework;
  readonly groups: readonly ScoringGroup[];
  /** The figure that was chosen for an entity and indicator; null = none. Asked at most once per pair. */
  figure(entityId: number, indicatorId: number): ScoredFigure | null;
}

/** The scores of one round and what could not be scored. */
export interface ScoringResult {
  readonly columns: SnapshotColumns;
  /** In framework order, then in the order of the rows. */
  readonly problems: readonly ScoringProblem[];
}

/**
 * Computes all scores and ranks of a round: rules, points, main indexes, then pillars and the index, then ranks within each peer group.
 *
 * Numbers are float64. Points are added unrounded in framework order, keep what additions lose, and are quantised to 1e-12 at the end, so that the
 * same points in another order give the same value and rank.
 * @returns rows by group, then in the given order; a figure that contradicts its rule is a problem and counts as missing
 * @throws PlatformError METHOD_RULE_INVALID when the framework cannot be computed, METHOD_INPUT_INVALID when an entity stands in two places
 */
export function computeScores(input: ScoringInput): ScoringResult {
  const { framework } = input;
  const graph = measureGraph(framework);
  const { entityIds, groupOf, groups } = layOut(input.groups);
  const cells = framework.measures.length * entityIds.length;
  const points = makePointColumns(entityIds.length, cells);
  const columns = makeColumns(framework, entityIds, groupOf, cells);
  const problems: ScoringProblem[] = [];
  const figure = (entityId: number, indicatorId: number) => input.figure(entityId, indicatorId);
  const { observationId } = columns;
  scoreIndicators({ framework, graph, groups, entityIds, figure, columns: points, observationId, problems });
  aggregate(framework, graph, points);
  settle(points, columns);
  for (let measure = 0; measure < framework.measures.length; measure++) {
    const base = measure * entityIds.length;
    for (const { from, to } of groups) rankGroup(columns.value, columns.rank, base + from, base + to);
  }
  return { columns, problems };
}

function layOut(groups: readonly ScoringGroup[]): { entityIds: Int32Array; groupOf: Int32Array; groups: GroupRange[] } {
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
  return { entityIds, groupOf, groups: ranges };
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

function makeColumns(framework: Framework, entityIds: Int32Array, groupOf: Int32Array, cells: number): SnapshotColumns {
  return {
    entityIds,
    groupOf,
    measureIds: Int32Array.from(framework.measures, ({ id }) => id),
    maxPoints: Float64Array.from(framework.measures, ({ maxPoints }) => maxPoints),
    value: new Float64Array(cells),
    points: new Float64Array(cells),
    rank: new Int32Array(cells),
    coverage: new Float64Array(cells),
    automaticShare: new Float64Array(cells),
    observationId: new Float64Array(cells),
  };
}
