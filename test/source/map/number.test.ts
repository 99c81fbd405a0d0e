import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalDecimal } from '../../../src/domain/decimal.js';
import { createNumberReader, type NumberFormat, numberFormatSchema } from '../../../src/source/map/number.js';

type Settings = Partial<NumberFormat>;

function read(raw: unknown, settings: Settings = {}): unknown {
  return createNumberReader(numberFormatSchema.parse(settings))(raw);
}

const VIETNAMESE: Settings = { decimal: ',', thousands: '.' };
const ENGLISH: Settings = { thousands: ',' };
const FRENCH: Settings = { decimal: ',', thousands: ' ' };
const SWISS: Settings = { thousands: "'" };

describe('the number reader', () => {
  it.each<[unknown, Settings, string]>([
    ['1234', {}, '1234'],
    ['0', {}, '0'],
    ['-0', {}, '0'],
    ['007.50', {}, '7.5'],
    ['+5', {}, '5'],
    ['−5', {}, '-5'],
    ['.5', {}, '0.5'],
    ['-.5', {}, '-0.5'],
    ['  12.5\u00A0', {}, '12.5'],
    ['12345678901234567890.123456789', {}, '12345678901234567890.123456789'],
    ['1.234.567,89', VIETNAMESE, '1234567.89'],
    ['1.234', VIETNAMESE, '1234'],
    ['1234,5', VIETNAMESE, '1234.5'],
    [',5', VIETNAMESE, '0.5'],
    ['1,234,567.89', ENGLISH, '1234567.89'],
    ['-1,234', ENGLISH, '-1234'],
    ['1 234 567,89', FRENCH, '1234567.89'],
    ['1\u00A0234\u202F567,89', FRENCH, '1234567.89'],
    ["1'234.5", SWISS, '1234.5'],
    ['1’234.5', SWISS, '1234.5'],
    ['12,5%', { decimal: ',', percent: 'keep' }, '12.5'],
    ['12,5', { decimal: ',', percent: 'keep' }, '12.5'],
    ['12.5 %', { percent: 'divide' }, '0.125'],
    ['0.1%', { percent: 'divide' }, '0.001'],
    ['100%', { percent: 'divide' }, '1'],
    ['1.5E+3', { exponent: true }, '1500'],
    ['1.5e-7', { exponent: true }, '0.00000015'],
    ['-2e0', { exponent: true }, '-2'],
    [12, {}, '12'],
    [-0, {}, '0'],
    [12.5, {}, '12.5'],
    [1e-7, {}, '0.0000001'],
    [1.25e-8, VIETNAMESE, '0.0000000125'],
    [123456789012345678n, {}, '123456789012345678'],
  ])('reads %s with %o as %s', (raw, settings, expected) => {
    expect(read(raw, settings)).toBe(expected);
  });

  it.each<[unknown, Settings]>([
    ['', {}],
    ['abc', {}],
    ['5.', {}],
    ['.', {}],
    ['-', {}],
    ['1,5', {}],
    ['1 234', {}],
    ['1e5', {}],
    ['NaN', {}],
    ['Infinity', {}],
    ['0x10', {}],
    ['12.5%', {}],
    ['--5', {}],
    ['١٢', {}],
    ['1.23', VIETNAMESE],
    ['1.2345', VIETNAMESE],
    ['1234.567', VIETNAMESE],
    ['1..234', VIETNAMESE],
    ['.234', VIETNAMESE],
    ['1,234,56', ENGLISH],
    ['1,234.5,6', ENGLISH],
    ['1.5', VIETNAMESE],
    ['1 23', FRENCH],
    ['12.5', { percent: 'divide' }],
    [0.125, { percent: 'divide' }],
    ['1e999', { exponent: true }],
    ['9'.repeat(61), {}],
    [2 ** 53, {}],
    [0.1 + 0.2, {}],
    [Number.NaN, {}],
    [Number.POSITIVE_INFINITY, {}],
    [1e21, {}],
    [null, {}],
    [undefined, {}],
    [true, {}],
    [['5'], {}],
    [{ value: 5 }, {}],
  ])('refuses %s with %o', (raw, settings) => {
    expect(read(raw, settings)).toEqual({ problem: expect.any(String) });
  });

  it('says what a number looks like in its format', () => {
    expect(read('1,5x', VIETNAMESE)).toEqual({ problem: '"1,5x" is not a number such as 1.234,5' });
  });

  it('refuses a format whose two marks are the same', () => {
    const { success, error } = numberFormatSchema.safeParse({ decimal: ',', thousands: ',' });
    expect(success).toBe(false);
    expect(error?.issues[0]?.path).toEqual(['thousands']);
  });

  it('reads back exactly what was written in any format', () => {
    const formats = fc.constantFrom<Settings>({}, VIETNAMESE, ENGLISH, FRENCH, SWISS, { decimal: ',' });
    const digits = (max: number) => fc.stringMatching(new RegExp(`^\\d{0,${max}}$`));
    fc.assert(
      fc.property(formats, fc.boolean(), digits(28), digits(20), (settings, isNegative, whole, fraction) => {
        const plain = `${isNegative ? '-' : ''}${whole || '0'}${fraction && `.${fraction}`}`;
        const [head = '', tail] = plain.split('.');
        const grouped = head.replace(/\B(?=(\d{3})+$)/g, settings.thousands ?? '');
        const written = tail === undefined ? grouped : `${grouped}${settings.decimal ?? '.'}${tail}`;
        expect(read(written, settings)).toBe(canonicalDecimal(plain));
      }),
    );
  });

  it('never throws, and gives canonical decimals only', () => {
    const formats = fc.record({
      decimal: fc.constantFrom('.' as const, ',' as const),
      thousands: fc.constantFrom('' as const, ' ' as const, "'" as const),
      percent: fc.constantFrom('refuse' as const, 'keep' as const, 'divide' as const),
      exponent: fc.boolean(),
    });
    const near = fc.stringMatching(/^[-+0-9.,eE% ']{0,30}$/);
    fc.assert(
      fc.property(formats, fc.oneof(near, fc.anything(), fc.double()), (settings, raw) => {
        const number = read(raw, settings);
        if (typeof number === 'string') expect(canonicalDecimal(number)).toBe(number);
        else expect(number).toEqual({ problem: expect.any(String) });
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses a text of a million digits at once', () => {
    expect(read(`${'1.'.repeat(500_000)}x`, VIETNAMESE)).toEqual({ problem: expect.any(String) });
  });
});
