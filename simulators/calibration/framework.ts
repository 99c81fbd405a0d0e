import { readFileSync } from 'node:fs';
import { required } from './required.js';

/** How a figure becomes a share of the maximum, 0 to 1. A ratio without a target has target 1. */
export type Rule =
  | { readonly kind: 'yes_no' }
  | { readonly kind: 'ratio'; readonly target: number; readonly numerator: string; readonly denominator: string }
  | { readonly kind: 'tiered'; readonly tiers: readonly { readonly atLeast: number; readonly share: number }[] }
  | { readonly kind: 'relative_to_best' }
  | { readonly kind: 'survey_mean'; readonly scale: number };

/** One indicator of a framework file. */
export interface Indicator {
  readonly code: string;
  readonly maxPoints: number;
  readonly rule: Rule;
  readonly unit: string;
  /** Key of the national system it comes from; null when self-reported. */
  readonly system: string | null;
}

/** A main index (chi so chinh) with its indicators in framework order. */
export interface MainIndex {
  readonly code: string;
  readonly maxPoints: number;
  readonly indicators: readonly Indicator[];
}

/** A second roll-up over main indexes. */
export interface Pillar {
  readonly code: string;
  readonly maxPoints: number;
  readonly members: readonly string[];
}

/** A framework file, reduced to what scoring needs. */
export interface Framework {
  readonly code: string;
  readonly mainIndexes: readonly MainIndex[];
  readonly pillars: readonly Pillar[];
  /** Indicators that bodies without public services cannot have; their main index is rescaled. */
  readonly notApplicable: ReadonlySet<string>;
}

interface RawFramework {
  framework: string;
  pillars: {
    code: string;
    max_points: number;
    components: {
      code: string;
      max_points: number;
      unit: string;
      source_system: string | null;
      formula: {
        kind: string;
        target?: number;
        a?: string;
        b?: string;
        scale?: number;
        tiers?: { at_least: number; share: number }[];
      };
    }[];
  }[];
  aggregates: { code: string; max_points: number; members: string[] }[];
  missing: { notApplicable?: { peerGroup: string; indicators: string[] }[] };
}

function toRule(formula: RawFramework['pillars'][number]['components'][number]['formula'], code: string): Rule {
  switch (formula.kind) {
    case 'yes_no':
    case 'relative_to_best':
      return { kind: formula.kind };
    case 'ratio':
    case 'ratio_capped':
      return {
        kind: 'ratio',
        target: formula.kind === 'ratio' ? 1 : required(formula.target, `target of ${code}`),
        numerator: required(formula.a, `numerator of ${code}`),
        denominator: required(formula.b, `denominator of ${code}`),
      };
    case 'tiered':
      return {
        kind: 'tiered',
        tiers: required(formula.tiers, `tiers of ${code}`).map((tier) => ({
          atLeast: tier.at_least,
          share: tier.share,
        })),
      };
    case 'survey_mean':
      return { kind: 'survey_mean', scale: required(formula.scale, `scale of ${code}`) };
    default:
      throw new Error(`Indicator ${code} has the unknown formula kind "${formula.kind}".`);
  }
}

/**
 * Reads data/frameworks/<code>.json.
 * @param root the project's root folder
 * @throws Error when a rule is unknown or incomplete
 */
export function readFramework(root: string, code: string): Framework {
  const raw = JSON.parse(readFileSync(`${root}/data/frameworks/${code}.json`, 'utf8')) as RawFramework;
  return {
    code: raw.framework,
    mainIndexes: raw.pillars.map((mainIndex) => ({
      code: mainIndex.code,
      maxPoints: mainIndex.max_points,
      indicators: mainIndex.components.map((component) => ({
        code: component.code,
        maxPoints: component.max_points,
        rule: toRule(component.formula, component.code),
        unit: component.unit,
        system: component.source_system,
      })),
    })),
    pillars: raw.aggregates.map((pillar) => ({
      code: pillar.code,
      maxPoints: pillar.max_points,
      members: pillar.members,
    })),
    notApplicable: new Set((raw.missing.notApplicable ?? []).flatMap((entry) => entry.indicators)),
  };
}

/** Main indexes that carry points, in framework order. */
export function scoredIndexes(framework: Framework): readonly MainIndex[] {
  return framework.mainIndexes.filter((mainIndex) => mainIndex.maxPoints > 0);
}
