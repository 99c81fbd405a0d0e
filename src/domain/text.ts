/** The combining diacritical marks, which canonical decomposition (NFD) splits off. Vietnamese has no others. */
export const MARKS = '[\u0300-\u036f]';
const ALL_MARKS = new RegExp(MARKS, 'g');

/**
 * Text as `contains` compares it: without diacritics and with small Latin letters, so that "Đà Nẵng" becomes "da nang". Other alphabets keep
 * their case, because what PostgreSQL makes of that depends on the locale of the database; store/condition.ts does the same in SQL.
 */
export function foldText(text: string): string {
  const bare = text.normalize('NFD').replace(ALL_MARKS, '').replace(/[đĐ]/g, 'd');
  return bare.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** ` Did you mean "PROVINCE-2022"?` of the code among those that are known which differs from a written one in its case alone; empty when there is none. */
export function askOtherCase(written: string, known: readonly string[]): string {
  const lower = written.toLowerCase();
  const meant = known.find((code) => code.toLowerCase() === lower);
  return meant === undefined ? '' : ` Did you mean "${meant}"?`;
}
