/** Plain data that has exactly one canonical text. Exact decimals go in as text, shares as whole numbers of a stated unit. */
export type CanonicalValue =
  | null
  | boolean
  | number
  | string
  | readonly CanonicalValue[]
  | { readonly [key: string]: CanonicalValue };

/**
 * Writes plain data in its one canonical form: JSON without white space, keys in order of their UTF-16 code units, numbers as decimal digits.
 * `{ b: [1, null], a: "x" }` becomes `{"a":"x","b":[1,null]}`. Text is written as it is; nothing is normalised.
 * @returns text without line breaks, so that lines of it can be joined without ambiguity
 * @throws RangeError for a number that is not a safe integer; write it as text or as a whole number of a smaller unit
 * @throws TypeError for undefined, functions, dates, maps and everything else that is not plain data
 * @see RFC 8785 (JSON Canonicalization Scheme), without its floating-point numbers
 */
export function canonicalText(value: CanonicalValue): string {
  return encode(value);
}

/** The canonical text in UTF-8; see {@link canonicalText}. */
export function canonicalBytes(value: CanonicalValue): Uint8Array {
  return new TextEncoder().encode(canonicalText(value));
}

// Takes `unknown`: callers read data from files and databases, where a type is a promise only. Loops in place of map and join: hashing the inputs
// of a round writes 40,000 values.
function encode(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return String(value);
    throw new RangeError(`Received the number ${value}; canonical numbers are safe integers, write others as text`);
  }
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (Array.isArray(value)) return encodeList(value);
  if (typeof value === 'object' && isPlain(value)) return encodeObject(value);
  throw new TypeError(
    `Received ${describe(value)}; canonical data is null, booleans, integers, text, lists and objects`,
  );
}

function encodeList(list: readonly unknown[]): string {
  let text = '[';
  // By index, which also visits holes.
  for (let index = 0; index < list.length; index++) text += (index === 0 ? '' : ',') + encode(list[index]);
  return `${text}]`;
}

function encodeObject(value: object): string {
  let text = '{';
  for (const [key, item] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    text += `${text.length === 1 ? '' : ','}${JSON.stringify(key)}:${encode(item)}`;
  }
  return `${text}}`;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? value.constructor.name : typeof value;
}
