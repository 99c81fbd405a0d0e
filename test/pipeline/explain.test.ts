import { describe, expect, it } from 'vitest';
import { differenceOf, publishedText } from '../../src/pipeline/explain.js';

describe('publishedText', () => {
  it.each([
    [0, '0.0000'],
    [1, '1.0000'],
    [0.82185, '0.8219'],
    [0.821849999999, '0.8218'],
    [0.00005, '0.0001'],
    [0.99995, '1.0000'],
    [0.5, '0.5000'],
  ])('writes %d as %s', (value, text) => {
    expect(publishedText(value)).toBe(text);
  });
});

describe('differenceOf', () => {
  it('is quantised, so that it is the same however the scores were computed', () => {
    expect(differenceOf(0.3, 0.1)).toBe(0.2);
    expect(differenceOf(0.1, 0.3)).toBe(-0.2);
    expect(Object.is(differenceOf(0.3, 0.3), 0)).toBe(true);
  });
});
