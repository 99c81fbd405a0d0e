import { PlatformError } from '../domain/errors.js';
import type { MergePolicy } from '../domain/mergePolicy.js';

// A computation merges ten thousand times under one policy; it is looked at once.
const checked = new WeakSet<MergePolicy>();

/**
 * Refuses a policy that cannot choose: no kind of source, one kind named twice, or a tolerance that is not a share.
 * @throws PlatformError MERGE_POLICY_INVALID
 */
export function checkMergePolicy(policy: MergePolicy): void {
  if (checked.has(policy)) return;
  const problem = problemOf(policy);
  if (problem !== null) {
    throw new PlatformError(
      'MERGE_POLICY_INVALID',
      `Merge policy ${policy.code} version ${policy.version} ${problem}`,
      {
        details: { policyCode: policy.code, policyVersion: policy.version },
      },
    );
  }
  checked.add(policy);
}

function problemOf({ precedence, discrepancyTolerance }: MergePolicy): string | null {
  if (precedence.length === 0) return 'admits no kind of source; name at least one in its precedence';
  const repeated = precedence.find((kind, index) => precedence.indexOf(kind) !== index);
  if (repeated !== undefined) return `names ${repeated} twice; each kind of source has one place`;
  if (Number.isFinite(discrepancyTolerance) && discrepancyTolerance >= 0) return null;
  return `has the discrepancy tolerance ${discrepancyTolerance}; give a share of 0 or more, such as 0.05`;
}
