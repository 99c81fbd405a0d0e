const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/**
 * Writes an exact decimal in its one canonical form: no plus, no leading or trailing zeros, no minus zero. `"007.50"` becomes `"7.5"`.
 * @returns null when the text is not a plain decimal (exponents, separators, spaces and NaN are not)
 */
export function canonicalDecimal(text: string): string | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const whole = (match[2] ?? '').replace(/^0+(?=\d)/, '');
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  const magnitude = fraction === '' ? whole : `${whole}.${fraction}`;
  return match[1] === '-' && magnitude !== '0' ? `-${magnitude}` : magnitude;
}

/** Significant digits of a quotient: the most that a float64, and so any spreadsheet, takes in and gives back unchanged. */
const QUOTIENT_DIGITS = 15;

/**
 * The quotient of two exact decimals, rounded half-even to 15 significant digits, as a canonical decimal: `1/8` is `0.125`, `2/3` is
 * `0.666666666666667`.
 * @returns null for a divisor of 0, and when a text is not a plain decimal
 */
export function roundedQuotient(numerator: string, denominator: string): string | null {
  const above = readScaled(numerator);
  const below = readScaled(denominator);
  if (above === null || below === null || below.digits === 0n) return null;
  const dividend = sizeOf(above.digits) * tenToThe(below.scale);
  const divisor = sizeOf(below.digits) * tenToThe(above.scale);
  // By this scale the whole part has 15 digits or 16, and 16 are one too many.
  const longest = QUOTIENT_DIGITS - String(dividend).length + String(divisor).length;
  const isTooLong = divide(dividend, divisor, longest).whole >= tenToThe(QUOTIENT_DIGITS);
  const scale = isTooLong ? longest - 1 : longest;
  const { whole, halves } = divide(dividend, divisor, scale);
  const rounded = halves > 1 || (halves === 1 && whole % 2n === 1n) ? whole + 1n : whole;
  const digits = String(rounded * tenToThe(-scale)).padStart(scale + 1, '0');
  const text = scale > 0 ? `${digits.slice(0, -scale)}.${digits.slice(-scale)}` : digits;
  return canonicalDecimal(above.digits < 0n === below.digits < 0n ? text : `-${text}`);
}

/** A quotient times ten to the scale: its whole part, and whether the rest is less than a half (0), a half (1) or more (2). */
function divide(dividend: bigint, divisor: bigint, scale: number) {
  const [above, below] = [dividend * tenToThe(scale), divisor * tenToThe(-scale)];
  const doubled = 2n * (above % below);
  return { whole: above / below, halves: doubled < below ? 0 : doubled === below ? 1 : 2 };
}

/** @param exponent below 0 counts as 0 */
function tenToThe(exponent: number): bigint {
  return 10n ** BigInt(Math.max(0, exponent));
}

function sizeOf(whole: bigint): bigint {
  return whole < 0n ? -whole : whole;
}

/** A decimal as a whole number and how many of its digits stand after the point. */
function readScaled(text: string): { readonly digits: bigint; readonly scale: number } | null {
  const [whole = '', fraction = ''] = canonicalDecimal(text)?.split('.') ?? [];
  return whole === '' ? null : { digits: BigInt(`${whole}${fraction}`), scale: fraction.length };
}
