import { hash } from 'node:crypto';

/** SHA-256 in hexadecimal, of the text in UTF-8. */
export function sha256(text: string): string {
  // The short form: three times as fast for a row.
  return hash('sha256', text, 'hex');
}

/** By member names as they come: the order in which they are written, with the names as JSON. Rows of one page mostly have the same. */
const orders = new Map<string, readonly (readonly [string, string])[]>();
const MAX_ORDERS = 500;

/**
 * Writes JSON data in one canonical form: keys sorted by UTF-16 code units, no spaces, undefined members left out. Two rows that differ only in the
 * order of their members are the same row.
 */
export function canonicalJson(data: unknown): string {
  if (typeof data !== 'object' || data === null) return JSON.stringify(data) ?? 'null';
  if (Array.isArray(data)) return `[${data.map(canonicalJson).join(',')}]`;
  let text = '';
  for (const [name, written] of orderOf(data)) {
    const member: unknown = (data as Record<string, unknown>)[name];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${written}${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

function orderOf(data: object): readonly (readonly [string, string])[] {
  const names = Object.keys(data);
  const key = names.join('\0');
  const known = orders.get(key);
  if (known !== undefined && known.length === names.length) return known;
  const order = names.sort().map((name) => [name, `${JSON.stringify(name)}:`] as const);
  // A name with the separator in it could be taken for two; none such is kept, and the number of names tells them apart above.
  if (orders.size < MAX_ORDERS && names.every((name) => !name.includes('\0'))) orders.set(key, order);
  return order;
}
