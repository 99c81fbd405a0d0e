import { expect, it } from 'vitest';
import { remember } from '../../../src/source/map/memo.js';

it('asks once for each text, but keeps neither long texts nor too many', () => {
  const asked: string[] = [];
  const read = remember((text: string): string | null => {
    asked.push(text);
    return text === 'nobody' ? null : text;
  });
  const long = 'x'.repeat(201);
  expect(['a', 'nobody', 'a', 'nobody', long, long].map(read)).toEqual(['a', null, 'a', null, long, long]);
  expect(asked).toEqual(['a', 'nobody', long, long]);
  for (let at = 0; at < 2_000; at++) read(String(at));
  asked.length = 0;
  expect([read('a'), read('1999')]).toEqual(['a', '1999']);
  expect(asked).toEqual(['a']);
});
