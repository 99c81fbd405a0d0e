import fc from 'fast-check';
import { vi } from 'vitest';

/** How wide each letter is where there is no browser, in pixels. */
export const LETTER_WIDTH = 7;

/** Lets charts measure their labels without a browser, until `vi.unstubAllGlobals()`; they begin to measure when they are imported. */
export function stubLetters(): void {
  const letters = { font: '', measureText: (text: string) => ({ width: LETTER_WIDTH * text.length }) };
  vi.stubGlobal('document', { createElement: () => ({ getContext: () => letters }), documentElement: null });
  vi.stubGlobal('getComputedStyle', () => ({ fontFamily: 'sans-serif' }));
}

/** Names of one to six words. */
export const names = fc
  .array(fc.stringMatching(/^[a-zàđễịởủ]{1,9}$/), { minLength: 1, maxLength: 6 })
  .map((each) => each.join(' '));
