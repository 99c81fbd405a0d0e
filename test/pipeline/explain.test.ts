import { describe, expect, it } from 'vitest';
import type { SnapshotHead } from '../../src/domain/snapshot.js';
import { differenceOf, explainChoice, publishedText } from '../../src/pipeline/explain.js';
import type { CandidateKey } from '../../src/store/roundObservation.js';
import { observation, POLICY } from '../merge/observationFixture.js';

const HEAD: SnapshotHead = {
  ...{ id: 1, roundId: 1, revision: 9, status: 'PUBLISHED', inputRevision: 7, frameworkCode: 'PDTI-922' },
  ...{ policyCode: POLICY.code, policyVersion: 2, engineVersion: '1', inputHash: '', resultHash: '' },
  ...{ computedAt: '2026-07-01T00:00:00Z', publishedAt: '2026-07-01T00:00:00Z' },
};
const FIGURE = { head: HEAD, year: 2022, entityId: 74, indicatorId: 5 };

describe('explainChoice', () => {
  const newer = { ...POLICY, version: 2, precedence: [...POLICY.precedence].reverse() };

  it('chooses again among what the computation knew, under the version of the policy that it used', async () => {
    const asked: CandidateKey[] = [];
    const measured = observation({ id: 1 });
    const reported = observation({ id: 2, sourceId: 2, sourceKind: 'SELF_REPORT' });
    const choice = await explainChoice([POLICY, newer], FIGURE, async (key) => {
      asked.push(key);
      return [measured, reported];
    });
    expect(asked).toEqual([{ entityId: 74, indicatorId: 5, year: 2022, revision: 7 }]);
    expect(choice.policy).toBe(newer);
    expect(choice.merged).toMatchObject({ chosen: reported, reason: 'HIGHEST_PRECEDENCE' });
  });

  it('says so when nothing had been observed', async () => {
    const { merged } = await explainChoice([newer], FIGURE, async () => []);
    expect(merged).toEqual({ chosen: null, reason: 'NO_CANDIDATE', candidates: [], discrepancy: null });
  });

  it('fails when the policy of the snapshot is not loaded, and reads nothing', async () => {
    const explaining = explainChoice([POLICY], FIGURE, () => Promise.reject(new Error('must not be read')));
    await expect(explaining).rejects.toMatchObject({ code: 'MERGE_POLICY_INVALID' });
  });
});

describe('publishedText', () => {
  it.each([
    [0, '0.0000'],
    [1, '1.0000'],
    [0.82185, '0.8219'],
    [0.821849999999, '0.8218'],
    [0.00005, '0.0001'],
    [0.99995, '1.0000'],
    [0.5, '0.5000'],
  ])('writes %d as %s', (value, text) => {
    expect(publishedText(value)).toBe(text);
  });
});

describe('differenceOf', () => {
  it('makes a difference that is quantised, so the same however the scores were computed', () => {
    expect(differenceOf(0.3, 0.1)).toBe(0.2);
    expect(differenceOf(0.1, 0.3)).toBe(-0.2);
    expect(Object.is(differenceOf(0.3, 0.3), 0)).toBe(true);
  });
});
