import type { LinkagesQuery } from '../generated/operations.ts';

type Linkage = LinkagesQuery['linkages']['edges'][number]['node'];

/** Records of one or more parts of databases, and how many of them are matched. */
export interface Matched {
  readonly matched: number;
  readonly total: number;
  /** 0 to 1; null when there are no records. */
  readonly share: number | null;
  /** Day since when the part is connected; null = it is not; absent for a sum of parts. */
  readonly connectedOn?: string | null;
}

/** A row: a body with its parts by key of the database. */
export interface Body {
  readonly id: string;
  readonly name_vi: string;
  readonly name_en: string;
  readonly level: Linkage['entity']['level'];
  /** Null for central bodies. */
  readonly region: Linkage['entity']['region'];
  readonly cells: ReadonlyMap<string, Matched>;
}

/** A column: a database, who answers for it and by when it is to be linked. */
export interface LinkedDatabase extends Pick<Linkage, 'name_vi' | 'name_en' | 'owner_vi' | 'owner_en' | 'due'> {
  readonly key: string;
}

/** The matrix, with the regions of its bodies and the sources that report it. */
export interface LinkageMatrix {
  readonly bodies: readonly Body[];
  readonly databases: readonly LinkedDatabase[];
  readonly regions: readonly NonNullable<Linkage['entity']['region']>[];
  readonly sources: readonly Linkage['source'][];
}

/**
 * Arranges linkages as a matrix of bodies and databases.
 * @param linkages newest first: of several of a body and a database the first one counts
 * @returns databases by due date, those without one last
 */
export function readMatrix(linkages: readonly Linkage[]): LinkageMatrix {
  const bodies = new Map<string, Omit<Body, 'cells'> & { cells: Map<string, Matched> }>();
  const databases = new Map<string, LinkedDatabase>();
  const regions = new Map<string, NonNullable<Linkage['entity']['region']>>();
  const sources = new Map<string, Linkage['source']>();
  for (const linkage of linkages) {
    const { entity, database, source, due, name_vi, name_en, owner_vi, owner_en, ...rest } = linkage;
    const body = bodies.get(entity.id) ?? { ...entity, cells: new Map<string, Matched>() };
    bodies.set(entity.id, body);
    if (entity.region !== null) regions.set(entity.region.code, entity.region);
    if (!databases.has(database)) {
      databases.set(database, { key: database, due, name_vi, name_en, owner_vi, owner_en });
    }
    sources.set(source.key, source);
    if (body.cells.has(database)) continue;
    const [matched, total] = [Number(rest.recordsMatched), Number(rest.recordsTotal)];
    body.cells.set(database, { matched, total, share: shareOf(matched, total), connectedOn: rest.connectedOn });
  }
  const dueOf = ({ due, key }: LinkedDatabase): string => `${due?.on ?? '9'} ${key}`;
  return {
    bodies: [...bodies.values()],
    databases: [...databases.values()].sort((one, other) => (dueOf(one) < dueOf(other) ? -1 : 1)),
    regions: [...regions.values()].sort((one, other) => (one.code < other.code ? -1 : 1)),
    sources: [...sources.values()],
  };
}

/** The sum of parts: records and matches are added, then divided. Parts that are not connected count with nothing matched. */
export function addUp(parts: readonly Matched[]): Matched {
  const matched = parts.reduce((sum, part) => sum + part.matched, 0);
  const total = parts.reduce((sum, part) => sum + part.total, 0);
  return { matched, total, share: shareOf(matched, total) };
}

function shareOf(matched: number, total: number): number | null {
  return total === 0 ? null : matched / total;
}
