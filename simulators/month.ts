import type { CountField } from './database.js';
import { seededShare } from './random.js';

/** Counts of one row by field name, in field order. */
export type Counts = Readonly<Record<string, number>>;

/** What the months of one body and year are computed from. */
export interface YearProfile {
  readonly seed: number;
  /** `GSO-2004:74`. */
  readonly entityKey: string;
  readonly year: number;
  /** The last month that exists: 12, or the anchor month. Its counts are the final ones. */
  readonly lastMonth: number;
  readonly fields: readonly CountField[];
  readonly final: Counts;
}

/** Share of the year's activity that falls in the months up to `month`; rises strictly, 1 in the last month. */
function activityShare(profile: YearProfile, month: number): number {
  let upTo = 0;
  let whole = 0;
  for (let each = 1; each <= profile.lastMonth; each += 1) {
    // Little happens around Tết.
    const season = each === 2 ? 0.6 : 1;
    const weight = season * (0.8 + 0.4 * seededShare(profile.seed, 'season', profile.entityKey, profile.year, each));
    whole += weight;
    if (each <= month) upTo += weight;
  }
  return month === profile.lastMonth ? 1 : upTo / whole;
}

/**
 * The counts of one month: they rise to the final ones within the year, a numerator never exceeds its denominator, and the last month has
 * exactly the final counts. Territory counts grow 1 to 3 % a year, what bodies improve grows 5 to 25 %.
 * @param month 1 to lastMonth
 */
export function monthCounts(profile: YearProfile, month: number): Counts {
  const share = activityShare(profile, month);
  const yearsLeft = (profile.lastMonth - month) / 12;
  const denominators = new Set(profile.fields.map((field) => field.atMost));
  const counts: Record<string, number> = {};
  for (const field of profile.fields) {
    const final = profile.final[field.name] ?? 0;
    const pace = seededShare(profile.seed, 'growth', profile.entityKey, profile.year, field.name);
    const improvement = field.atMost === null ? 0 : 0.05 + 0.2 * pace;
    const growth = field.kind === 'stock' ? 0.01 + 0.02 * pace : 0;
    const level = (1 - (improvement + growth) * yearsLeft) * (field.kind === 'flow' ? share : 1);
    // A ratio over nothing says nothing, so a denominator is at least 1.
    const least = denominators.has(field.name) && final > 0 ? 1 : 0;
    const most = field.atMost === null ? final : (counts[field.atMost] ?? 0);
    counts[field.name] = Math.min(most, Math.max(least, Math.round(final * level)));
  }
  return counts;
}
