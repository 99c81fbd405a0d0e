import { foldText } from './text.js';

/** A name or code in the forms that a search compares. */
export interface SearchedText {
  /** Composed (NFC) and in small letters, with its punctuation. */
  readonly written: string;
  /** The same, its words told apart by one space each. */
  readonly exact: string;
  /** Without diacritics as well. */
  readonly folded: string;
}

/** How well one of several texts matches what is searched: 0 best; null = none does. */
export type Search = (texts: readonly SearchedText[]) => number | null;

/** Ways in which a text matches, best first; both have one space before each word. */
const WAYS: readonly ((text: string, wanted: string) => boolean)[] = [
  (text, wanted) => text === wanted,
  (text, wanted) => text.startsWith(wanted),
  (text, wanted) => text.includes(wanted),
  // All words, in any order, each at the beginning of a word.
  (text, wanted) => wanted.split(/(?= )/).every((word) => text.includes(word)),
  (text, wanted) => text.includes(wanted.slice(1)),
];

/** How many places {@link Search} tells apart. */
export const PLACES = 2 * WAYS.length + 2;

/** Shorter words without their spaces would be found in the middle of others: "ban" in "Bà Nà". */
const MIN_LETTERS_WITHOUT_SPACES = 5;

/** Brings a text into the forms that a search compares; worth keeping, since it takes some microseconds. */
export function prepareText(text: string): SearchedText {
  const written = text.normalize('NFC').toLowerCase();
  return { written, exact: spaceWords(written), folded: spaceWords(foldText(text)) };
}

/**
 * Makes a search in names and codes. Case, diacritics (đ is d) and Unicode form do not decide whether a text is found: "da nang" and a decomposed
 * "Đà Nẵng" both find "Đà Nẵng". They decide about the order when diacritics are written: then texts that have the same ones come first.
 * @param wanted what people type; words are told apart by spaces and punctuation, and where there is nothing else punctuation is what is searched
 * @returns the whole text, its beginning, the beginning of a word, of all words in any order, any part, five letters or more from the beginning of a word
 *   where spaces do not count ("danang"): in this order; null for a blank search
 */
export function compileSearch(wanted: string): Search | null {
  const { written, exact, folded } = prepareText(wanted.trim());
  if (written === '') return null;
  // Without a word nothing would be asked, and "%" would find everything.
  if (folded === '') return (texts) => (texts.some((text) => text.written.includes(written)) ? WAYS.length - 1 : null);
  const hasMarks = exact !== folded;
  const words = folded.trim().split(' ');
  const letters = [...words.join('')];
  const spaceless = letters.length < MIN_LETTERS_WITHOUT_SPACES ? null : new RegExp(` ${letters.join(' ?')}`, 'u');
  return (texts) => {
    let best: number | null = null;
    for (const text of texts) {
      // Most texts are refused here.
      if (!words.every((word) => text.folded.includes(word))) continue;
      const way = WAYS.findIndex((matches) => matches(text.folded, folded));
      if (way === -1) continue;
      const isSame = !hasMarks || WAYS[way]?.(text.exact, exact) === true;
      const place = isSame ? way : way + WAYS.length;
      if (best === null || place < best) best = place;
    }
    if (best !== null || spaceless === null) return best;
    const found = texts.flatMap(({ folded: text }) => {
      const match = spaceless.exec(text);
      return match === null ? [] : [match[0].length === text.length ? PLACES - 2 : PLACES - 1];
    });
    return found.length === 0 ? null : Math.min(...found);
  };
}

const COLLATOR = new Intl.Collator('vi', { numeric: true });

/** The order of Vietnamese dictionaries: a, ă, â, b, c, d, đ, e, ê …; numbers in a name by size, so that "Phường 2" comes before "Phường 10". */
export function compareNames(a: string, b: string): number {
  return COLLATOR.compare(a, b);
}

function spaceWords(text: string): string {
  const bare = text.replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ').trim();
  return bare === '' ? '' : ` ${bare}`;
}
