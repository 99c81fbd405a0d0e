import { describe, expect, it } from 'vitest';
import { foldText } from '../../src/domain/text.js';

describe('foldText', () => {
  it.each([
    ['Đà Nẵng', 'da nang'],
    ['THỪA THIÊN HUẾ', 'thua thien hue'],
    ['Bà Rịa – Vũng Tàu', 'ba ria – vung tau'],
    ['Ω and ω', 'Ω and ω'],
  ])('writes %s as %s', (text, folded) => {
    expect(foldText(text)).toBe(folded);
  });
});
