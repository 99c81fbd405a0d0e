import { describe, expect, it } from 'vitest';
import { findScheduleFault } from '../../src/domain/schedule.js';

describe('a schedule', () => {
  it.each([
    '* * * * *',
    '0 2 * * *',
    '*/15 8-17 * * 1-5',
    '0,30 0-23/2 1,15 JAN-MAR,dec sun',
    '5 4 31 12 7',
    ' 0  0 1 1 * ',
  ])('may be %j', (text) => {
    expect(findScheduleFault(text)).toBeNull();
  });

  it.each([
    ['', 'has 1'],
    ['* * * *', 'has 4'],
    ['0 0 2 * * *', 'has 6'],
    ['@daily', 'has 1'],
    ['60 * * * *', '"60" is no minute'],
    ['* 24 * * *', '"24" is no hour'],
    ['* * 0 * *', '"0" is no day of the month'],
    ['* * * 13 *', '"13" is no month'],
    ['* * * JANUARY *', '"JANUARY" is no month'],
    ['* * * * 8', '"8" is no day of the week'],
    ['5-1 * * * *', '"5-1" is no minute'],
    ['*/0 * * * *', '"*/0" is no minute'],
    ['5/2 * * * *', '"5/2" is no minute'],
    ['*-5 * * * *', '"*-5" is no minute'],
    ['1, * * * *', '"" is no minute'],
    ['-1 * * * *', '"-1" is no minute'],
  ])('cannot be %j', (text, fault) => {
    expect(findScheduleFault(text)).toContain(fault);
  });
});
