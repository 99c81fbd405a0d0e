import { canonicalDecimal } from '../../domain/decimal.js';
import { showValue, toText, type Unreadable } from './problem.js';
import type { LocalMs, TimeZone } from './timeZone.js';

/** Spellings of a day or an instant; see {@link MOMENT_MEANINGS}. */
export const MOMENT_FORMATS = ['date', 'dayMonthYear', 'dateTime', 'epochSeconds', 'epochMs', 'excelSerial'] as const;
/** See {@link MOMENT_FORMATS}. */
export type MomentFormat = (typeof MOMENT_FORMATS)[number];

/** What each spelling looks like, for the description of the manifest. */
export const MOMENT_MEANINGS =
  'date: 2024-03-31; dayMonthYear: 31/03/2024; dateTime: ISO 8601, and without an offset the wall time of timeZone; epochSeconds and epochMs: since 1970-01-01 UTC; excelSerial: days of the 1900 date system, as wall time';

/** Formats whose day depends on the zone. */
export const ZONED_FORMATS: readonly string[] = ['dateTime', 'epochSeconds', 'epochMs'];

/** A moment as the source states it: on the wall or absolute. */
export type Moment = { readonly local: LocalMs } | { readonly instantMs: number };

/** Reads a text as one format; null when it is not in it. */
type Spelling = (text: string) => Moment | null;

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DAY_MONTH_YEAR = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/;
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(?:(Z)|([+-])(\d{2}):?(\d{2})?)?$/i;
const SERIAL = /^\d{1,6}(?:\.\d+)?$/;
const DAY_MS = 86_400_000;
/** Serial 61 is 1900-03-01; those before suffer from a 29 February that never was. */
const SERIAL_ZERO = Date.UTC(1899, 11, 30);
/** What lies outside is a mistake, such as 9999-12-31 for "open". */
const EARLIEST = Date.UTC(1945, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);
/** Zero stands for "none" in many databases, and seconds read as milliseconds fall into January 1970. */
const EARLIEST_EPOCH = Date.UTC(1980, 0, 1);

const SPELLINGS: Readonly<Record<MomentFormat, Spelling>> = {
  date: (text) => {
    const match = DATE.exec(text);
    return match === null ? null : localMoment(match[1], match[2], match[3]);
  },
  dayMonthYear: (text) => {
    const match = DAY_MONTH_YEAR.exec(text);
    return match === null ? null : localMoment(match[3], match[2], match[1]);
  },
  dateTime: readDateTime,
  epochSeconds: (text) => {
    const seconds = canonicalDecimal(text);
    return seconds === null || text.length > 24 ? null : epochMoment(Math.floor(Number(seconds) * 1000));
  },
  epochMs: (text) => (/^\d{1,15}$/.test(text) ? epochMoment(Number(text)) : null),
  excelSerial: (text) =>
    // A serial keeps a second as 0.0000115; rounding to whole seconds gives back what was typed.
    SERIAL.test(text) ? { local: SERIAL_ZERO + Math.round(Number(text) * 86_400) * 1000 } : null,
};

/**
 * Makes the reader of moments in the stated formats, tried in order.
 * @returns a function that never throws: a moment of the years 1945 to 2199, counted ones from 1980, or why it is none
 */
export function createMomentReader(formats: readonly MomentFormat[]): (raw: unknown) => Moment | Unreadable {
  return (raw) => {
    const text = toText(raw);
    for (const format of formats) {
      const moment = text === null ? null : SPELLINGS[format](text);
      if (moment === null) continue;
      const ms = 'local' in moment ? moment.local : moment.instantMs;
      if (ms >= EARLIEST && ms < LATEST) return moment;
    }
    return {
      problem: `${showValue(raw)} is not a time of the years 1945 to 2199 in the format ${formats.join(' or ')}`,
    };
  };
}

/** Wall time of a moment. */
export function localOf(moment: Moment, zone: TimeZone): LocalMs {
  return 'local' in moment ? moment.local : zone.localOf(moment.instantMs);
}

/** Instant of a moment. */
export function instantOf(moment: Moment, zone: TimeZone): number {
  return 'local' in moment ? zone.instantOf(moment.local) : moment.instantMs;
}

function readDateTime(text: string): Moment | null {
  const match = DATE_TIME.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second = '0', fraction = '', utc, sign, offsetHours, offsetMinutes = '0'] =
    match;
  const date = localMoment(year, month, day);
  const [hours, minutes, seconds] = [Number(hour), Number(minute), Number(second)];
  if (date === null || hours > 23 || minutes > 59 || seconds > 59) return null;
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const local = date.local + ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms;
  if (utc !== undefined) return { instantMs: local };
  if (sign === undefined) return { local };
  if (Number(offsetHours) > 14 || Number(offsetMinutes) > 59) return null;
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000;
  return { instantMs: sign === '-' ? local + offset : local - offset };
}

function epochMoment(instantMs: number): Moment | null {
  return instantMs >= EARLIEST_EPOCH ? { instantMs } : null;
}

/** Midnight of a day of the calendar; null for 30 February. */
function localMoment(...parts: readonly (string | undefined)[]): { readonly local: LocalMs } | null {
  const [year = 0, month = 0, day = 0] = parts.map(Number);
  const local = Date.UTC(year, month - 1, day);
  const date = new Date(local);
  const isSame = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isSame && local % DAY_MS === 0 ? { local } : null;
}
