import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CanonicalValue, canonicalBytes, canonicalText } from '../../src/proof/canonical.js';

const plainData = fc.letrec<{ value: CanonicalValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string(),
    fc.array(tie('value')),
    fc.dictionary(fc.string(), tie('value')),
  ),
})).value;

/** The same data with the keys of every object in reverse order. */
function reverseKeys(value: CanonicalValue): CanonicalValue {
  if (Array.isArray(value)) return value.map((item: CanonicalValue) => reverseKeys(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reverseKeys(item)]),
  );
}

describe('canonicalText', () => {
  it.each<[CanonicalValue, string]>([
    [null, 'null'],
    [true, 'true'],
    [-0, '0'],
    [900_719_925_474_099, '900719925474099'],
    ['Đà "Nẵng"\n', '"Đà \\"Nẵng\\"\\n"'],
    [[1, [], null], '[1,[],null]'],
    [{ b: [1, null], a: 'x', A: {} }, '{"A":{},"a":"x","b":[1,null]}'],
  ])('writes %j as %s', (value, text) => {
    expect(canonicalText(value)).toBe(text);
    expect(new TextDecoder().decode(canonicalBytes(value))).toBe(text);
  });

  it.each<[string, unknown]>([
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a fraction', 0.1],
    ['an integer that float64 cannot tell from its neighbour', 2 ** 53],
  ])('refuses %s, wherever it is', (_, value) => {
    expect(() => canonicalText([{ deep: value as CanonicalValue }])).toThrow(RangeError);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a typed array', new Float64Array(1)],
    ['a big integer', 1n],
    ['a function', () => 1],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
    ['a hole in a list', [1, , 2]],
  ])('refuses %s', (_, value) => {
    expect(() => canonicalText({ value: value as CanonicalValue })).toThrow(TypeError);
  });

  it('does not depend on the order in which keys were set', () => {
    fc.assert(fc.property(plainData, (value) => canonicalText(reverseKeys(value)) === canonicalText(value)));
  });

  it('loses nothing: the text reads back as the data, on one line', () => {
    fc.assert(
      fc.property(plainData, (value) => {
        const text = canonicalText(value);
        expect(canonicalText(JSON.parse(text) as CanonicalValue)).toBe(text);
        expect(text).not.toMatch(/[\n\r]/);
      }),
    );
  });
});
