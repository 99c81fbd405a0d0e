/** A text without case and diacritics (đ is d), as the graph searches: "da nang" finds "Đà Nẵng". */
export function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('đ', 'd')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Words for the kind of a body, as the graph does not mind them; an abbreviation may be glued to the name. */
const KIND_BEFORE = /^(?:thanh pho |tinh |bo |tp ?|t p ?)(?=.)/;
const KIND_AFTER = /(?<=.) (?:city|province)$/;
/** From here on spaces do not count, as the graph has it: "danang". */
const MIN_LETTERS_WITHOUT_SPACES = 5;

/** Whether one of the texts has what is looked for, with or without the word for its kind; nothing is found everywhere. */
export function isFound(search: string, texts: readonly string[]): boolean {
  const wanted = plain(search);
  if (wanted === '') return true;
  const searched = texts.map(plain);
  const bare = KIND_BEFORE.test(wanted) ? wanted.replace(KIND_BEFORE, '') : wanted.replace(KIND_AFTER, '');
  return [wanted, bare].some((each) => searched.some((text) => text.includes(each) || hasSpaceless(text, each)));
}

function hasSpaceless(text: string, wanted: string): boolean {
  const letters = [...wanted.replaceAll(' ', '')];
  if (letters.length < MIN_LETTERS_WITHOUT_SPACES) return false;
  return new RegExp(`(?:^| )${letters.join(' ?')}`, 'u').test(text);
}
