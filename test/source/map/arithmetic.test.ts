import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDecimals,
  compareDecimals,
  decimalOfNumber,
  divideDecimals,
  multiplyDecimals,
  shiftDecimal,
  subtractDecimals,
} from '../../../src/source/map/arithmetic.js';

const decimals = fc
  .tuple(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.nat(6))
  .map(([digits, places]) => shiftDecimal(digits.toString(), -places) ?? '0');

describe('exact arithmetic', () => {
  it.each([
    ['0.1 + 0.2', addDecimals('0.1', '0.2'), '0.3'],
    ['0.3 - 0.1', subtractDecimals('0.3', '0.1'), '0.2'],
    ['1 - 2.5', subtractDecimals('1', '2.5'), '-1.5'],
    ['1.1 * 3', multiplyDecimals('1.1', '3'), '3.3'],
    ['12.5 * 0.01', multiplyDecimals('12.5', '0.01'), '0.125'],
    ['-0.5 * 0', multiplyDecimals('-0.5', '0'), '0'],
    ['1 / 3', divideDecimals('1', '3', 4), '0.3333'],
    ['2 / 3', divideDecimals('2', '3', 4), '0.6667'],
    ['-1 / 8', divideDecimals('-1', '8', 2), '-0.13'],
    ['1 / 8 to no digits', divideDecimals('1', '8', 0), '0'],
    ['1 / 0', divideDecimals('1', '0.0', 2), null],
    ['12.5 by two', shiftDecimal('12.5', 2), '1250'],
    ['12.5 by minus three', shiftDecimal('12.5', -3), '0.0125'],
    ['0 by thousand', shiftDecimal('0', 1000), '0'],
    ['1 by thousand', shiftDecimal('1', 1000), null],
    ['a product too long', multiplyDecimals('9'.repeat(40), '9'.repeat(40)), null],
    ['a number of JavaScript', decimalOfNumber(-1.5e-9), '-0.0000000015'],
    ['a result of doubles', decimalOfNumber(1.1 * 3), null],
  ])('computes %s', (_what, result, expected) => {
    expect(result).toBe(expected);
  });

  it('undoes itself', () => {
    fc.assert(
      fc.property(decimals, decimals, (left, right) => {
        expect(subtractDecimals(addDecimals(left, right) ?? '', right)).toBe(left);
        expect(shiftDecimal(shiftDecimal(left, 5) ?? '', -5)).toBe(left);
        if (right !== '0') expect(divideDecimals(multiplyDecimals(left, right) ?? '', right, 10)).toBe(left);
        expect(compareDecimals(left, right)).toBe(-compareDecimals(right, left) + 0);
      }),
    );
  });

  it('gives back every double that was written as a decimal of 15 digits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 999_999_999_999_999 }),
        fc.integer({ min: 1, max: 25 }),
        (digits, places) => {
          const written = shiftDecimal(String(digits), -places) ?? '';
          expect(decimalOfNumber(Number(written))).toBe(written);
        },
      ),
    );
  });
});
