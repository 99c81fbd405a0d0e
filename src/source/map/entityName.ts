import { KIND_WORDS } from '../../domain/kindWord.js';
import { syncFailure } from '../failure.js';

/** Tones as combining marks: grave, acute, tilde, hook above, dot below. */
const TONE = /[\u0300\u0301\u0303\u0309\u0323]/g;
const WORD = /[\p{L}\p{M}]+/gu;
const ACUTE = '\u0301';
/** Hyphens and dashes, points, commas, apostrophes, quotation marks. */
const MARKS = /[-\u00AD\u2010-\u2015\u2212.,;'’‘"“”]/g;
const INVISIBLE = /[\u200B-\u200D\u2060\uFEFF]/g;
/** Legacy encodings and hurried converters write Icelandic and African letters for Đ. */
const FALSE_D = /[\u00F0\u0256]/g;

/** {@link KIND_WORDS} in the form of names. */
const PREFIXES = KIND_WORDS.map(({ kind, word, spellings }) => ({
  kind,
  prefix: fold(word),
  spellings: spellings.map(fold),
}));

/**
 * Writes the name of a body in one form: NFC, lower case, hyphens and punctuation as spaces, the tone at the end of each word (Hòa and Hoà, Thủy and
 * Thuỷ), đăk and lăk as đắk and lắk, and the words for a municipality, a province and a ministry in full. It keeps those words: "Thành phố Thanh Hóa"
 * is a town in the province Thanh Hóa, not the province. Tones themselves are kept: "Ha Noi" is not "Hà Nội". Writing a form again changes nothing.
 */
export function normaliseName(text: string): string {
  const name = fold(text);
  for (const { prefix, spellings } of PREFIXES) {
    const spelling = spellings.find((each) => name.startsWith(`${each} `));
    if (spelling !== undefined) return `${prefix}${name.slice(spelling.length)}`;
  }
  return name;
}

/** An entity and the names that it goes by. */
export interface NamedEntity {
  readonly code: string;
  readonly names: readonly string[];
  /** Kind of `Entity`: `municipality`, `province` and `ministry` may carry their word before the name, other kinds none that is not in the name. */
  readonly kind?: string;
}

/** Another spelling of an entity, matched as it is. */
export interface Alias {
  readonly name: string;
  readonly code: string;
}

/** The entities of one code system by their names. */
export interface AliasIndex {
  /**
   * @param normalisedName from {@link normaliseName}
   * @returns null when no entity has this name
   */
  codeOf(normalisedName: string): string | null;
}

/**
 * Builds the index of one code system. A name counts with the word for its kind and without: Hà Nội, Thành phố Hà Nội, TP. Hà Nội; never with another
 * kind's word.
 * @throws PlatformError SYNC_CONFIG when a name means two entities, or nothing; all such names are in the message
 */
export function buildAliasIndex(entities: readonly NamedEntity[], aliases: readonly Alias[] = []): AliasIndex {
  const codes = new Map<string, string>();
  const faults: string[] = [];
  const add = (form: string, code: string, name: string): void => {
    const before = codes.get(form);
    if (form === '') faults.push(`"${name}" (${code}) has no letters`);
    else if (before !== undefined && before !== code) faults.push(`"${name}" means ${before} and ${code}`);
    else codes.set(form, code);
  };
  for (const { code, names, kind } of entities) {
    for (const name of names) for (const form of formsOf(name, kind)) add(form, code, name);
  }
  for (const { name, code } of aliases) add(normaliseName(name), code, name);
  if (faults.length > 0) {
    throw syncFailure('SYNC_CONFIG', `Names of entities must mean one each: ${faults.join('; ')}. Change the aliases.`);
  }
  return { codeOf: (normalisedName) => codes.get(normalisedName) ?? null };
}

/** A name as it is, bare, and with the word of its kind. */
function formsOf(name: string, kind: string | undefined): ReadonlySet<string> {
  const form = normaliseName(name);
  const own = PREFIXES.find(({ prefix }) => form.startsWith(`${prefix} `));
  const bare = own === undefined ? form : form.slice(own.prefix.length + 1);
  const word = PREFIXES.find((each) => each.kind === kind);
  return new Set([form, bare, ...(word === undefined ? [] : [`${word.prefix} ${bare}`])]);
}

/** Everything but the words for kinds. */
function fold(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(INVISIBLE, '')
    .replace(FALSE_D, 'đ')
    .replace(MARKS, ' ')
    .normalize('NFD')
    .replace(WORD, foldWord)
    .normalize('NFC')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Moves the tone to the end; where it stands says nothing, and schools disagree about it. */
function foldWord(word: string): string {
  const tones = word.match(TONE)?.join('') ?? '';
  const letters = word.replace(TONE, '');
  return letters + (tones === '' && /^[đl]a\u0306k$/.test(letters) ? ACUTE : tones);
}
