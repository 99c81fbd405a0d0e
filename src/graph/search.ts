import type { Name } from '../domain/entity.js';
import { PlatformError } from '../domain/errors.js';
import { compareNames, compileSearch, prepareText, type SearchedText } from '../domain/search.js';

const MAX_CHARACTERS = 200;

/** The argument `search` of a list. */
export const SEARCH = {
  nullable: true,
  description:
    'Only what has this in a name or is called so by its code, whatever the case, the diacritics (đ is d) and their Unicode form: "da nang" finds "Đà Nẵng". Best matches first unless `orderBy` is given: the whole name, its beginning, the beginning of a word, of all words in any order, any part, then five letters or more without their spaces ("danang"). When diacritics are written, names with the same ones come first; ties by Vietnamese name. At most 200 characters; null or blank = everything. Punctuation only parts words; alone it finds what is written with it.',
};

/** The argument `search` of a list of entities. */
export const ENTITY_SEARCH = {
  ...SEARCH,
  description: `${SEARCH.description} Entities are also found by \`otherNames\`, and whether or not the word for their kind is written, Vietnamese or English: "TP. Huế", "tỉnh Lai Châu", "Lai Chau province", "TPHCM".`,
};

/** How a row is found: its names and its codes. */
export interface Searched {
  readonly name: Name;
  /** Codes and keys, and other names. */
  readonly codes: readonly string[];
}

/**
 * Finds rows, best matches first; ties by Vietnamese name, then in the order of the rows.
 * @param compile makes the search; null = everything is found
 * @throws PlatformError BAD_USER_INPUT for a search that is too long
 */
export function searchRows<Row>(
  rows: readonly Row[],
  wanted: string | null | undefined,
  read: (row: Row) => Searched,
  compile: (wanted: string) => ((texts: readonly SearchedText[], row: Row) => number | null) | null = compileSearch,
): readonly Row[] {
  if (!wanted) return rows;
  if (wanted.length > MAX_CHARACTERS) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `"search" has ${wanted.length} characters, ${MAX_CHARACTERS} are allowed.`,
    );
  }
  const search = compile(wanted);
  if (search === null) return rows;
  const found = rows.flatMap((row) => {
    const searched = read(row);
    const place = search(prepare(searched), row);
    return place === null ? [] : [{ row, place, name: searched.name.vi }];
  });
  return found.sort((a, b) => a.place - b.place || compareNames(a.name, b.name)).map(({ row }) => row);
}

// Preparing takes some microseconds a name, and there are 10,600 communes; names live as long as their reference data.
const prepared = new WeakMap<Name, readonly SearchedText[]>();

function prepare({ name, codes }: Searched): readonly SearchedText[] {
  const known = prepared.get(name);
  if (known !== undefined) return known;
  const made = [name.vi, name.en, ...codes].map(prepareText);
  prepared.set(name, made);
  return made;
}
