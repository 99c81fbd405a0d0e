import { PlatformError } from '../domain/errors.js';
import type { Framework } from '../domain/framework.js';
import { MAX_QUANTISABLE } from '../domain/quantise.js';
import { checkRule } from './rule.js';

/** A child of a measure: its points count with this weight. */
export interface ChildLink {
  /** Position of the child in the framework's measures. */
  readonly position: number;
  readonly weight: number;
}

/** The edges of a framework by position, checked and in the order in which they are added up. */
export interface MeasureGraph {
  /** Positions of the indicators, in framework order. */
  readonly indicators: readonly number[];
  /** Positions of all other measures, children before their parents. */
  readonly parents: readonly number[];
  /** One list per measure, in framework order; empty for indicators. */
  readonly children: readonly (readonly ChildLink[])[];
}

// Frameworks are immutable and few; contributions ask for the graph once per score.
const graphs = new WeakMap<Framework, MeasureGraph>();

/**
 * Turns a framework's edges into positions and refuses a framework that cannot be computed.
 * @throws PlatformError METHOD_RULE_INVALID for a rule that cannot be applied, an edge to a measure that is not there or from an indicator, a weight
 *   that is not above 0, a cycle, an indicator without its facts, a code or id used twice, an unknown indicator among those that are not
 *   applicable, points out of range, or points that do not add up to those of the parent
 */
export function measureGraph(framework: Framework): MeasureGraph {
  const known = graphs.get(framework);
  if (known !== undefined) return known;
  checkMeasures(framework);
  const children = linkChildren(framework);
  const graph = { indicators: indicatorsOf(framework), parents: childrenFirst(framework, children), children };
  checkPoints(framework, children);
  graphs.set(framework, graph);
  return graph;
}

function indicatorsOf(framework: Framework): number[] {
  return framework.measures.flatMap((measure, position) => (measure.kind === 'INDICATOR' ? [position] : []));
}

function checkMeasures(framework: Framework): void {
  const { measures } = framework;
  const codes = new Set(measures.map(({ code }) => code));
  if (codes.size < measures.length || new Set(measures.map(({ id }) => id)).size < measures.length) {
    refuse(framework, 'uses a code or an id for two measures');
  }
  for (const { code, kind, indicator, maxPoints } of measures) {
    if (!(maxPoints >= 0 && maxPoints <= MAX_QUANTISABLE)) {
      refuse(framework, `gives ${code} ${maxPoints} points; they must lie between 0 and ${MAX_QUANTISABLE}`);
    }
    if ((kind === 'INDICATOR') !== (indicator !== null))
      refuse(framework, `has no rule for the indicator ${code}, or one for ${kind}`);
    if (indicator !== null) checkRule(indicator.rule, `${framework.code} ${code}`);
  }
  const unknown = framework.notApplicable.flatMap(({ indicators }) => indicators).find((code) => !codes.has(code));
  if (unknown !== undefined) refuse(framework, `calls ${unknown} not applicable, which is not in it`);
}

function linkChildren(framework: Framework): ChildLink[][] {
  const { measures, edges } = framework;
  const positions = new Map(measures.map(({ id }, position) => [id, position]));
  const children: ChildLink[][] = measures.map(() => []);
  for (const { parentId, childId, weight } of edges) {
    const parent = positions.get(parentId) ?? -1;
    const position = positions.get(childId) ?? -1;
    const siblings = children[parent];
    if (siblings === undefined || position === -1)
      refuse(framework, `has an edge from ${parentId} to ${childId}, not both in it`);
    if (measures[parent]?.kind === 'INDICATOR')
      refuse(framework, `has an indicator with children: ${measures[parent]?.code}`);
    if (!(weight > 0 && Number.isFinite(weight)))
      refuse(framework, `has an edge of weight ${weight}; give a number above 0`);
    siblings.push({ position, weight });
  }
  for (const siblings of children) siblings.sort((a, b) => a.position - b.position);
  return children;
}

function childrenFirst(framework: Framework, children: readonly (readonly ChildLink[])[]): number[] {
  const order: number[] = [];
  const state = new Map<number, 'open' | 'done'>();
  const visit = (position: number): void => {
    if (state.get(position) === 'done') return;
    if (state.has(position)) refuse(framework, `has a cycle through ${framework.measures[position]?.code}`);
    state.set(position, 'open');
    for (const child of children[position] ?? []) visit(child.position);
    state.set(position, 'done');
    if (framework.measures[position]?.kind !== 'INDICATOR') order.push(position);
  };
  framework.measures.forEach((_, position) => {
    visit(position);
  });
  return order;
}

/** A framework whose points do not add up would give values above 1, or never reach 1. */
function checkPoints(framework: Framework, children: readonly (readonly ChildLink[])[]): void {
  framework.measures.forEach(({ code, kind, maxPoints }, position) => {
    if (kind === 'INDICATOR') return;
    let sum = 0;
    for (const child of children[position] ?? [])
      sum += child.weight * (framework.measures[child.position]?.maxPoints ?? 0);
    const stated = kind === 'INDEX' ? framework.maxPoints : maxPoints;
    if (Math.abs(sum - maxPoints) < 1e-9 && stated === maxPoints) return;
    refuse(
      framework,
      `gives ${code} ${maxPoints} points, its children have ${sum}${stated === maxPoints ? '' : `, the framework ${stated}`}`,
    );
  });
}

function refuse(framework: Framework, problem: string): never {
  throw new PlatformError('METHOD_RULE_INVALID', `Framework ${framework.code} ${framework.version} ${problem}`, {
    details: { frameworkCode: framework.code, frameworkVersion: framework.version },
  });
}
