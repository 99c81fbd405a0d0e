import { z } from 'zod';
import { remember } from './memo.js';
import {
  createMomentReader,
  localOf,
  MOMENT_FORMATS,
  MOMENT_MEANINGS,
  type MomentFormat,
  ZONED_FORMATS,
} from './moment.js';
import { showValue, toText, type Unreadable } from './problem.js';
import { isTimeZone, openTimeZone } from './timeZone.js';

/** Spellings that name a period itself, so that their grain is known. */
const NAMED_FORMATS = [
  'year',
  'yearMonth',
  'yearM',
  'compactMonth',
  'monthYear',
  'tMonth',
  'thang',
  'quy',
  'quarterYear',
  'yearQuarter',
] as const;

/** Spellings of a period that a manifest may name. */
export const PERIOD_FORMATS = [...NAMED_FORMATS, ...MOMENT_FORMATS] as const;
/** See {@link PERIOD_FORMATS}. */
export type PeriodFormat = (typeof PERIOD_FORMATS)[number];

/** Length of a period. */
export const GRAINS = ['year', 'quarter', 'month'] as const;

/** A time zone by its IANA name. */
export const timeZoneSchema = z
  .string()
  .refine(isTimeZone, { error: 'expected an IANA time zone such as Asia/Ho_Chi_Minh or UTC' });

/** One format, or several that are tried in order. */
export function formatSchema<const Format extends string>(formats: readonly Format[]) {
  return z.union([z.enum(formats), z.array(z.enum(formats)).min(1)], {
    error: `expected one or more of ${formats.join(', ')}`,
  });
}

/** The keys of a period that say how it is spelled. */
export const periodShape = {
  format: formatSchema(PERIOD_FORMATS).describe(
    `The spelling, or several that are tried in order. year: 2024; yearMonth: 2024-03; yearM: 2024M03; compactMonth: 202403; monthYear: 03/2024; tMonth: T3/2024; thang: Tháng 3/2024; quy: Quý I/2024; quarterYear: Q1/2024; yearQuarter: 2024-Q1; ${MOMENT_MEANINGS}.`,
  ),
  grain: z
    .enum(GRAINS)
    .optional()
    .describe(
      'The period in which a day or instant lies. Required for formats of days and instants, and only for them.',
    ),
  timeZone: timeZoneSchema
    .optional()
    .describe(`IANA time zone in which the source counts its days. Required for ${ZONED_FORMATS.join(', ')}.`),
};

/** How a source spells its periods. */
export interface PeriodSpec {
  readonly format: PeriodFormat | readonly PeriodFormat[];
  readonly grain?: (typeof GRAINS)[number] | undefined;
  readonly timeZone?: string | undefined;
}

/** What is wrong with a combination of formats; null when nothing is. */
export function findPeriodFault(spec: PeriodSpec): { readonly problem: string; readonly key: keyof PeriodSpec } | null {
  const formats = listFormats(spec.format);
  const moments = formats.filter(isMomentFormat);
  const counts = formats.filter((format) => ['epochSeconds', 'epochMs', 'excelSerial'].includes(format));
  const [first, second] = [...counts, ...formats.filter((format) => format === 'year' || format === 'compactMonth')];
  if (counts.length > 0 && first !== undefined && second !== undefined) {
    return { problem: `${first} and ${second} read the same numbers differently; name one`, key: 'format' };
  }
  if (moments.length > 0 && spec.grain === undefined) {
    return { problem: `${moments.join(', ')} need grain: ${GRAINS.join(', ')}`, key: 'grain' };
  }
  if (moments.length === 0 && spec.grain !== undefined) {
    return { problem: `the format ${formats.join(', ')} has its own grain; leave grain out`, key: 'grain' };
  }
  const zoned = moments.find((format) => ZONED_FORMATS.includes(format));
  if (zoned !== undefined && spec.timeZone === undefined) {
    return { problem: `${zoned} needs timeZone, such as Asia/Ho_Chi_Minh`, key: 'timeZone' };
  }
  return null;
}

