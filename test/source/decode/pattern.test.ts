import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePatterns } from '../../../src/source/decode/pattern.js';

describe('compilePatterns', () => {
  it.each([
    ['*.csv', 'data.csv', true],
    ['*.csv', 'data.csv.bak', false],
    ['####', '2024', true],
    ['####', '202', false],
    ['Năm ####', 'Năm 2024', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a*b*c', 'a--b--b--c', true],
    ['a*b*c', 'a--c--b', false],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['', '', true],
    ['', 'x', false],
    ['*', '', true],
    ['Tổng*', 'Tổng cộng'.normalize('NFD'), true],
    ['(a+)+$', 'aaaa', false],
  ])('%j fits %j: %s', (pattern, text, fits) => {
    expect(compilePatterns(pattern)(text)).toBe(fits);
  });

  it('takes several of which one must match, and none that never do', () => {
    expect(['a', 'b', 'c'].filter(compilePatterns(['a', 'b']))).toEqual(['a', 'b']);
    expect(compilePatterns([])('')).toBe(false);
  });

  it('agrees with a regular expression', () => {
    const character = fc.constantFrom('a', 'b', '*', '?');
    fc.assert(
      fc.property(
        fc.string({ unit: character, maxLength: 8 }),
        fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 }),
        (pattern, text) => {
          const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
          expect(compilePatterns(pattern)(text)).toBe(expression.test(text));
        },
      ),
    );
  });

  it('is quick where a regular expression would not be', () => {
    expect(compilePatterns('*a'.repeat(100))('a'.repeat(5000).concat('b'))).toBe(false);
  });
});
