import type { MergedValue, MergePolicy } from '../domain/mergePolicy.js';
import type { Observation } from '../domain/observation.js';
import { chooseObservation } from '../merge/chooseObservation.js';

/**
 * Merges the observations of one round, figure by figure.
 * @param observations of one year, those of the same indicator and entity in a row
 * @param take called once for each figure that has an observation, also when none of them was chosen
 */
export function mergeRound(
  observations: readonly Observation[],
  policy: MergePolicy,
  take: (entityId: number, indicatorId: number, merged: MergedValue) => void,
): void {
  let from = 0;
  for (let at = 1; at <= observations.length; at += 1) {
    const first = observations[from];
    const next = observations[at];
    if (first === undefined) return;
    if (first.indicatorId === next?.indicatorId && first.entityId === next.entityId) continue;
    take(first.entityId, first.indicatorId, chooseObservation(observations.slice(from, at), policy));
    from = at;
  }
}
