import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LETTER_WIDTH, names, stubLetters } from './letters.js';

let parts: typeof import('../../../src/dashboard/parts/wrap.js');
beforeAll(async () => {
  stubLetters();
  parts = await import('../../../src/dashboard/parts/wrap.js');
});
afterAll(() => {
  vi.unstubAllGlobals();
});

describe('wrap', () => {
  it('loses nothing of a text, and makes no line wider than it may be unless it is one word', () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 300 }), (text, most) => {
        const lines = parts.wrap(text, most);
        expect(lines.join(' ')).toBe(text);
        for (const line of lines) expect(parts.widthOf(line) <= most || !line.includes(' ')).toBe(true);
        // A word goes to another line only where it has no room.
        for (const [index, line] of lines.entries()) {
          const next = lines[index + 1]?.split(' ')[0];
          if (next !== undefined) expect(parts.widthOf(`${line} ${next}`)).toBeGreaterThan(most);
        }
      }),
    );
  });

  it('never breaks where a space says so', () => {
    expect(parts.wrap('●\u00a0Bình Dương\u00a012', 5 * LETTER_WIDTH)).toEqual(['●\u00a0Bình', 'Dương\u00a012']);
    expect(parts.wrap('', 10)).toEqual(['']);
  });
});
