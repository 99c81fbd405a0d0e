import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundedQuotient } from '../../src/domain/decimal.js';

describe('the quotient of two decimals', () => {
  it.each([
    ['1', '8', '0.125'],
    ['-7.50', '2', '-3.75'],
    ['-1', '-4', '0.25'],
    ['0', '7', '0'],
    ['2', '3', '0.666666666666667'],
    ['1', '3', '0.333333333333333'],
    ['2000', '3', '666.666666666667'],
    ['1', '300000000', '0.00000000333333333333333'],
    ['0.1', '0.03', '3.33333333333333'],
    ['20000000000000000000', '3', '6666666666666670000'],
    ['999999999999999.5', '1', '1000000000000000'],
  ])('%s / %s is %s', (numerator, denominator, quotient) => {
    expect(roundedQuotient(numerator, denominator)).toBe(quotient);
  });

  it('rounds a half to the even digit', () => {
    expect(roundedQuotient('1.000000000000005', '1')).toBe('1');
    expect(roundedQuotient('1.000000000000015', '1')).toBe('1.00000000000002');
    expect(roundedQuotient('1.0000000000000050001', '1')).toBe('1.00000000000001');
  });

  it('is null by zero, and for what is no decimal', () => {
    expect([roundedQuotient('1', '0.0'), roundedQuotient('1e3', '2'), roundedQuotient('1', '')]).toEqual([
      ...[null, null, null],
    ]);
  });

  it('has 15 significant digits at most, and is as near as they go', () => {
    const count = fc.integer({ min: 1, max: 1_000_000_000 });
    fc.assert(
      fc.property(count, count, (numerator, denominator) => {
        const text = roundedQuotient(String(numerator), String(denominator)) ?? '';
        const [whole = '', fraction = ''] = text.split('.');
        const digits = `${whole}${fraction}`.replace(/^0+/, '');
        expect(digits.length).toBeLessThanOrEqual(15);
        // Half a unit of the last of 15 digits, times the divisor.
        const scale = BigInt(fraction.length + 15 - digits.length);
        const off = BigInt(whole + fraction) * 10n ** (scale - BigInt(fraction.length)) * BigInt(denominator);
        const miss = 2n * (off - BigInt(numerator) * 10n ** scale);
        expect(miss <= BigInt(denominator) && miss >= -BigInt(denominator)).toBe(true);
      }),
    );
  });
});
