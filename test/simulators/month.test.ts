import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countFields, DATABASE_NAMES } from '../../simulators/database.js';
import { monthCounts, type YearProfile } from '../../simulators/month.js';
import { restateCounts } from '../../simulators/restate.js';

/** Final counts in which every numerator is at most its denominator. */
const profile = fc
  .record({
    seed: fc.nat(1_000_000),
    database: fc.constantFrom(...DATABASE_NAMES),
    lastMonth: fc.integer({ min: 1, max: 12 }),
    sizes: fc.array(fc.nat(5_000_000), { minLength: 12, maxLength: 12 }),
    shares: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 }),
  })
  .map(({ seed, database, lastMonth, sizes, shares }) => {
    const fields = countFields(database, 'GSO-2025');
    const final: Record<string, number> = {};
    fields.forEach((field, index) => {
      const most = field.atMost === null ? null : (final[field.atMost] ?? 0);
      final[field.name] = most === null ? (sizes[index] ?? 0) : Math.round(most * (shares[index] ?? 0));
    });
    const year: YearProfile = { seed, entityKey: 'GSO-2025:48', year: 2026, lastMonth, fields, final };
    return { database, year };
  });

describe('monthCounts', () => {
  it('ends with exactly the final counts', () => {
    fc.assert(
      fc.property(profile, ({ year }) => {
        expect(monthCounts(year, year.lastMonth)).toEqual(year.final);
      }),
    );
  });

  it('rises within the year, in whole numbers, and keeps numerators at or below their denominators', () => {
    fc.assert(
      fc.property(profile, ({ year }) => {
        let before: Record<string, number> = {};
        for (let month = 1; month <= year.lastMonth; month += 1) {
          const counts = monthCounts(year, month);
          for (const { name, atMost } of year.fields) {
            const count = counts[name] ?? Number.NaN;
            expect(Number.isSafeInteger(count)).toBe(true);
            expect(count).toBeGreaterThanOrEqual(before[name] ?? 0);
            if (atMost !== null) expect(count).toBeLessThanOrEqual(counts[atMost] ?? 0);
          }
          before = counts;
        }
      }),
    );
  });
});

describe('restateCounts', () => {
  it('moves numerators by at most 5 % or one, never above the denominator, and leaves denominators alone', () => {
    fc.assert(
      fc.property(profile, fc.nat(1_000_000), ({ database, year }, tick) => {
        const base = { codeSystem: 'GSO-2025', code: '48', period: '2026-03', running: true, counts: year.final };
        const counts = restateCounts(year.seed, database, base, tick);
        const denominators = new Set(year.fields.map((field) => field.atMost));
        for (const { name, atMost } of year.fields) {
          const [count, from] = [counts[name] ?? Number.NaN, year.final[name] ?? 0];
          if (atMost === null || denominators.has(name)) expect(count).toBe(from);
          else {
            expect(Math.abs(count - from)).toBeLessThanOrEqual(Math.max(1, from * 0.05 + 0.5));
            expect(count).toBeGreaterThanOrEqual(0);
            expect(count).toBeLessThanOrEqual(counts[atMost] ?? 0);
          }
        }
      }),
    );
  });
});
