import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MergeReason } from '../../src/domain/mergePolicy.js';
import { isMissing, type Observation } from '../../src/domain/observation.js';
import { chooseObservation } from '../../src/merge/chooseObservation.js';
import { observation, observations, POLICY } from './observationFixture.js';

const reported = { sourceId: 9, sourceKind: 'SELF_REPORT' } as const;
const measured = { sourceId: 3, sourceKind: 'WEB_MEASUREMENT' } as const;

interface Case {
  readonly title: string;
  readonly given: readonly Observation[];
  /** Ids and reasons in the order of the candidates; the first one is chosen unless the reason is NO_CANDIDATE. */
  readonly expected: readonly (readonly [id: number, reason: MergeReason])[];
  readonly reason: MergeReason;
}

const CASES: readonly Case[] = [
  { title: 'chooses nothing from nothing', given: [], expected: [], reason: 'NO_CANDIDATE' },
  {
    title: 'chooses the only candidate',
    given: [observation({ id: 1 })],
    expected: [[1, 'ONLY_CANDIDATE']],
    reason: 'ONLY_CANDIDATE',
  },
  {
    title: 'prefers the kind of source that the policy names first, whatever is newer',
    given: [observation({ id: 2, ...reported, revision: 99 }), observation({ id: 1 })],
    expected: [
      [1, 'HIGHEST_PRECEDENCE'],
      [2, 'LOWER_PRECEDENCE'],
    ],
    reason: 'HIGHEST_PRECEDENCE',
  },
  {
    title: 'takes the latest period of one source, a year being as late as its December',
    given: [
      observation({ id: 1, period: '2022-11' }),
      observation({ id: 2, period: '2022' }),
      observation({ id: 3, period: '2022-Q3' }),
    ],
    expected: [
      [2, 'LATEST_PERIOD'],
      [1, 'EARLIER_PERIOD'],
      [3, 'EARLIER_PERIOD'],
    ],
    reason: 'LATEST_PERIOD',
  },
  {
    title: 'takes the later revision of two periods that end together',
    given: [observation({ id: 1, period: '2022-Q4' }), observation({ id: 2, period: '2022-12' })],
    expected: [
      [2, 'LATEST_REVISION'],
      [1, 'EARLIER_REVISION'],
    ],
    reason: 'LATEST_REVISION',
  },
  {
    title: 'takes the later revision of two sources of one kind that tell of the same period',
    given: [observation({ id: 1, revision: 8 }), observation({ id: 2, sourceId: 2, revision: 9 })],
    expected: [
      [2, 'LATEST_REVISION'],
      [1, 'EARLIER_REVISION'],
    ],
    reason: 'LATEST_REVISION',
  },
  {
    title: 'says of each loser whether its own source tells of a later period',
    given: [
      observation({ id: 1, period: '2022-03' }),
      observation({ id: 2, ...measured, period: '2022-06' }),
      observation({ id: 3, ...measured, period: '2022-09' }),
    ],
    expected: [
      [1, 'HIGHEST_PRECEDENCE'],
      [3, 'LOWER_PRECEDENCE'],
      [2, 'EARLIER_PERIOD'],
    ],
    reason: 'HIGHEST_PRECEDENCE',
  },
  {
    title: 'lets the later period decide between two sources of one kind',
    given: [observation({ id: 1, period: '2022-12' }), observation({ id: 2, sourceId: 2, period: '2022-06' })],
    expected: [
      [1, 'LATEST_PERIOD'],
      [2, 'EARLIER_PERIOD'],
    ],
    reason: 'LATEST_PERIOD',
  },
  {
    title: 'looks at the newest version only, by revision and then by id',
    given: [
      observation({ id: 3, revision: 7 }),
      observation({ id: 4, revision: 7 }),
      observation({ id: 5, revision: 6 }),
    ],
    expected: [
      [4, 'ONLY_CANDIDATE'],
      [3, 'SUPERSEDED'],
      [5, 'SUPERSEDED'],
    ],
    reason: 'ONLY_CANDIDATE',
  },
  {
    title: 'does not bring an earlier version back when the newest was withdrawn',
    given: [observation({ id: 1 }), observation({ id: 2, tombstone: true }), observation({ id: 3, ...reported })],
    expected: [
      [3, 'ONLY_CANDIDATE'],
      [2, 'DELETED'],
      [1, 'SUPERSEDED'],
    ],
    reason: 'ONLY_CANDIDATE',
  },
  {
    title: 'falls back to an earlier period when the latest is missing',
    given: [
      observation({ id: 1, period: '2022-11' }),
      observation({ id: 2, period: '2022-12', value: null, obsStatus: 'O' }),
    ],
    expected: [
      [1, 'ONLY_CANDIDATE'],
      [2, 'MISSING_VALUE'],
    ],
    reason: 'ONLY_CANDIDATE',
  },
  {
    title: 'believes a status of missing over a value, and a half ratio says nothing',
    given: [
      observation({ id: 1, obsStatus: 'M' }),
      observation({ id: 2, ...measured, value: null, numerator: '5', denominator: null }),
    ],
    expected: [
      [1, 'MISSING_VALUE'],
      [2, 'MISSING_VALUE'],
    ],
    reason: 'NO_CANDIDATE',
  },
  {
    title: 'never chooses a kind that is not in the policy',
    given: [observation({ id: 1, sourceId: 5, sourceKind: 'EXPERT' })],
    expected: [[1, 'NOT_IN_POLICY']],
    reason: 'NO_CANDIDATE',
  },
];

