/**
 * A period is text that sorts by time within its grain: `2022`, `2022-Q3`, `2022-03`. The platform keeps figures of a part of a year as the
 * producer states them: cumulative since 1 January, or the stock at the end of the part.
 */
const PERIOD = /^(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?$/;

/** True when the text is a period. */
export function isPeriod(text: string): boolean {
  return PERIOD.test(text);
}

/**
 * The calendar year of a period.
 * @throws RangeError when the text is not a period
 */
export function periodYear(period: string): number {
  const match = PERIOD.exec(period);
  if (match === null) throw new RangeError(`"${period}" is not a period; write 2022, 2022-Q3 or 2022-03`);
  return Number(match[1]);
}

/**
 * The last month that a period covers, 1 to 12, by which periods of one year are ordered: a whole year is as late as its December.
 * @throws RangeError when the text is not a period
 */
export function periodEndMonth(period: string): number {
  const match = PERIOD.exec(period);
  if (match === null) throw new RangeError(`"${period}" is not a period; write 2022, 2022-Q3 or 2022-03`);
  if (match[2] !== undefined) return Number(match[2]) * 3;
  return match[3] === undefined ? 12 : Number(match[3]);
}

/** Vietnam is seven hours ahead of UTC and has no daylight saving time. */
export const VIETNAM_MS = 7 * 3_600_000;

/**
 * True when a period has begun in Vietnam: a figure of one that has not is a mistake, or a plan. `2026` has begun on 2026-01-01, long before it ends, since
 * figures of a part of a year are stated as cumulative.
 * @throws RangeError when the text is not a period
 */
export function hasBegun(period: string, now: Date): boolean {
  const first = /^\d{4}$/.test(period) ? 1 : period.includes('Q') ? periodEndMonth(period) - 2 : periodEndMonth(period);
  return (
    `${periodYear(period)}-${String(first).padStart(2, '0')}` <=
    new Date(now.getTime() + VIETNAM_MS).toISOString().slice(0, 7)
  );
}

/**
 * True when a period lies in another: `2024-03` in `2024-03`, `2024-Q1` and `2024`. A whole is in none of its parts.
 * @throws RangeError when a text is not a period
 */
export function isWithinPeriod(period: string, whole: string): boolean {
  if (period === whole) return true;
  if (periodYear(period) !== periodYear(whole)) return false;
  const [, , , month] = PERIOD.exec(period) ?? [];
  const [, , quarter, wholeMonth] = PERIOD.exec(whole) ?? [];
  if (quarter === undefined) return wholeMonth === undefined;
  return month !== undefined && Math.ceil(Number(month) / 3) === Number(quarter);
}
