import { z } from 'zod';
import { canonicalDecimal } from '../../domain/decimal.js';
import { decimalOfNumber, MAX_DIGITS, shiftDecimal } from './arithmetic.js';
import { showValue, type Unreadable } from './problem.js';

/** A plain decimal of a manifest, as a number or as text where digits matter. */
export const decimalSchema = z.union([z.string(), z.number()], { error: 'expected a number' }).refine(
  (decimal) => {
    const text = canonicalDecimal(String(decimal));
    return text !== null && text.length <= MAX_DIGITS;
  },
  { error: 'expected a plain decimal such as 1000 or "0.01", without exponent or separators' },
);

/** How a source writes its numbers. */
export const numberFormatSchema = z
  .strictObject({
    decimal: z.enum(['.', ',']).default('.').describe('The decimal mark.'),
    thousands: z
      .enum(['', '.', ',', ' ', "'"])
      .default('')
      .describe(
        'The mark between groups of three digits; empty: there is none. A number may come without it, but never with wrong groups.',
      ),
    percent: z
      .enum(['refuse', 'keep', 'divide'])
      .default('refuse')
      .describe(
        'What a percent sign means. refuse: the number is rejected; keep: 12.5% is 12.5, also without the sign; divide: 12.5% is 0.125, and a number without the sign is rejected.',
      ),
    exponent: z
      .boolean()
      .default(false)
      .describe(
        'True when 1.5E+3 is a number. Spreadsheets write exponents after dropping digits, so it is refused unless stated.',
      ),
  })
  .refine(({ decimal, thousands }) => decimal !== thousands, {
    error: 'the mark between thousands is also the decimal mark; name two different marks',
    path: ['thousands'],
  });

/** See {@link numberFormatSchema}. */
export type NumberFormat = z.output<typeof numberFormatSchema>;

/** Reads a value as a canonical decimal. */
export type NumberReader = (raw: unknown) => string | Unreadable;

const GROUP_MARKS: Readonly<Record<NumberFormat['thousands'], string>> = {
  '': '',
  '.': '\\.',
  ',': ',',
  // Ordinary, no-break, thin and narrow no-break.
  ' ': '[ \\u00A0\\u2009\\u202F]',
  "'": "['’]",
};
const PLAIN = /^(?:0|[1-9]\d{0,14})$/;

/**
 * Makes the reader of one number format. It is exact: no digit passes through a binary fraction. Numbers of JavaScript have been read by a
 * decoder, so the marks of the format do not concern them.
 * @returns a function that never throws: canonical decimal text, or why it is none. Groups must be of three digits: with thousands `.`, `1.234` is 1234 and
 *   `1.23` is refused
 */
export function createNumberReader(format: NumberFormat): NumberReader {
  const decimal = format.decimal === '.' ? '\\.' : ',';
  const group = GROUP_MARKS[format.thousands];
  const whole = group === '' ? '\\d+' : `\\d{1,3}(?:${group}\\d{3})+|\\d+`;
  const exponent = format.exponent ? '(?:[eE]([+-]?\\d{1,4}))?' : '()';
  // Oracle writes .5 for 0.5.
  const pattern = new RegExp(`^([+\\-−]?)(${whole}|(?=${decimal}))(?:${decimal}(\\d+))?${exponent}( ?%)?$`);
  const example = `1${format.thousands}234${format.decimal}5${format.percent === 'divide' ? '%' : ''}`;
  const isPlainEnough = format.percent !== 'divide';

  const readText = (raw: string): string | Unreadable => {
    if (isPlainEnough && PLAIN.test(raw)) return raw;
    const text = raw.trim();
    const refuse = (): Unreadable => ({ problem: `${showValue(raw)} is not a number such as ${example}` });
    // Longer texts would also make the pattern slow.
    if (text.length > 2 * MAX_DIGITS) return refuse();
    const match = pattern.exec(text);
    if (match === null) return refuse();
    const [, sign, digits = '', fraction = '', power = '', percent] = match;
    if (percent !== undefined && format.percent === 'refuse') {
      return { problem: `${showValue(raw)} has a percent sign; say under number what percent means` };
    }
    if (percent === undefined && format.percent === 'divide') {
      return { problem: `${showValue(raw)} has no percent sign, so nobody can say whether it is one` };
    }
    const plain = `${sign === '-' || sign === '−' ? '-' : ''}${digits.replace(/\D/g, '') || '0'}${fraction && `.${fraction}`}`;
    const places = Number(power) - (format.percent === 'divide' ? 2 : 0);
    const canonical = canonicalDecimal(plain);
    const number = canonical === null || places === 0 ? canonical : shiftDecimal(canonical, places);
    if (number === null || number.length > MAX_DIGITS) {
      return { problem: `${showValue(raw)} has more than ${MAX_DIGITS} digits` };
    }
    return number;
  };

  return (raw) => {
    if (typeof raw === 'string') return readText(raw);
    if (typeof raw !== 'number' && typeof raw !== 'bigint') return { problem: `${showValue(raw)} is not a number` };
    if (format.percent === 'divide') return readText(String(raw));
    const number = typeof raw === 'bigint' ? canonicalDecimal(raw.toString()) : decimalOfNumber(raw);
    if (number !== null && number.length <= MAX_DIGITS) return number;
    return {
      problem: `${showValue(raw)} is not exact; in an expression use plus, minus, times or divide, which keep every digit`,
    };
  };
}
