import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPeriod } from '../../../src/domain/period.js';
import {
  createPeriodReader,
  findPeriodFault,
  PERIOD_FORMATS,
  type PeriodFormat,
  type PeriodSpec,
} from '../../../src/source/map/period.js';

function read(raw: unknown, spec: PeriodSpec): unknown {
  return createPeriodReader(spec)(raw);
}

const SAIGON = 'Asia/Ho_Chi_Minh';

describe('the period reader', () => {
  it.each<[PeriodFormat, unknown, string]>([
    ['year', '2024', '2024'],
    ['year', 2024, '2024'],
    ['year', ' Năm 2024 ', '2024'],
    ['yearMonth', '2024-03', '2024-03'],
    ['yearMonth', '2024-3', '2024-03'],
    ['yearMonth', '2024/12', '2024-12'],
    ['yearM', '2024M03', '2024-03'],
    ['yearM', '2024-M3', '2024-03'],
    ['compactMonth', '202403', '2024-03'],
    ['compactMonth', 202403, '2024-03'],
    ['monthYear', '03/2024', '2024-03'],
    ['monthYear', '3/2024', '2024-03'],
    ['monthYear', '03-2024', '2024-03'],
    ['tMonth', 'T3/2024', '2024-03'],
    ['tMonth', 't03/2024', '2024-03'],
    ['tMonth', 'T.12-2024', '2024-12'],
    ['thang', 'Tháng 3/2024', '2024-03'],
    ['thang', 'THÁNG 03/2024', '2024-03'],
    ['thang', 'Tháng 3 năm 2024', '2024-03'],
    ['thang', 'tháng 12 2024', '2024-12'],
    ['quy', 'Quý I/2024', '2024-Q1'],
    ['quy', 'QUÝ II/2024', '2024-Q2'],
    ['quy', 'Quý III - 2024', '2024-Q3'],
    ['quy', 'quý IV năm 2024', '2024-Q4'],
    ['quy', 'Quý 4/2024', '2024-Q4'],
    ['quy', 'Qúy I/2024', '2024-Q1'],
    ['quarterYear', 'Q1/2024', '2024-Q1'],
    ['quarterYear', 'QIV/2024', '2024-Q4'],
    ['quarterYear', 'Q2 2024', '2024-Q2'],
    ['yearQuarter', '2024-Q1', '2024-Q1'],
    ['yearQuarter', '2024Q3', '2024-Q3'],
  ])('reads %s: %s', (format, raw, expected) => {
    expect(read(raw, { format })).toBe(expected);
    expect(read(typeof raw === 'string' ? raw.normalize('NFD') : raw, { format })).toBe(expected);
  });

  it.each<[PeriodFormat, unknown]>([
    ['year', '24'],
    ['year', '20244'],
    ['year', '1899'],
    ['year', '9999'],
    ['yearMonth', '2024-13'],
    ['yearMonth', '2024-00'],
    ['yearMonth', '2024M03'],
    ['compactMonth', '032024'],
    ['monthYear', '13/2024'],
    ['monthYear', '2024/03'],
    ['tMonth', '3/2024'],
    ['thang', 'Thang 3/2024'],
    ['quy', 'Quý V/2024'],
    ['quy', 'Quý IIII/2024'],
    ['quarterYear', 'Q5/2024'],
    ['quarterYear', '2024-Q1'],
    ['yearQuarter', '2024-Q0'],
    ['year', null],
    ['year', undefined],
    ['year', ['2024']],
    ['year', true],
    ['year', `2024${' '.repeat(100_000)}x`],
  ])('refuses %s: %s', (format, raw) => {
    expect(read(raw, { format })).toEqual({ problem: expect.any(String) });
  });

  it.each<[PeriodFormat, unknown, string]>([
    ['date', '2024-03-31', '2024-03'],
    ['dayMonthYear', '31/03/2024', '2024-03'],
    ['dayMonthYear', '1-4-2024', '2024-04'],
    ['dateTime', '2024-12-31T23:30:00', '2024-12'],
    ['dateTime', '2024-12-31 23:30', '2024-12'],
    ['dateTime', '2024-12-31T23:30:00+07:00', '2024-12'],
    ['dateTime', '2024-12-31T23:30:00Z', '2025-01'],
    ['dateTime', '2024-12-31T17:00:00Z', '2025-01'],
    ['dateTime', '2024-12-31T16:59:59.999Z', '2024-12'],
    ['dateTime', '2025-01-01T00:30:00+0900', '2024-12'],
    ['dateTime', '2024-12-31T12:00:00-05', '2025-01'],
    ['epochSeconds', 1735664400, '2025-01'],
    ['epochSeconds', 1735664399, '2024-12'],
    ['epochSeconds', '1735664399.9', '2024-12'],
    ['epochMs', 1735664400000, '2025-01'],
    ['epochMs', '1735664399999', '2024-12'],
    ['excelSerial', 45657, '2024-12'],
    ['excelSerial', '45657.99', '2024-12'],
    ['excelSerial', 45658, '2025-01'],
    // 45657 and 23:59:59.9999: what a spreadsheet makes of midnight.
    ['excelSerial', 45657.999999999, '2025-01'],
  ])('takes the month of %s %s in Viet Nam', (format, raw, expected) => {
    expect(read(raw, { format, grain: 'month', timeZone: SAIGON })).toBe(expected);
  });

  it('takes the day of the stated zone: 31 December, 23:30 in Viet Nam is still December in UTC, and 23:30 UTC is January in Viet Nam', () => {
    const inSaigon = { format: 'dateTime', grain: 'year', timeZone: SAIGON } as const;
    const inUtc = { ...inSaigon, timeZone: 'UTC' };
    expect(read('2024-12-31T23:30:00+07:00', inSaigon)).toBe('2024');
    expect(read('2024-12-31T23:30:00+07:00', inUtc)).toBe('2024');
    expect(read('2024-12-31T23:30:00Z', inSaigon)).toBe('2025');
    expect(read('2024-12-31T23:30:00Z', inUtc)).toBe('2024');
    expect(read('2025-01-01T06:30:00+07:00', inUtc)).toBe('2024');
  });

  it.each([
    '2024-02-30',
    '2024-13-01',
    '2023-02-29',
    '1944-12-31',
    '9999-12-31',
    '2024-3-1',
  ])('refuses the day %s', (day) => {
    expect(read(day, { format: 'date', grain: 'month' })).toEqual({ problem: expect.any(String) });
  });

  it.each([
    '2024-03-01T24:00:00Z',
    '2024-03-01T12:60:00Z',
    '2024-03-01T12:00:00+15:00',
    '2024-03-01',
    'T12:00',
  ])('refuses the time %s', (time) => {
    expect(read(time, { format: 'dateTime', grain: 'month', timeZone: 'UTC' })).toEqual({
      problem: expect.any(String),
    });
  });

  it('refuses zero, and seconds read as milliseconds', () => {
    expect(read(0, { format: 'epochSeconds', grain: 'month', timeZone: 'UTC' })).toEqual({
      problem: expect.any(String),
    });
    expect(read(1711929600, { format: 'epochMs', grain: 'month', timeZone: 'UTC' })).toEqual({
      problem: expect.any(String),
    });
    expect(read(1711929600000, { format: 'epochSeconds', grain: 'month', timeZone: 'UTC' })).toEqual({
      problem: expect.any(String),
    });
  });

  it('cuts days to quarters and years', () => {
    expect(read('2024-06-30', { format: 'date', grain: 'quarter' })).toBe('2024-Q2');
    expect(read('2024-07-01', { format: 'date', grain: 'quarter' })).toBe('2024-Q3');
    expect(read('2024-07-01', { format: 'date', grain: 'year' })).toBe('2024');
  });

  it('tries several formats in order', () => {
    const spec: PeriodSpec = { format: ['quy', 'thang', 'year'] };
    expect(['Quý II/2024', 'Tháng 5/2024', '2024'].map(createPeriodReader(spec))).toEqual([
      '2024-Q2',
      '2024-05',
      '2024',
    ]);
  });

  it.each<[PeriodSpec, keyof PeriodSpec]>([
    [{ format: 'date' }, 'grain'],
    [{ format: 'year', grain: 'year' }, 'grain'],
    [{ format: 'dateTime', grain: 'month' }, 'timeZone'],
    [{ format: ['year', 'epochSeconds'], grain: 'month', timeZone: 'UTC' }, 'format'],
    [{ format: ['epochMs', 'epochSeconds'], grain: 'month', timeZone: 'UTC' }, 'format'],
    [{ format: ['excelSerial', 'compactMonth'], grain: 'month' }, 'format'],
  ])('finds the fault of %o', (spec, key) => {
    expect(findPeriodFault(spec)?.key).toBe(key);
  });

  it('finds no fault in sound combinations', () => {
    expect(findPeriodFault({ format: ['year', 'compactMonth'] })).toBe(null);
    expect(findPeriodFault({ format: ['date', 'yearMonth'], grain: 'month' })).toBe(null);
    expect(findPeriodFault({ format: 'epochMs', grain: 'year', timeZone: SAIGON })).toBe(null);
  });

  it('never throws, and gives periods only', () => {
    const reader = createPeriodReader({ format: PERIOD_FORMATS, grain: 'month', timeZone: SAIGON });
    const near = fc.stringMatching(/^[QqTM0-9IV/.:+ -]{0,26}$/);
    fc.assert(
      fc.property(fc.oneof(near, fc.anything(), fc.double(), fc.integer()), (raw) => {
        const period = reader(raw);
        if (typeof period === 'string') expect(isPeriod(period)).toBe(true);
        else expect(period.problem).not.toBe('');
      }),
      { numRuns: 2000 },
    );
  });

  it('reads back every instant in its zone', () => {
    const reader = createPeriodReader({ format: 'epochMs', grain: 'month', timeZone: 'UTC' });
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1980-01-01T00:00:00Z'), max: new Date('2199-12-31T00:00:00Z'), noInvalidDate: true }),
        (date) => {
          expect(reader(date.getTime())).toBe(date.toISOString().slice(0, 7));
        },
      ),
    );
  });
});
