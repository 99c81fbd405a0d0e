import type { Certainty, EntityLevel, Name } from './entity.js';
import type { SourceKind } from './source.js';

/** The kinds of node in a framework. */
export const MEASURE_KINDS = ['INDEX', 'PILLAR', 'MAIN_INDEX', 'INDICATOR'] as const;
/** See {@link MEASURE_KINDS}. */
export type MeasureKind = (typeof MEASURE_KINDS)[number];

/** The code of the index itself, in every framework. */
export const INDEX_CODE = 'INDEX';

/**
 * How an indicator's figure becomes a share of its maximum points, 0 to 1.
 * - YES_NO: 1 when the value is 1, 0 when it is 0
 * - RATIO: numerator / denominator, at most 1
 * - RATIO_CAPPED: (numerator / denominator) / target, at most 1
 * - TIERED: the share of the highest tier whose `atLeast` the value reaches, 0 below the first
 * - RELATIVE_TO_BEST: value / best value in the peer group
 * - SURVEY_MEAN: (mean - 1) / (scale - 1)
 * @see Decision 922/QĐ-BTTTT names the kinds; the component rules in the data are illustrative
 */
export type ScoringRule =
  | { readonly kind: 'YES_NO' }
  | { readonly kind: 'RATIO' }
  | { readonly kind: 'RATIO_CAPPED'; readonly target: number }
  | { readonly kind: 'TIERED'; readonly tiers: readonly Tier[] }
  | { readonly kind: 'RELATIVE_TO_BEST' }
  | { readonly kind: 'SURVEY_MEAN'; readonly scale: number };

/** One step of a tiered rule; tiers rise in both fields. */
export interface Tier {
  readonly atLeast: number;
  /** Share of the maximum points, 0 to 1. */
  readonly share: number;
}

/** What a missing value costs. LOSES_POINTS: its points; EXCLUDE_AND_RESCALE: nothing, the rest is scaled up to the full maximum. */
export type MissingRule = 'LOSES_POINTS' | 'EXCLUDE_AND_RESCALE';

/** Indicators that cannot exist for a peer group, and what that means for its points. */
export interface NotApplicable {
  readonly peerGroup: string;
  readonly rule: MissingRule;
  /** Indicator codes. */
  readonly indicators: readonly string[];
}

/** What only an INDICATOR has. */
export interface IndicatorFacts {
  readonly rule: ScoringRule;
  /** -1 when a higher value is worse. */
  readonly direction: 1 | -1;
  readonly unitOfMeasure: string;
  /** Where the framework wants the figure from. */
  readonly intendedSourceKind: SourceKind;
  /** Key of the national system, such as `einvoice`; null when it is reported or surveyed. */
  readonly sourceSystem: string | null;
  /** Labels of the two counts of a ratio, in English; null for other rules. */
  readonly numeratorLabel: string | null;
  readonly denominatorLabel: string | null;
  /** The same labels in Vietnamese; absent where the framework has them in English only. Beside the others, which running processes of before read. */
  readonly numeratorLabelVi?: string;
  readonly denominatorLabelVi?: string;
  readonly nameCertainty: Certainty;
}

/** A node of a framework: the index, a pillar, a main index or an indicator. */
export interface Measure {
  readonly id: number;
  readonly frameworkCode: string;
  /** Unique within its framework only. */
  readonly code: string;
  readonly kind: MeasureKind;
  readonly name: Name;
  /** Points of 1,000; 0 = collected but not scored. */
  readonly maxPoints: number;
  /** Order of the framework document, 0-based, unique within the framework. */
  readonly position: number;
  readonly certainty: Certainty;
  /** Set for indicators only. */
  readonly indicator: IndicatorFacts | null;
}

/** An edge of the framework's graph: the child's points count in the parent with this weight. */
export interface MeasureEdge {
  readonly parentId: number;
  readonly childId: number;
  readonly weight: number;
}

/** A versioned assessment framework: a graph of measures, since pillars share the foundation indexes. */
export interface Framework {
  readonly id: number;
  readonly code: string;
  readonly version: string;
  readonly level: EntityLevel;
  /** Number, issuer and date of the legal document. */
  readonly legalBasis: string;
  readonly maxPoints: number;
  readonly missing: MissingRule;
  readonly notApplicable: readonly NotApplicable[];
  /** What is published and what is illustrative in it. */
  readonly certaintyNote: string;
  /** In `position` order. */
  readonly measures: readonly Measure[];
  readonly edges: readonly MeasureEdge[];
}
