import { describe, expect, it } from 'vitest';
import { type HashedFigure, type HashedInput, InputDigest, inputHash } from '../../src/scoring/inputHash.js';
import { makeFramework, type TestFramework } from './frameworkFixture.js';

const TEST_FRAMEWORK: TestFramework = {
  mainIndexes: {
    A: [
      { code: 'A.01', maxPoints: 12.5, rule: { kind: 'RATIO_CAPPED', target: 0.003 } },
      {
        code: 'A.02',
        maxPoints: 7.5,
        rule: {
          kind: 'TIERED',
          tiers: [
            { atLeast: 1, share: 0.5 },
            { atLeast: 2, share: 1 },
          ],
        },
      },
    ],
    B: [{ code: 'B.01', maxPoints: 10, rule: { kind: 'SURVEY_MEAN', scale: 5 } }],
  },
  pillars: { P: ['A'] },
  notApplicable: [
    { peerGroup: 'X', rule: 'LOSES_POINTS', indicators: ['A.01', 'B.01'] },
    { peerGroup: 'Y', rule: 'LOSES_POINTS', indicators: ['A.02'] },
  ],
};
const FRAMEWORK = makeFramework(TEST_FRAMEWORK);

const figure = (entityKey: string, indicatorCode: string, facts: Partial<HashedFigure> = {}): HashedFigure => {
  return {
    entityKey,
    indicatorCode,
    value: null,
    numerator: '1',
    denominator: '2',
    sourceKey: 's',
    sourceKind: 'NATIONAL_DATABASE',
    period: '2022',
    ...facts,
  };
};
const FIGURES = [figure('GSO-2004:01', 'A.01'), figure('GSO-2004:01', 'B.01'), figure('GSO-2004:74', 'A.01')];

const INPUT: HashedInput = {
  framework: FRAMEWORK,
  policy: { code: 'DEFAULT', version: 1, precedence: ['NATIONAL_DATABASE', 'SELF_REPORT'], discrepancyTolerance: 0.05 },
  groups: [
    { peerGroupCode: 'X', entityKeys: ['GSO-2004:01', 'GSO-2004:74'] },
    { peerGroupCode: 'Y', entityKeys: ['GSO-2004:92'] },
  ],
  figures: FIGURES,
};
const HASH = inputHash(INPUT);

