import { describe, expect, it } from 'vitest';
import type { MergePolicy } from '../../src/domain/mergePolicy.js';
import { checkMergePolicy } from '../../src/merge/checkMergePolicy.js';
import { chooseObservation } from '../../src/merge/chooseObservation.js';
import { POLICY } from './observationFixture.js';

describe('checkMergePolicy', () => {
  it('accepts a policy with one kind and a tolerance of 0', () => {
    expect(() => checkMergePolicy({ ...POLICY, precedence: ['SURVEY'], discrepancyTolerance: 0 })).not.toThrow();
  });

  it.each<[string, Partial<MergePolicy>]>([
    ['no kind of source', { precedence: [] }],
    ['a kind named twice', { precedence: ['SURVEY', 'EXPERT', 'SURVEY'] }],
    ['a negative tolerance', { discrepancyTolerance: -0.1 }],
    ['a tolerance that is not a number', { discrepancyTolerance: Number.NaN }],
  ])('refuses %s, each time it is used', (_, change) => {
    const policy = { ...POLICY, ...change };
    for (let time = 0; time < 2; time++) {
      expect(() => chooseObservation([], policy)).toThrow(expect.objectContaining({ code: 'MERGE_POLICY_INVALID' }));
    }
  });
});
