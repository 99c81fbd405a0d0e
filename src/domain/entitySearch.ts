import type { EntityLevel } from './entity.js';
import { KIND_WORDS } from './kindWord.js';
import { compileSearch, PLACES, prepareText, type Search, type SearchedText } from './search.js';
import { foldText } from './text.js';

/** How well the names of an entity match what is searched: 0 best; null = none does. */
export type EntitySearch = (texts: readonly SearchedText[], level: EntityLevel) => number | null;

const VOWEL = /[aeiouy]/;

/** How a name with a word for its kind begins and ends, folded. An abbreviation may be glued to the name: "TPHCM". */
const WORDED = KIND_WORDS.map(({ level, spellings, english }) => {
  const forms = spellings.map(foldText).map((form) => (VOWEL.test(form) ? `${form} ` : `${form} ?`));
  return {
    level,
    before: new RegExp(`^ (?:${forms.join('|')})(?=\\S)`),
    after: english === null ? null : ` ${english}`,
  };
});

/**
 * Makes a search of entities: as {@link compileSearch}, and a word for the kind of body is not minded. "TP. Huế", "tỉnh Lai Châu" and "Lai Chau province"
 * find what "Huế" and "Lai Châu" find, after what has the word in its name. Kinds change, so the word is not held against the kind of now.
 * @returns null for a blank search
 */
export function compileEntitySearch(wanted: string): EntitySearch | null {
  const search = compileSearch(wanted);
  if (search === null) return null;
  const bare = withoutKind(wanted);
  return (texts, level) => {
    const place = search(texts);
    if (place !== null) return place;
    const others = bare.flatMap((each) => (each.level === level ? (each.search(texts) ?? []) : []));
    return others.length === 0 ? null : PLACES + Math.min(...others);
  };
}

/** The searches that are left when a word for a kind is taken away; mostly none. */
function withoutKind(wanted: string): readonly { readonly level: EntityLevel; readonly search: Search }[] {
  const { exact, folded } = prepareText(wanted);
  return WORDED.flatMap(({ level, before, after }) => {
    const begun = before.exec(folded)?.[0].length ?? null;
    // Both forms have a letter for a letter, with and without marks, as long as it is composed.
    const rest =
      begun !== null
        ? exact.slice(begun)
        : after !== null && folded.endsWith(after)
          ? exact.slice(0, -after.length)
          : '';
    const search = compileSearch(rest);
    return search === null ? [] : [{ level, search }];
  });
}
