import type { Framework } from '../domain/framework.js';
import { toUnits } from '../domain/quantise.js';
import type { SnapshotColumns } from '../domain/snapshot.js';
import { measureGraph } from './measureGraph.js';

/** What one child adds to the value of its parent. */
export interface Contribution {
  readonly measureId: number;
  /** Whole number of 1e-12 of the parent's value, 0 or more. */
  readonly units: number;
}

/** A contribution on its way to being whole. */
interface Part {
  readonly measureId: number;
  readonly code: string;
  units: number;
}

/**
 * Splits an entity's value of a measure over the measure's children: each child's points as a share of the parent's maximum points. Where missing
 * measures were left out, the shares are scaled up as the points were.
 * @param measurePosition position in `columns.measureIds`, which is also the one in `framework.measures`
 * @returns one per child, in framework order, 0 for a child without a value; they add up to the parent's value in units of 1e-12 exactly: what
 *   rounding leaves over goes to the largest, among equals to the first by code. Empty for an indicator and where the parent has no value
 * @throws PlatformError METHOD_RULE_INVALID when the framework cannot be computed
 */
export function contributionsOf(
  columns: SnapshotColumns,
  framework: Framework,
  entityPosition: number,
  measurePosition: number,
): Contribution[] {
  const entityCount = columns.entityIds.length;
  const total = toUnits(columns.value[measurePosition * entityCount + entityPosition] ?? Number.NaN);
  const children = measureGraph(framework).children[measurePosition] ?? [];
  if (Number.isNaN(total) || children.length === 0) return [];
  const points = children.map(({ position, weight }) => {
    const earned = columns.points[position * entityCount + entityPosition] ?? Number.NaN;
    return Number.isNaN(earned) ? 0 : weight * earned;
  });
  const max = columns.maxPoints[measurePosition] ?? Number.NaN;
  const sum = points.reduce((before, earned) => before + earned, 0);
  const parentPoints = columns.points[measurePosition * entityCount + entityPosition] ?? 0;
  // Without rescaling the factor is 1 exactly, so that 100 of 1,000 points are 0.1 and not one unit less.
  const factor = sum === 0 || Math.abs(parentPoints - sum) < 1e-9 ? 1 : parentPoints / sum;
  const parts = children.map(({ position }, index) => ({
    measureId: columns.measureIds[position] ?? 0,
    code: framework.measures[position]?.code ?? '',
    units: toUnits(((points[index] ?? 0) / max) * factor),
  }));
  spread(parts, total);
  return parts.map(({ measureId, units }) => ({ measureId, units }));
}

/** Makes the parts add up to the total, from the largest on; no part falls below 0. */
function spread(parts: readonly Part[], total: number): void {
  let rest = parts.reduce((left, part) => left - part.units, total);
  if (rest === 0) return;
  for (const part of [...parts].sort((a, b) => b.units - a.units || (a.code < b.code ? -1 : 1))) {
    const taken = Math.max(rest, -part.units);
    part.units += taken;
    rest -= taken;
    if (rest === 0) return;
  }
}
