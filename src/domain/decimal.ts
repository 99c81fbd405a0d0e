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

/** Digits after the point beyond which a quotient is not written out. */
const MOST_DIGITS = 30;

/**
 * The quotient of two exact decimals, itself exact and canonical: `1/8` is `0.125`.
 * @returns null when no decimal of 30 digits after the point says it (`1/3`), for a divisor of 0, and when a text is not a plain decimal
 */
export function exactQuotient(numerator: string, denominator: string): string | null {
  const above = readScaled(numerator);
  const below = readScaled(denominator);
  if (above === null || below === null || below.digits === 0n) return null;
  const dividend = above.digits * 10n ** BigInt(below.scale + MOST_DIGITS);
  const divisor = below.digits * 10n ** BigInt(above.scale);
  if (dividend % divisor !== 0n) return null;
  const quotient = dividend / divisor;
  const magnitude = String(quotient < 0n ? -quotient : quotient).padStart(MOST_DIGITS + 1, '0');
  const text = `${magnitude.slice(0, -MOST_DIGITS)}.${magnitude.slice(-MOST_DIGITS)}`;
  return canonicalDecimal(quotient < 0n ? `-${text}` : text);
}

/** A decimal as a whole number and how many of its digits stand after the point. */
function readScaled(text: string): { readonly digits: bigint; readonly scale: number } | null {
  const [whole = '', fraction = ''] = canonicalDecimal(text)?.split('.') ?? [];
  return whole === '' ? null : { digits: BigInt(`${whole}${fraction}`), scale: fraction.length };
}
