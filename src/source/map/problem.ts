const SHOWN_CHARS = 60;

/** Why a value could not be read. Readers return it instead of throwing: a bad row is data, and a page may hold thousands. */
export interface Unreadable {
  readonly problem: string;
}

/** Rules of a mapping by which a record is rejected. */
export type RejectRule =
  | 'malformed'
  | 'required'
  | 'allowed'
  | 'number'
  | 'range'
  | 'period'
  | 'entity'
  | 'indicator'
  | 'expression';

/** What is wrong with a row, on its way to the records that it costs; it never leaves `createMapper`. */
export class RowProblem extends Error {
  readonly rule: RejectRule;

  constructor(rule: RejectRule, message: string) {
    super(message);
    this.name = 'RowProblem';
    this.rule = rule;
  }
}

/** Shows a value of a row in a message, shortened. */
export function showValue(raw: unknown): string {
  if (raw === undefined) return 'nothing';
  if (typeof raw === 'string') return `"${shorten(raw)}"`;
  if (Array.isArray(raw)) return 'a list';
  if (typeof raw === 'object' && raw !== null) return 'an object';
  return shorten(String(raw));
}

/** A scalar as trimmed text in NFC; null for null, lists and objects, which are no text. */
export function toText(raw: unknown): string | null {
  switch (typeof raw) {
    case 'string':
      return raw.normalize('NFC').trim();
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(raw);
    default:
      return null;
  }
}

function shorten(text: string): string {
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}
