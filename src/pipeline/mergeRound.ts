import type { MergedValue, MergePolicy } from '../domain/mergePolicy.js';
import type { Observation } from '../domain/observation.js';
import { isAutomatic } from '../domain/source.js';
import { chooseObservation } from '../merge/chooseObservation.js';
import type { ScoredFigure } from '../scoring/compute.js';

/** What merging a round left: one chosen observation for each entity and indicator that has one. */
export interface MergedRound {
  /** The chosen observation; undefined = none. */
  chosen(entityId: number, indicatorId: number): Observation | undefined;
  readonly values: readonly Observation[];
  /** Self-reports that differ from a measurement beyond the policy's tolerance. */
  readonly discrepancies: number;
}

/**
 * Merges the observations of one round.
 * @param observations of one year, those of the same indicator and entity in a row
 */
export function mergeRound(observations: readonly Observation[], policy: MergePolicy): MergedRound {
  const chosen = new Map<number, Map<number, Observation>>();
  const values: Observation[] = [];
  let discrepancies = 0;
  const take = (merged: MergedValue) => {
    if (merged.discrepancy !== null) discrepancies += 1;
    if (merged.chosen === null) return;
    const { entityId, indicatorId } = merged.chosen;
    const ofEntity = chosen.get(entityId);
    if (ofEntity === undefined) chosen.set(entityId, new Map([[indicatorId, merged.chosen]]));
    else ofEntity.set(indicatorId, merged.chosen);
    values.push(merged.chosen);
  };
  let from = 0;
  for (let at = 1; at <= observations.length; at += 1) {
    const first = observations[from];
    const next = observations[at];
    if (first?.indicatorId === next?.indicatorId && first?.entityId === next?.entityId) continue;
    take(chooseObservation(observations.slice(from, at), policy));
    from = at;
  }
  return { chosen: (entityId, indicatorId) => chosen.get(entityId)?.get(indicatorId), values, discrepancies };
}

/** The figure of an observation as scoring takes it: numbers instead of exact decimals. */
export function toFigure(observation: Observation): ScoredFigure {
  const number = (text: string | null) => (text === null ? null : Number(text));
  return {
    value: number(observation.value),
    numerator: number(observation.numerator),
    denominator: number(observation.denominator),
    automatic: isAutomatic(observation.sourceKind),
    observationId: observation.id,
  };
}