describe('chooseObservation', () => {
  it.each(CASES)('$title', ({ given, expected, reason }) => {
    const merged = chooseObservation(given, POLICY);
    expect(merged.reason).toBe(reason);
    expect(merged.chosen?.id ?? null).toBe(reason === 'NO_CANDIDATE' ? null : expected[0]?.[0]);
    expect(merged.candidates.map((candidate) => [candidate.observation.id, candidate.reason])).toEqual(expected);
    expect(merged.candidates.filter(({ accepted }) => accepted).map((candidate) => candidate.observation)).toEqual(
      merged.chosen === null ? [] : [merged.chosen],
    );
  });

  it('opens a discrepancy between the newest claim and the measurement that was chosen', () => {
    const claims = [
      observation({ id: 2, ...reported, value: '99' }),
      observation({ id: 3, ...reported, value: '12' }),
      observation({ id: 4, ...reported, value: '10', period: '2022-06' }),
    ];
    const measurement = observation({ id: 1 });
    const { discrepancy } = chooseObservation([measurement, ...claims], POLICY);
    expect(discrepancy).toEqual({ claim: claims[1], measurement, relativeDifference: 0.2 });
  });

  it('compares a claim that the policy does not admit as well', () => {
    const policy = { ...POLICY, precedence: ['NATIONAL_DATABASE'] as const };
    const given = [observation({ id: 1 }), observation({ id: 2, ...reported, value: '12' })];
    expect(chooseObservation(given, policy).discrepancy?.claim.id).toBe(2);
  });

  it.each<[string, readonly Observation[]]>([
    [
      'the claim was withdrawn',
      [observation({ id: 1 }), observation({ id: 2, ...reported, value: '99', tombstone: true })],
    ],
    [
      'a survey was chosen',
      [observation({ id: 1, sourceKind: 'SURVEY' }), observation({ id: 2, ...reported, value: '99' })],
    ],
    ['nothing was measured', [observation({ id: 2, ...reported, value: '99' })]],
  ])('opens no discrepancy when %s', (_, given) => {
    expect(chooseObservation(given, POLICY).discrepancy).toBeNull();
  });

  it('refuses what is not a period', () => {
    expect(() => chooseObservation([observation({ id: 1, period: '2022-13' })], POLICY)).toThrow(RangeError);
  });
});

describe('chooseObservation, for any observations', () => {
  it('gives the same whatever the order of the input', () => {
    const shuffled = observations.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        expect(chooseObservation(other, POLICY)).toEqual(chooseObservation(list, POLICY));
      }),
    );
  });

  it('accounts for every observation once and changes none', () => {
    fc.assert(
      fc.property(observations, (list) => {
        const before = structuredClone(list);
        const { candidates } = chooseObservation(list, POLICY);
        expect(new Set(candidates.map((candidate) => candidate.observation))).toEqual(new Set(list));
        expect(candidates).toHaveLength(list.length);
        expect(list).toEqual(before);
      }),
    );
  });

  it('is idempotent: the chosen one alone is chosen again', () => {
    fc.assert(
      fc.property(observations, (list) => {
        const { chosen } = chooseObservation(list, POLICY);
        if (chosen !== null) expect(chooseObservation([chosen], POLICY).chosen).toBe(chosen);
      }),
    );
  });

  it('keeps its choice when any loser but a newer version is taken away', () => {
    fc.assert(
      fc.property(observations, fc.nat(), (list, pick) => {
        const { chosen, candidates } = chooseObservation(list, POLICY);
        const losers = candidates.filter(({ reason }) => reason !== 'DELETED' && reason !== 'MISSING_VALUE');
        const loser = losers[pick % Math.max(1, losers.length)];
        if (loser === undefined || loser.accepted || loser.reason === 'NOT_IN_POLICY') return;
        const fewer = list.filter((item) => item !== loser.observation);
        const hadOlder = list.some(
          ({ id, sourceId, period }) =>
            id !== loser.observation.id &&
            sourceId === loser.observation.sourceId &&
            period === loser.observation.period,
        );
        if (loser.reason === 'SUPERSEDED' || !hadOlder) expect(chooseObservation(fewer, POLICY).chosen).toBe(chosen);
      }),
    );
  });

  it('never chooses a withdrawn, missing, superseded or inadmissible one, and always one when there is another', () => {
    fc.assert(
      fc.property(observations, (list) => {
        const { chosen } = chooseObservation(list, POLICY);
        const live = list.filter(
          (item) =>
            !item.tombstone &&
            item.obsStatus !== 'M' &&
            item.obsStatus !== 'O' &&
            !isMissing(item) &&
            item.sourceKind !== 'EXPERT' &&
            !list.some(
              (other) =>
                other.sourceId === item.sourceId &&
                other.period === item.period &&
                (other.revision > item.revision || (other.revision === item.revision && other.id > item.id)),
            ),
        );
        if (live.length === 0) expect(chosen).toBeNull();
        else expect(live).toContain(chosen);
      }),
    );
  });
});
