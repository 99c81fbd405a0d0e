import fc from 'fast-check';
import type { MergePolicy } from '../../src/domain/mergePolicy.js';
import { OBS_STATUSES, type Observation } from '../../src/domain/observation.js';
import type { SourceKind } from '../../src/domain/source.js';

/** Measured before surveyed before reported; experts are not admitted. */
export const POLICY: MergePolicy = {
  code: 'TEST',
  version: 1,
  precedence: ['NATIONAL_DATABASE', 'WEB_MEASUREMENT', 'SURVEY', 'SELF_REPORT'],
  discrepancyTolerance: 0.05,
};

/** One observation of a national database, with what the test is about. */
export function observation(facts: Partial<Observation> & { id: number }): Observation {
  return {
    sourceId: 1,
    sourceKind: 'NATIONAL_DATABASE',
    entityId: 74,
    indicatorId: 5,
    value: '10',
    numerator: null,
    denominator: null,
    period: '2022',
    obsStatus: 'A',
    tombstone: false,
    revision: facts.id,
    ...facts,
  };
}

/** Kinds of the sources 1 to 6; 1 and 2 share a kind. */
const KINDS: readonly SourceKind[] = [
  'NATIONAL_DATABASE',
  'NATIONAL_DATABASE',
  'WEB_MEASUREMENT',
  'SURVEY',
  'EXPERT',
  'SELF_REPORT',
];

/** Up to 12 observations of one entity, indicator and year, with ids of their own. */
export const observations: fc.Arbitrary<Observation[]> = fc
  .array(
    fc.record({
      sourceId: fc.integer({ min: 1, max: KINDS.length }),
      period: fc.constantFrom('2022', '2022-12', '2022-Q3', '2022-09', '2022-Q1', '2022-02'),
      revision: fc.integer({ min: 1, max: 6 }),
      tombstone: fc.boolean(),
      obsStatus: fc.constantFrom(...OBS_STATUSES),
      value: fc.option(fc.constantFrom('0', '9', '10', '10.4', '11')),
    }),
    { maxLength: 12 },
  )
  .map((list) =>
    list.map((facts, index) => {
      const sourceKind = KINDS[facts.sourceId - 1] ?? 'EXPERT';
      return observation({ ...facts, id: index + 1, sourceKind });
    }),
  );