describe('inputHash', () => {
  it('is a SHA-256 that does not change from release to release while the engine is the same', () => {
    expect(HASH).toMatchInlineSnapshot(`"a523c299d952cd6ba211002436995c4bdc7236d8316a68cda5d2ee0f179aab5c"`);
    const first = 'd5ae454135e87dadc61dcd593a9b56a9c4278eb613d425f24cfd45cc111ed162';
    expect(inputHash(INPUT, '1')).toBe(first);
  });

  it('is the same when only the figures of one entity are put again', () => {
    const digest = new InputDigest(INPUT);
    digest.put('GSO-2004:74', [figure('GSO-2004:74', 'A.01', { value: '7' })]);
    digest.put('GSO-2004:92', [figure('GSO-2004:92', 'A.01')]);
    digest.put('GSO-2004:01', FIGURES.slice(0, 2));
    expect(digest.hash()).not.toBe(HASH);
    digest.put('GSO-2004:92', []);
    digest.put('GSO-2004:74', FIGURES.slice(2));
    expect(digest.hash()).toBe(HASH);
    expect(() => digest.put('GSO-2025:01', [])).toThrow(expect.objectContaining({ code: 'METHOD_INPUT_INVALID' }));
  });

  it('does not depend on the order of any list', () => {
    const reversed: HashedInput = {
      ...INPUT,
      framework: {
        ...FRAMEWORK,
        measures: FRAMEWORK.measures.toReversed(),
        edges: FRAMEWORK.edges.toReversed(),
        notApplicable: FRAMEWORK.notApplicable
          .map((item) => ({ ...item, indicators: item.indicators.toReversed() }))
          .toReversed(),
      },
      groups: INPUT.groups.map((group) => ({ ...group, entityKeys: group.entityKeys.toReversed() })).toReversed(),
      figures: FIGURES.toReversed(),
    };
    expect(inputHash(reversed)).toBe(HASH);
  });

  it('does not depend on database ids, names or legal texts', () => {
    const renumbered: HashedInput = {
      ...INPUT,
      framework: {
        ...FRAMEWORK,
        id: 99,
        legalBasis: 'another text',
        measures: FRAMEWORK.measures.map((measure) => ({
          ...measure,
          id: measure.id + 500,
          name: { vi: 'x', en: 'y' },
        })),
        edges: FRAMEWORK.edges.map((edge) => ({ ...edge, parentId: edge.parentId + 500, childId: edge.childId + 500 })),
      },
    };
    expect(inputHash(renumbered)).toBe(HASH);
  });

  const retarget = (target: number): HashedInput['framework'] =>
    makeFramework({
      ...TEST_FRAMEWORK,
      mainIndexes: {
        ...TEST_FRAMEWORK.mainIndexes,
        A: [
          { code: 'A.01', maxPoints: 12.5, rule: { kind: 'RATIO_CAPPED', target } },
          ...(TEST_FRAMEWORK.mainIndexes.A ?? []).slice(1),
        ],
      },
    });

  it.each<[string, Partial<HashedInput>]>([
    ['a framework version', { framework: { ...FRAMEWORK, version: '2' } }],
    ['a missing rule', { framework: { ...FRAMEWORK, missing: 'EXCLUDE_AND_RESCALE' } }],
    ['what is not applicable', { framework: { ...FRAMEWORK, notApplicable: [] } }],
    ['an edge', { framework: { ...FRAMEWORK, edges: FRAMEWORK.edges.slice(1) } }],
    ['a weight', { framework: { ...FRAMEWORK, edges: FRAMEWORK.edges.map((edge) => ({ ...edge, weight: 0.5 })) } }],
    ['a target, by its last digit', { framework: retarget(0.0030000000000000005) }],
    [
      'the order of summation',
      {
        framework: {
          ...FRAMEWORK,
          measures: FRAMEWORK.measures.map((measure) => ({ ...measure, position: 9 - measure.position })),
        },
      },
    ],
    ['a policy version', { policy: { ...INPUT.policy, version: 2 } }],
    ['the order of precedence', { policy: { ...INPUT.policy, precedence: ['SELF_REPORT', 'NATIONAL_DATABASE'] } }],
    ['a tolerance', { policy: { ...INPUT.policy, discrepancyTolerance: 0.1 } }],
    ['membership', { groups: [{ peerGroupCode: 'X', entityKeys: ['GSO-2004:01', 'GSO-2004:74', 'GSO-2004:92'] }] }],
    ['a missing figure', { figures: FIGURES.slice(1) }],
    [
      'a figure in other digits',
      { figures: [...FIGURES.slice(1), figure('GSO-2004:01', 'A.01', { numerator: '2', denominator: '4' })] },
    ],
    [
      'a figure of another source',
      { figures: [...FIGURES.slice(1), figure('GSO-2004:01', 'A.01', { sourceKey: 't' })] },
    ],
    [
      'a figure of another period',
      { figures: [...FIGURES.slice(1), figure('GSO-2004:01', 'A.01', { period: '2022-12' })] },
    ],
    [
      'a value for a ratio',
      { figures: [...FIGURES.slice(1), figure('GSO-2004:01', 'A.01', { value: '1', numerator: null })] },
    ],
  ])('changes with %s', (_, change) => {
    expect(inputHash({ ...INPUT, ...change })).not.toBe(HASH);
  });

  it('refuses two figures of one entity and indicator', () => {
    const figures = [...FIGURES, figure('GSO-2004:01', 'A.01', { period: '2022-06' })];
    expect(() => inputHash({ ...INPUT, figures })).toThrow(expect.objectContaining({ code: 'METHOD_INPUT_INVALID' }));
  });
});
