import { expect, it } from 'vitest';
import { Catalogue } from '../../src/domain/catalogue.js';
import type { AssessmentRound, RoundStatus } from '../../src/domain/round.js';
import { snapshotMemory, warnOfSmallMemory } from '../../src/platform.js';
import { measureResults } from '../../src/snapshot/memory.js';
import { makeFramework } from '../scoring/frameworkFixture.js';

const MB = 1024 * 1024;
/** 100 indicators below one main index. */
const FRAMEWORK = makeFramework({
  mainIndexes: { A: Array.from({ length: 100 }, (_, at) => ({ code: `A.${at}`, maxPoints: 1 })) },
});
const MEASURES = FRAMEWORK.measures.length;

/** Reference data with rounds of so many entities. */
function catalogueOf(...rounds: readonly (readonly [entities: number, status: RoundStatus])[]): Catalogue {
  return new Catalogue({
    ...{ entities: [], peerGroups: [], regions: [], successions: [], references: [], policies: [] },
    frameworks: [FRAMEWORK],
    rounds: rounds.map(
      ([count, status], id): AssessmentRound => ({
        ...{ id, code: `R-${id}`, level: 'PROVINCE', year: 2020 + id, status, illustrative: true },
        frameworkCode: FRAMEWORK.code,
        groups: [{ peerGroupId: 1, entityIds: Array.from({ length: count }, (_, at) => at) }],
      }),
    ),
  });
}

const NATIONAL = catalogueOf([63, 'PUBLISHED'], [34, 'OPEN']);
const COMMUNES = catalogueOf(...Array(9).fill([10_600, 'PUBLISHED']), [10_600, 'OPEN']);

it('results take five numbers of 8 bytes and a rank of 4 a cell; open rounds have three of them at a time', () => {
  expect(measureResults(NATIONAL)).toEqual({ newest: 97 * MEASURES * 44, comfortable: (63 + 3 * 34) * MEASURES * 44 });
});

it('by itself the memory is what all rounds need, at least 64 MB and at most half of the place', () => {
  expect(snapshotMemory(NATIONAL)).toBe(64 * MB);
  expect(snapshotMemory(COMMUNES, 8192 * MB)).toBe(12 * 10_600 * MEASURES * 44);
  expect(snapshotMemory(COMMUNES, 1000 * MB)).toBe(500 * MB);
  expect(snapshotMemory(COMMUNES, 100 * MB)).toBe(64 * MB);
});

it('a memory that does not hold the newest results is told, with the one that would', () => {
  expect(warnOfSmallMemory(COMMUNES, snapshotMemory(COMMUNES, 8192 * MB))).toBeNull();
  expect(warnOfSmallMemory(NATIONAL, 64 * MB)).toBeNull();
  expect(warnOfSmallMemory(COMMUNES, 64 * MB)).toMatch(
    /take \d{3} MB in memory and may take 64: .* SNAPSHOT_MEMORY_MB to \d{3}$/,
  );
});
