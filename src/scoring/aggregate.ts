import type { Framework } from '../domain/framework.js';
import { quantise } from '../domain/quantise.js';
import type { MeasureGraph } from './measureGraph.js';

/**
 * The sums that aggregation works on, all in points, one cell per measure and entity as in SnapshotColumns. The step before fills the cells of
 * indicators; those of other measures start at 0.
 */
export interface PointColumns {
  /** Number of entities: cells of one measure. */
  readonly entityCount: number;
  /** Earned, unrounded; 0 = none or no value. */
  readonly earned: Float64Array;
  /** What float64 additions lost of `earned`; the sum of both hardly depends on the order of addition. */
  readonly lost: Float64Array;
  /** Maximum of the applicable indicators below. */
  readonly applicable: Float64Array;
  /** Maximum of those that have a value. */
  readonly covered: Float64Array;
  /** Maximum of those whose chosen source is automatic. */
  readonly automatic: Float64Array;
  /** What a measure counts for in its parent: its maximum, or 0 when it is left out and the rest is scaled up. */
  readonly counted: Float64Array;
}

/**
 * Adds up points along the framework's edges, children first: main indexes from indicators, then pillars and the index from main indexes.
 * @param parents positions of the measures to add up anew, in the graph's order
 *
 * What is missing under LOSES_POINTS counts with 0 earned points. What is left out under EXCLUDE_AND_RESCALE does not count, and the rest is scaled
 * up: earned / counted maximum * full maximum. Sums run over unrounded points in framework order, and keep what each addition loses (Knuth's TwoSum):
 * plain sums of the same points in another order parted 36 of a million exact ties when quantised, these none.
 */
export function aggregate(
  framework: Framework,
  graph: MeasureGraph,
  columns: PointColumns,
  parents: readonly number[],
): void {
  for (const parent of parents) {
    clearMeasure(columns, parent);
    const base = parent * columns.entityCount;
    for (const { position, weight } of graph.children[parent] ?? []) {
      addChild(columns, base, position * columns.entityCount, weight, framework.measures[position]?.maxPoints ?? 0);
    }
    rescale(columns, base, framework.measures[parent]?.maxPoints ?? 0);
  }
}

function addChild(columns: PointColumns, base: number, childBase: number, weight: number, childMax: number): void {
  const { entityCount, earned, lost, applicable, covered, automatic, counted } = columns;
  for (let entity = 0; entity < entityCount; entity++) {
    const cell = base + entity;
    const child = childBase + entity;
    const before = earned[cell] ?? 0;
    const added = weight * (earned[child] ?? 0);
    const sum = before + added;
    const kept = sum - before;
    earned[cell] = sum;
    lost[cell] = (lost[cell] ?? 0) + (before - (sum - kept)) + (added - kept) + weight * (lost[child] ?? 0);
    applicable[cell] = (applicable[cell] ?? 0) + weight * (applicable[child] ?? 0);
    covered[cell] = (covered[cell] ?? 0) + weight * (covered[child] ?? 0);
    automatic[cell] = (automatic[cell] ?? 0) + weight * (automatic[child] ?? 0);
    if ((counted[child] ?? 0) > 0) counted[cell] = (counted[cell] ?? 0) + weight * childMax;
  }
}

function rescale(columns: PointColumns, base: number, fullMax: number): void {
  const { entityCount, earned, lost, counted, applicable, covered, automatic } = columns;
  for (let cell = base; cell < base + entityCount; cell++) {
    const countedMax = counted[cell] ?? 0;
    // The tolerance keeps sums of decimal maxima, such as 12.3 + 7.7, from being scaled by 1 - 1e-16, which would break exact ties.
    if (countedMax > 0 && Math.abs(countedMax - fullMax) > 1e-9) {
      earned[cell] = (((earned[cell] ?? 0) + (lost[cell] ?? 0)) / countedMax) * fullMax;
      lost[cell] = 0;
    }
    if (countedMax > 0) counted[cell] = fullMax;
    // A parent's shares weigh this measure as its value does: with the full maximum, however much of it is applicable.
    const applicableMax = applicable[cell] ?? 0;
    if (applicableMax === 0 || Math.abs(applicableMax - fullMax) <= 1e-9) continue;
    for (const shares of [applicable, covered, automatic]) {
      shares[cell] = ((shares[cell] ?? 0) / applicableMax) * fullMax;
    }
  }
}

/** Makes all cells of a measure 0. */
export function clearMeasure(columns: PointColumns, measure: number): void {
  const { entityCount, earned, lost, applicable, covered, automatic, counted } = columns;
  for (const cells of [earned, lost, applicable, covered, automatic, counted]) {
    cells.fill(0, measure * entityCount, (measure + 1) * entityCount);
  }
}

/** What {@link settle} writes: the cells of one measure, one per entity, of the columns of SnapshotColumns with the same names. */
export interface SettledCells {
  readonly value: Float64Array;
  readonly points: Float64Array;
  readonly coverage: Float64Array;
  readonly automaticShare: Float64Array;
}

/**
 * Turns the sums of points of a measure into values and shares, quantised to 1e-12. The value comes from the unrounded points: rounding twice could part
 * two equal sums. A measure has no value (NaN) when none of its applicable indicators has one, or when it has no points.
 * @param measure its position
 */
export function settle(columns: PointColumns, measure: number, maxPoints: number, settled: SettledCells): void {
  const { entityCount, earned, lost, applicable, covered, automatic } = columns;
  for (let entity = 0, cell = measure * entityCount; entity < entityCount; entity++, cell++) {
    const applicableMax = applicable[cell] ?? 0;
    const coveredMax = covered[cell] ?? 0;
    const points = coveredMax > 0 ? (earned[cell] ?? 0) + (lost[cell] ?? 0) : Number.NaN;
    settled.points[entity] = quantise(points);
    settled.value[entity] = quantise(points / maxPoints);
    settled.coverage[entity] = quantise(coveredMax / applicableMax);
    settled.automaticShare[entity] = quantise((automatic[cell] ?? 0) / applicableMax);
  }
}
