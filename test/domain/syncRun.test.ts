import { describe, expect, it } from 'vitest';
import { accountAddsUp } from '../../src/domain/syncRun.js';

const GOOD = { read: 21, written: 1, unchanged: 2, superseded: 3, tombstoned: 4, rejected: 5, skipped: 6 };

describe('an account', () => {
  it.each([
    ['every record has one fate', {}, true],
    [
      'nothing was read',
      { read: 0, written: 0, unchanged: 0, superseded: 0, tombstoned: 0, rejected: 0, skipped: 0 },
      true,
    ],
    ['one was lost', { read: 22 }, false],
    ['one was counted twice', { written: 2 }, false],
    ['what was written twice is taken off elsewhere', { written: 4, unchanged: -1 }, false],
  ])('adds up or not: %s', (_, counts, expected) => {
    expect(accountAddsUp({ ...GOOD, ...counts })).toBe(expected);
  });
});
