import { describe, expect, it } from 'vitest';
import { flagsOf } from '../../bench/flags.js';
import { replaceMeasured } from '../../bench/report.js';

const measured = (part: string, text: string) => `<!-- measured: ${part} -->\n${text}\n\n<!-- end of ${part} -->`;
const DOCUMENT = `# Benchmark\n\nBy hand.\n\n${measured('live', 'old $& figures')}\n\nAlso by hand.\n\n${measured('fanout', 'kept')}\n`;

describe('what the bench has measured', () => {
  it('replaces what the same part wrote before, and nothing else', () => {
    const replaced = replaceMeasured(DOCUMENT, 'live', '\n| $1 | new |\n');
    expect(replaced).toBe(DOCUMENT.replace('old $& figures', () => '| $1 | new |'));
    expect(replaceMeasured(replaced, 'live', '| $1 | new |')).toBe(replaced);
  });

  it.each([
    ['a document that does not have the part', DOCUMENT, `${DOCUMENT}\n${measured('national', 'new')}\n`],
    ['a document all by hand', 'By hand.', `By hand.\n\n${measured('national', 'new')}\n`],
    ['no document', '', `${measured('national', 'new')}\n`],
  ])('is added to the end of %s', (_, document, whole) => {
    expect(replaceMeasured(document, 'national', 'new')).toBe(whole);
  });

  it.each([
    ['<!-- measured: live -->'],
    ['<!-- end of live -->'],
    ['<!-- end of live -->\n<!-- measured: live -->'],
  ])('is refused where it cannot be told what to replace: %s', (document) => {
    expect(() => replaceMeasured(document, 'live', 'new')).toThrow('<!-- measured: live -->');
  });
});

it('the flags of Node are those of a command', () => {
  expect(flagsOf('exec node --enable-source-maps --max-old-space-size=512 dist/src/main.js')).toEqual([
    ...['--enable-source-maps', '--max-old-space-size=512'],
  ]);
});
