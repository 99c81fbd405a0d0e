import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATABASE_NAMES } from '../../simulators/database.js';
import { databasesRestated, lastRestatement, provincesTouched } from '../../simulators/tick.js';

const plan = fc.record({ seed: fc.nat(1_000_000), provinces: fc.integer({ min: 3, max: 40 }) });

describe('provincesTouched', () => {
  it('touches three different provinces at every tick', () => {
    fc.assert(
      fc.property(plan, fc.integer({ min: 1, max: 1_000_000 }), (each, tick) => {
        const touched = provincesTouched(each, tick);
        expect(new Set(touched).size).toBe(3);
        expect(touched.every((province) => province >= 0 && province < each.provinces)).toBe(true);
      }),
    );
  });

  it('touches all 34 provinces within a cycle of 12 ticks', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(1000), (seed, cycle) => {
        const ticks = Array.from({ length: 12 }, (_, index) => cycle * 12 + index + 1);
        expect(new Set(ticks.flatMap((tick) => provincesTouched({ seed, provinces: 34 }, tick))).size).toBe(34);
      }),
    );
  });

  it('restates at least one database of a province that it touches', () => {
    fc.assert(
      fc.property(plan, fc.integer({ min: 1, max: 100_000 }), (each, tick) => {
        for (const province of provincesTouched(each, tick)) {
          expect(databasesRestated(each, tick, province).length).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe('lastRestatement', () => {
  it('agrees with a walk through all ticks', () => {
    fc.assert(
      fc.property(plan, fc.integer({ min: 0, max: 150 }), (each, tick) => {
        for (const database of DATABASE_NAMES) {
          const walked = new Map<number, number>();
          for (let past = 1; past <= tick; past += 1) {
            for (const province of provincesTouched(each, past)) {
              if (databasesRestated(each, past, province).includes(database)) walked.set(province, past);
            }
          }
          for (let province = 0; province < each.provinces; province += 1) {
            expect(lastRestatement(each, tick, province, database)).toBe(walked.get(province) ?? 0);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('never lies further back than four cycles', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 49, max: 10_000_000 }), fc.nat(33), (seed, tick, province) => {
        for (const database of DATABASE_NAMES) {
          expect(lastRestatement({ seed, provinces: 34 }, tick, province, database)).toBeGreaterThan(tick - 49);
        }
      }),
    );
  });
});