/** Between a part of a year and the year: a mark, "năm", or a space. */
const OF = '(?: ?[/.\\-–] ?| năm | )';
const QUARTER = '(?<quarter>iv|i{1,3}|[1-4])';
const MONTH = '(?<month>\\d{1,2})';
const YEAR = '(?<year>\\d{4})';

const SPELLINGS: Readonly<Record<(typeof NAMED_FORMATS)[number], RegExp>> = {
  year: new RegExp(`^(?:năm )?${YEAR}$`),
  yearMonth: new RegExp(`^${YEAR}[-/]${MONTH}$`),
  yearM: new RegExp(`^${YEAR}-?m${MONTH}$`),
  compactMonth: /^(?<year>\d{4})(?<month>\d{2})$/,
  monthYear: new RegExp(`^${MONTH}[-/.]${YEAR}$`),
  tMonth: new RegExp(`^t\\.? ?${MONTH}${OF}${YEAR}$`),
  thang: new RegExp(`^tháng ${MONTH}${OF}${YEAR}$`),
  // Typists put the tone on the wrong letter, and some write i for y.
  quy: new RegExp(`^(?:quý|qúy|quí|qúi) ${QUARTER}${OF}${YEAR}$`),
  quarterYear: new RegExp(`^q\\.? ?${QUARTER}${OF}${YEAR}$`),
  yearQuarter: new RegExp(`^${YEAR}[-/ ]?q${QUARTER}$`),
};
const ROMAN: Readonly<Record<string, string>> = { i: '1', ii: '2', iii: '3', iv: '4' };
/** Longer texts are no periods. */
const MAX_CHARS = 60;

/**
 * Makes the reader of periods in the stated formats, tried in order.
 * @param spec one that {@link findPeriodFault} finds nothing wrong with
 * @returns a function that never throws: `2024`, `2024-Q1` or `2024-03`, or why it is none; years are 1945 to 2199
 * @throws RangeError here, not later, when the time zone is unknown
 */
export function createPeriodReader(spec: PeriodSpec): (raw: unknown) => string | Unreadable {
  const formats = listFormats(spec.format);
  const named = formats.filter((format) => !isMomentFormat(format));
  const moments = formats.filter(isMomentFormat);
  const readMoment = createMomentReader(moments);
  const zone = openTimeZone(spec.timeZone ?? 'UTC');
  const grain = spec.grain ?? 'month';

  const readText = remember((text: string): string | Unreadable => {
    const spoken = text.length > MAX_CHARS ? '' : text.toLowerCase().replace(/\s+/g, ' ');
    for (const format of named) {
      const period = readNamed(format, spoken);
      if (period !== null) return period;
    }
    const moment = moments.length === 0 ? null : readMoment(text);
    if (moment !== null && !('problem' in moment)) return periodOf(new Date(localOf(moment, zone)), grain);
    return { problem: `${showValue(text)} is not a period in the format ${formats.join(' or ')}` };
  });

  return (raw) => {
    const text = toText(raw);
    return text === null ? { problem: `${showValue(raw)} is not a period` } : readText(text);
  };
}

function readNamed(format: (typeof NAMED_FORMATS)[number], text: string): string | null {
  const groups = SPELLINGS[format].exec(text)?.groups;
  if (groups === undefined) return null;
  const { year = '', month, quarter } = groups;
  if (Number(year) < 1945 || Number(year) > 2199) return null;
  if (quarter !== undefined) return `${year}-Q${ROMAN[quarter] ?? quarter}`;
  if (month === undefined) return year;
  return Number(month) >= 1 && Number(month) <= 12 ? `${year}-${month.padStart(2, '0')}` : null;
}

function periodOf(local: Date, grain: (typeof GRAINS)[number]): string {
  const [year, month] = [local.getUTCFullYear(), local.getUTCMonth() + 1];
  if (grain === 'year') return String(year);
  return grain === 'quarter' ? `${year}-Q${Math.ceil(month / 3)}` : `${year}-${String(month).padStart(2, '0')}`;
}

function listFormats(format: PeriodSpec['format']): readonly PeriodFormat[] {
  return typeof format === 'string' ? [format] : format;
}

function isMomentFormat(format: PeriodFormat): format is MomentFormat {
  return MOMENT_FORMATS.some((moment) => moment === format);
}
