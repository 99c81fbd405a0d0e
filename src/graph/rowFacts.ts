import type { Catalogue } from '../domain/catalogue.js';
import type { Entity, Region } from '../domain/entity.js';
import type { LoadedRound, View } from './context.js';
import { foldName } from './nameFilter.js';

/** What filters and groups ask of the entities of a round, as arrays by row: to follow 10,600 objects takes ten times as long. */
export interface RowFacts {
  /** Undefined = it is not in the reference data any more. */
  readonly entities: readonly (Entity | undefined)[];
  /** The different regions; null = none. */
  readonly regions: readonly (Region | null)[];
  /** Place of each entity's region in `regions`. */
  readonly regionAt: Int32Array;
  /** The names of each entity as `contains` compares them, one below the other; made when first asked for. */
  readonly foldedNames: readonly string[];
}

interface Known {
  readonly entityIds: Int32Array;
  readonly facts: RowFacts;
}

// Each snapshot of a round has the same rows as the one before, so they are made once for the round and the reference data.
const known = new WeakMap<Catalogue, Map<number, Known>>();

/** Facts of the rows of a round. */
export function rowFacts({ catalogue }: View, { round, columns }: LoadedRound): RowFacts {
  const rounds = known.get(catalogue) ?? new Map<number, Known>();
  known.set(catalogue, rounds);
  const held = rounds.get(round.id);
  if (held !== undefined && isSame(held.entityIds, columns.entityIds)) return held.facts;
  const facts = makeFacts(catalogue, columns.entityIds);
  rounds.set(round.id, { entityIds: columns.entityIds, facts });
  return facts;
}

function makeFacts(catalogue: Catalogue, entityIds: Int32Array): RowFacts {
  const entities = Array.from(entityIds, (id) => catalogue.entity(id));
  const places = new Map<Region | null, number>();
  const regionAt = Int32Array.from(entities, (entity) => {
    const region = entity?.region ?? null;
    const place = places.get(region) ?? places.size;
    places.set(region, place);
    return place;
  });
  let names: readonly string[] | null = null;
  return {
    ...{ entities, regionAt, regions: [...places.keys()] },
    get foldedNames() {
      names ??= entities.map((entity) => (entity === undefined ? '' : foldName(entity.name).join('\n')));
      return names;
    },
  };
}

function isSame(a: Int32Array, b: Int32Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}
