import type { Catalogue } from '../domain/catalogue.js';

/** The rounds whose result may depend on observations of these entities and years. */
export function roundsTouched(
  catalogue: Catalogue,
  touched: readonly { readonly entityId: number; readonly year: number }[],
): number[] {
  const entitiesOf = new Map<number, Set<number>>();
  for (const { entityId, year } of touched) {
    const entities = entitiesOf.get(year);
    if (entities === undefined) entitiesOf.set(year, new Set([entityId]));
    else entities.add(entityId);
  }
  return catalogue.content.rounds
    .filter(({ year, groups }) => {
      const entities = entitiesOf.get(year);
      return entities !== undefined && groups.some((group) => group.entityIds.some((id) => entities.has(id)));
    })
    .map(({ id }) => id);
}
