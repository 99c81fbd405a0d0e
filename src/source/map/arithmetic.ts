import { canonicalDecimal } from '../../domain/decimal.js';

/** Characters of the longest number; the resolver refuses longer ones, and so do databases. */
export const MAX_DIGITS = 60;

/** A decimal as digits and the number of them behind the point: 12.5 is 125 and 1. */
interface Scaled {
  readonly digits: bigint;
  readonly scale: number;
}

/** Adds two canonical decimals exactly; null when the sum is longer than {@link MAX_DIGITS}. */
export function addDecimals(left: string, right: string): string | null {
  const [a, b] = align(left, right);
  return write({ digits: a.digits + b.digits, scale: a.scale });
}

/** Subtracts exactly; null when the difference is longer than {@link MAX_DIGITS}. */
export function subtractDecimals(left: string, right: string): string | null {
  const [a, b] = align(left, right);
  return write({ digits: a.digits - b.digits, scale: a.scale });
}

/** Multiplies exactly; null when the product is longer than {@link MAX_DIGITS}. */
export function multiplyDecimals(left: string, right: string): string | null {
  const [a, b] = [toScaled(left), toScaled(right)];
  return write({ digits: a.digits * b.digits, scale: a.scale + b.scale });
}

/**
 * Divides, rounding half away from zero to so many digits behind the point.
 * @returns null when the divisor is zero or the quotient is longer than {@link MAX_DIGITS}
 */
export function divideDecimals(left: string, right: string, places: number): string | null {
  const [a, b] = align(left, right);
  if (b.digits === 0n) return null;
  const isNegative = a.digits < 0n !== b.digits < 0n;
  const [dividend, divisor] = [magnitude(a.digits) * 10n ** BigInt(places), magnitude(b.digits)];
  const rounded = (2n * dividend + divisor) / (2n * divisor);
  return write({ digits: isNegative ? -rounded : rounded, scale: places });
}

/** Moves the point: `("12.5", 2)` is `"1250"`, `("12.5", -2)` is `"0.125"`; null when the result is longer than {@link MAX_DIGITS}. */
export function shiftDecimal(decimal: string, places: number): string | null {
  if (Math.abs(places) > MAX_DIGITS) return toScaled(decimal).digits === 0n ? '0' : null;
  const { digits, scale } = toScaled(decimal);
  return write({ digits, scale: scale - places });
}

/** Less than zero when the left decimal is the smaller one, 0 when they are equal. */
export function compareDecimals(left: string, right: string): number {
  const [a, b] = align(left, right);
  return a.digits < b.digits ? -1 : a.digits > b.digits ? 1 : 0;
}

/**
 * A number of JavaScript as the decimal that it was written as: whole numbers up to 2^53, and fractions of at most 15 significant digits, which is what
 * a double keeps of any decimal.
 * @returns null for any other number: its digits were lost before it came here, or it is the result of inexact arithmetic
 */
export function decimalOfNumber(number: number): string | null {
  if (Number.isSafeInteger(number)) return String(number === 0 ? 0 : number);
  if (!Number.isFinite(number) || Number.isInteger(number)) return null;
  const match = /^(-?[\d.]+)(?:e([+-]\d+))?$/.exec(String(number));
  const mantissa = canonicalDecimal(match?.[1] ?? '');
  if (mantissa === null || mantissa.replace(/^-?0?\.?0*|[.-]/g, '').length > 15) return null;
  return match?.[2] === undefined ? mantissa : shiftDecimal(mantissa, Number(match[2]));
}

function toScaled(decimal: string): Scaled {
  const point = decimal.indexOf('.');
  if (point < 0) return { digits: BigInt(decimal), scale: 0 };
  return { digits: BigInt(decimal.slice(0, point) + decimal.slice(point + 1)), scale: decimal.length - point - 1 };
}

function align(left: string, right: string): [Scaled, Scaled] {
  const [a, b] = [toScaled(left), toScaled(right)];
  const scale = Math.max(a.scale, b.scale);
  return [rescale(a, scale), rescale(b, scale)];
}

function rescale({ digits, scale }: Scaled, wanted: number): Scaled {
  return scale === wanted ? { digits, scale } : { digits: digits * 10n ** BigInt(wanted - scale), scale: wanted };
}

function write({ digits, scale }: Scaled): string | null {
  const text = magnitude(scale < 0 ? digits * 10n ** BigInt(-scale) : digits).toString();
  const padded = scale > 0 ? text.padStart(scale + 1, '0') : text;
  const point = padded.length - Math.max(scale, 0);
  const plain = scale > 0 ? `${padded.slice(0, point)}.${padded.slice(point)}` : padded;
  const decimal = canonicalDecimal(digits < 0n ? `-${plain}` : plain);
  return decimal === null || decimal.length > MAX_DIGITS ? null : decimal;
}

function magnitude(digits: bigint): bigint {
  return digits < 0n ? -digits : digits;
}
