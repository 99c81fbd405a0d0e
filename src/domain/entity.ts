/** What is assessed. Communes and the nation may come; they have no entities yet. */
export const ENTITY_LEVELS = ['PROVINCE', 'MINISTRY', 'COMMUNE', 'NATIONAL'] as const;
/** See {@link ENTITY_LEVELS}. */
export type EntityLevel = (typeof ENTITY_LEVELS)[number];

/** How sure a figure of the reference data is; the words are defined in data/README.md. */
export const CERTAINTIES = [
  'published',
  'derived',
  'inferred',
  'approximate',
  'recalled',
  'illustrative',
  'unknown',
] as const;
/** See {@link CERTAINTIES}. */
export type Certainty = (typeof CERTAINTIES)[number];

/** A name in the two languages of the platform. */
export interface Name {
  readonly vi: string;
  readonly en: string;
}

/** A text per language, or one that stands for both. */
export type Text = string | Name;

/** A text in both languages: one that is given once is the same in each. */
export function bothOf(text: Text): Name {
  return typeof text === 'string' ? { vi: text, en: text } : text;
}

/** A socio-economic region. Its code means something only within a code system: the regions were regrouped in 2025. */
export interface Region {
  readonly codeSystem: string;
  readonly code: string;
  readonly name: Name;
}

/**
 * A province or central body. One (code system, code) is one entity; seven province codes changed their meaning in 2025, so a code alone
 * names nothing.
 */
export interface Entity {
  readonly id: number;
  /** `GSO-2004`, `GSO-2025` or `CENTRAL`. */
  readonly codeSystem: string;
  readonly code: string;
  readonly level: EntityLevel;
  /** Administrative type, such as `municipality` or `ministerial_level_agency`. */
  readonly kind: string;
  readonly name: Name;
  readonly region: Region | null;
  /** First day, ISO date; null = before the reference data begins. */
  readonly validFrom: string | null;
  /** Last day, ISO date; null = still in force. */
  readonly validTo: string | null;
}

/** How one entity became another. `UNCHANGED`: the same territory under a new code system. */
export interface Succession {
  readonly predecessorId: number;
  readonly successorId: number;
  readonly kind: 'UNCHANGED' | 'MERGED';
  /** First day of the successor, ISO date. */
  readonly on: string;
}

/** Entities that are ranked together; a rank without its peer group means nothing. */
export interface PeerGroup {
  readonly id: number;
  readonly code: string;
  readonly level: EntityLevel;
  readonly name: Name;
}

/** The text that names an entity everywhere outside the database: `GSO-2004:74`. */
export function entityKey(entity: Pick<Entity, 'codeSystem' | 'code'>): string {
  return `${entity.codeSystem}:${entity.code}`;
}
