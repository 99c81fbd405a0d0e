import type { Framework, IndicatorFacts, Measure } from '../domain/framework.js';
import { clearMeasure, type PointColumns } from './aggregate.js';
import { amountOf, bestOf, faultOf, isBlank, type ScoredFigure, shareOf } from './rule.js';

/** A figure that could not be scored and was treated as missing; it does not stop the computation. */
export interface ScoringProblem {
  readonly entityId: number;
  readonly indicatorId: number;
  readonly code: 'METHOD_INPUT_INVALID';
  /** What is wrong with the figure; names the indicator by code. */
  readonly message: string;
}

/** The entities of one peer group as a range of positions. */
export interface GroupRange {
  readonly peerGroupId: number;
  readonly peerGroupCode: string;
  readonly from: number;
  /** Position after the last. */
  readonly to: number;
}

/** What scoring the indicators reads and writes. */
export interface IndicatorStep {
  readonly framework: Framework;
  readonly groups: readonly GroupRange[];
  readonly entityIds: Int32Array;
  /** The chosen figure; null = nothing was chosen. */
  figure(entityId: number, indicatorId: number): ScoredFigure | null;
  readonly columns: PointColumns;
  /** One per entity: written for the indicator that is scored. */
  readonly observationId: Float64Array;
}

/**
 * Turns figures into the points of one indicator, whatever its cells held: amounts first, then the best of each peer group, then shares of the maximum points, unrounded.
 * Figures of indicators that are left out for a peer group are not looked at. Indicators without points keep their observation, and no more.
 * @param position of the indicator in the framework's measures
 * @returns the figures that could not be scored, in the order of the rows
 */
export function scoreIndicator(step: IndicatorStep, position: number): ScoringProblem[] {
  const { entityCount } = step.columns;
  const problems: ScoringProblem[] = [];
  const measure = step.framework.measures[position];
  if (measure === undefined || measure.indicator === null) return problems;
  const { indicator } = measure;
  const amounts = new Float64Array(entityCount);
  clearMeasure(step.columns, position);
  step.observationId.fill(0);
  for (const group of step.groups) {
    const missing = missingRule(step.framework, group.peerGroupCode, measure.code);
    if (missing === 'NOT_APPLICABLE') continue;
    problems.push(...readAmounts(step, measure, indicator, group, position, amounts));
    if (measure.maxPoints > 0)
      earn(step, measure.maxPoints, indicator, group, position, amounts, missing === 'LOSES_POINTS');
  }
  return problems;
}

function missingRule(
  framework: Framework,
  peerGroupCode: string,
  indicatorCode: string,
): 'LOSES_POINTS' | 'EXCLUDE_AND_RESCALE' | 'NOT_APPLICABLE' {
  const special = framework.notApplicable.find(
    ({ peerGroup, indicators }) => peerGroup === peerGroupCode && indicators.includes(indicatorCode),
  );
  if (special === undefined) return framework.missing;
  return special.rule === 'EXCLUDE_AND_RESCALE' ? 'NOT_APPLICABLE' : 'LOSES_POINTS';
}

/** Fills the group's amounts, NaN where there is nothing to score, and the columns that depend on the figure alone. */
function readAmounts(
  step: IndicatorStep,
  measure: Measure,
  indicator: IndicatorFacts,
  group: GroupRange,
  position: number,
  amounts: Float64Array,
): ScoringProblem[] {
  const problems: ScoringProblem[] = [];
  const base = position * step.columns.entityCount;
  for (let entity = group.from; entity < group.to; entity++) {
    amounts[entity] = Number.NaN;
    const entityId = step.entityIds[entity] ?? 0;
    const figure = step.figure(entityId, measure.id);
    if (figure === null) continue;
    step.observationId[entity] = figure.observationId;
    if (measure.maxPoints === 0 || isBlank(figure)) continue;
    const fault = faultOf(indicator.rule, figure);
    if (fault === null) {
      amounts[entity] = amountOf(indicator.rule, figure);
      if (figure.automatic) step.columns.automatic[base + entity] = measure.maxPoints;
    } else {
      const message = `The figure of ${measure.code} ${fault}. It counts as missing; correct it at its source`;
      problems.push({ entityId, indicatorId: measure.id, code: 'METHOD_INPUT_INVALID', message });
    }
  }
  return problems;
}

function earn(
  step: IndicatorStep,
  maxPoints: number,
  { rule, direction }: IndicatorFacts,
  group: GroupRange,
  position: number,
  amounts: Float64Array,
  missingLosesPoints: boolean,
): void {
  const { entityCount, earned, applicable, covered, counted } = step.columns;
  const best = rule.kind === 'RELATIVE_TO_BEST' ? bestOf(amounts, group.from, group.to, direction) : Number.NaN;
  for (let entity = group.from; entity < group.to; entity++) {
    const cell = position * entityCount + entity;
    const amount = amounts[entity] ?? Number.NaN;
    applicable[cell] = maxPoints;
    if (!Number.isNaN(amount)) {
      earned[cell] = maxPoints * shareOf(rule, direction, amount, best);
      covered[cell] = maxPoints;
      counted[cell] = maxPoints;
    } else if (missingLosesPoints) counted[cell] = maxPoints;
  }
}
