import { describe, expect, it } from 'vitest';
import type { Framework, Measure } from '../../src/domain/framework.js';
import { measureGraph } from '../../src/scoring/measureGraph.js';
import { makeFramework, measureOf, readFramework } from './frameworkFixture.js';

const FRAMEWORK = makeFramework({
  mainIndexes: { A: [{ code: 'A.01', maxPoints: 60 }], B: [{ code: 'B.01', maxPoints: 40 }] },
  pillars: { P: ['A'] },
});

/** The framework with some of its measures changed. */
function change(code: string, facts: Partial<Measure>): Framework {
  return {
    ...FRAMEWORK,
    measures: FRAMEWORK.measures.map((measure) => (measure.code === code ? { ...measure, ...facts } : measure)),
  };
}

/** The framework with one more edge. */
function link(parent: string, child: string, weight = 1): Framework {
  const edge = { parentId: measureOf(FRAMEWORK, parent).id, childId: measureOf(FRAMEWORK, child).id, weight };
  return { ...FRAMEWORK, edges: [...FRAMEWORK.edges, edge] };
}

describe('measureGraph', () => {
  it('puts children before their parents, in framework order', () => {
    const graph = measureGraph(FRAMEWORK);
    const codes = (positions: readonly number[]) => positions.map((position) => FRAMEWORK.measures[position]?.code);
    expect(codes(graph.indicators)).toEqual(['A.01', 'B.01']);
    expect(codes(graph.parents)).toEqual(['A', 'B', 'INDEX', 'P']);
    expect(codes((graph.children[0] ?? []).map(({ position }) => position))).toEqual(['A', 'B']);
  });

  it('is made once per framework', () => {
    expect(measureGraph(FRAMEWORK)).toBe(measureGraph(FRAMEWORK));
  });

  it.each([
    ['PDTI-922', 98, 13],
    ['MDTI-922', 70, 7],
  ])('accepts %s of the reference data with its %d indicators', (code, indicators, parents) => {
    const graph = measureGraph(readFramework(code));
    expect(graph.indicators).toHaveLength(indicators);
    expect(graph.parents).toHaveLength(parents);
  });

  it('accepts an index that is a weighted sum of pillars, as in 2020', () => {
    const framework = makeFramework({
      mainIndexes: { A: [{ code: 'A.01', maxPoints: 1000 }], B: [{ code: 'B.01', maxPoints: 1000 }] },
    });
    const weighted = framework.edges.map((edge) => (edge.parentId === 1 ? { ...edge, weight: 0.5 } : edge));
    const measures = framework.measures.map((measure) =>
      measure.id === 1 ? { ...measure, maxPoints: 1000 } : measure,
    );
    expect(() => measureGraph({ ...framework, maxPoints: 1000, measures, edges: weighted })).not.toThrow();
  });

  it.each<[string, Framework]>([
    ['points that do not add up', change('A.01', { maxPoints: 61 })],
    ['an index that differs from the framework', { ...FRAMEWORK, maxPoints: 1000 }],
    ['negative points', change('A.01', { maxPoints: -1 })],
    ['points too large to quantise', change('A.01', { maxPoints: 2001 })],
    ['an indicator without a rule', change('A.01', { indicator: null })],
    ['a rule that cannot be applied', withTarget(0)],
    ['a code used twice', change('B.01', { code: 'A.01' })],
    ['an id used twice', change('B.01', { id: measureOf(FRAMEWORK, 'A.01').id })],
    ['a cycle', link('A', 'INDEX')],
    ['an indicator with children', link('A.01', 'B.01')],
    ['a weight of 0', link('P', 'B', 0)],
    ['an edge to nowhere', { ...FRAMEWORK, edges: [{ parentId: 1, childId: 99, weight: 1 }] }],
    ['an edge from nowhere', { ...FRAMEWORK, edges: [{ parentId: 99, childId: 1, weight: 1 }] }],
    [
      'an unknown indicator that is not applicable',
      { ...FRAMEWORK, notApplicable: [{ peerGroup: 'G', rule: 'LOSES_POINTS', indicators: ['C.01'] }] },
    ],
  ])('refuses %s', (_, framework) => {
    expect(() => measureGraph(framework)).toThrow(expect.objectContaining({ code: 'METHOD_RULE_INVALID' }));
  });
});

function withTarget(target: number): Framework {
  return makeFramework({
    mainIndexes: { A: [{ code: 'A.01', maxPoints: 10, rule: { kind: 'RATIO_CAPPED', target } }] },
  });
}
