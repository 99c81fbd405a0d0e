import type { EntityLevel } from './entity.js';

/** A word for a kind of body, which people write before the name. */
export interface KindWord {
  /** Kind of `Entity`. */
  readonly kind: string;
  /** Level at which it is no part of a name. */
  readonly level: EntityLevel;
  /** Vietnamese, in small letters. */
  readonly word: string;
  /** The word and how else it is written, points as spaces. One without a vowel is an abbreviation, with which no name begins. */
  readonly spellings: readonly string[];
  /** What is written after an English name; null = nothing is. */
  readonly english: string | null;
}

/** Words for kinds of bodies: what manifests map names by, and what a search of entities does not mind. */
export const KIND_WORDS: readonly KindWord[] = [
  {
    ...{ kind: 'municipality', level: 'PROVINCE', word: 'thành phố' },
    ...{ spellings: ['thành phố', 'tp', 't p'], english: 'city' },
  },
  { kind: 'province', level: 'PROVINCE', word: 'tỉnh', spellings: ['tỉnh'], english: 'province' },
  { kind: 'ministry', level: 'MINISTRY', word: 'bộ', spellings: ['bộ'], english: null },
];
