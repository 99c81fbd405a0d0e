import { PlatformError } from '../domain/errors.js';
import { isPeriod } from '../domain/period.js';
import type { Condition } from '../store/condition.js';

/** Refuses what is no period. @throws PlatformError BAD_USER_INPUT */
export function requirePeriod(text: string): void {
  if (isPeriod(text)) return;
  throw new PlatformError(
    'BAD_USER_INPUT',
    `"${text.slice(0, 40)}" is no period; write a year, quarter or month: 2024, 2024-Q3 or 2024-03.`,
  );
}

/** Refuses a condition that compares periods with what is none: it would find nothing, or all. @throws PlatformError BAD_USER_INPUT */
export function requirePeriods({ contains: _, in: choices, ...others }: Condition): void {
  for (const value of [...Object.values(others), ...(choices ?? [])]) {
    if (typeof value === 'string') requirePeriod(value);
  }
}
