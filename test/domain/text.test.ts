import { describe, expect, it } from 'vitest';
import { askOtherCase, foldText } from '../../src/domain/text.js';

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

it.each([
  ['province-2022', ' Did you mean "PROVINCE-2022"?'],
  ['PROVINCE-2O22', ''],
  ['', ''],
])('a code in another case is hinted at: %s', (written, hint) => {
  expect(askOtherCase(written, ['MINISTRY-2022', 'PROVINCE-2022'])).toBe(hint);
});
