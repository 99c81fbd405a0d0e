import type { Certainty, EntityLevel } from '../domain/entity.js';
import {
  INDEX_CODE,
  type IndicatorFacts,
  type MissingRule,
  type NotApplicable,
  type ScoringRule,
} from '../domain/framework.js';
import type { SourceKind } from '../domain/source.js';
import type { FrameworkContent, MeasureContent } from './referenceContent.js';

interface ComponentFile {
  readonly code: string;
  readonly name_vi: string;
  readonly name_en: string;
  readonly max_points: number;
  readonly direction: 1 | -1;
  readonly formula: {
    readonly kind: string;
    readonly target?: number;
    readonly scale?: number;
    readonly tiers?: readonly { readonly at_least: number; readonly share: number }[];
    readonly a?: string;
    readonly b?: string;
  };
  readonly source_kind: string;
  readonly source_system: string | null;
  readonly unit: string;
  readonly certainty: Certainty;
  readonly name_certainty: Certainty;
}

interface FrameworkFile {
  readonly framework: string;
  readonly version: string;
  readonly level: string;
  readonly legal_basis: { readonly number: string; readonly issued: string; readonly issuer: string };
  readonly max_points: number;
  readonly certainty_note: string;
  readonly missing: { readonly default: MissingRule; readonly notApplicable?: readonly NotApplicable[] };
  /** Main indexes, in spite of the name. */
  readonly pillars: readonly {
    readonly code: string;
    readonly name_vi: string;
    readonly name_en: string;
    readonly max_points: number;
    readonly component_count: number;
    readonly certainty: Certainty;
    readonly components: readonly ComponentFile[];
  }[];
  /** The pillars proper. */
  readonly aggregates: readonly {
    readonly code: string;
    readonly name_vi: string;
    readonly name_en: string;
    readonly max_points: number;
    readonly component_count: number;
    readonly certainty: Certainty;
    readonly members: readonly string[];
  }[];
}

/**
 * Turns a framework file into measures and edges: the index over the main indexes, pillars as a second roll-up over the same main indexes, indicators
 * below.
 * @throws Error when the file has another shape
 */
export function readFramework(file: FrameworkFile): FrameworkContent {
  const mainIndexes = file.pillars;
  const index: MeasureContent = {
    code: INDEX_CODE,
    kind: 'INDEX',
    name: { vi: 'Chỉ số chuyển đổi số', en: 'Digital Transformation Index' },
    maxPoints: file.max_points,
    certainty: 'published',
    indicator: null,
  };
  const inner = (kind: 'PILLAR' | 'MAIN_INDEX') => (node: FrameworkFile['pillars' | 'aggregates'][number]) => ({
    code: node.code,
    kind,
    name: { vi: node.name_vi, en: node.name_en },
    maxPoints: node.max_points,
    certainty: node.certainty,
    indicator: null,
  });
  return {
    code: file.framework,
    version: file.version,
    level: file.level.toUpperCase() as EntityLevel,
    legalBasis: `${file.legal_basis.number}, ${file.legal_basis.issued}, ${file.legal_basis.issuer}`,
    maxPoints: file.max_points,
    missing: file.missing.default,
    notApplicable: (file.missing.notApplicable ?? []).map(({ peerGroup, rule, indicators }) => ({
      peerGroup,
      rule,
      indicators,
    })),
    certaintyNote: file.certainty_note,
    measures: [
      index,
      ...file.aggregates.map(inner('PILLAR')),
      ...mainIndexes.map(inner('MAIN_INDEX')),
      ...mainIndexes.flatMap((node) => node.components.map(indicator)),
    ],
    edges: [
      ...mainIndexes.map((node) => ({ parent: INDEX_CODE, child: node.code })),
      ...file.aggregates.flatMap((pillar) => pillar.members.map((child) => ({ parent: pillar.code, child }))),
      ...mainIndexes.flatMap((node) => node.components.map(({ code }) => ({ parent: node.code, child: code }))),
    ],
    stated: [...file.aggregates, ...mainIndexes].map((node) => ({ code: node.code, indicators: node.component_count })),
  };
}

const SOURCE_KINDS: Readonly<Record<string, SourceKind>> = {
  self_reported: 'SELF_REPORT',
  national_system: 'NATIONAL_DATABASE',
  survey: 'SURVEY',
  expert: 'EXPERT',
  web_measurement: 'WEB_MEASUREMENT',
};

function indicator(component: ComponentFile): MeasureContent {
  const kind = SOURCE_KINDS[component.source_kind];
  if (kind === undefined) throw new Error(`${component.code}: source_kind "${component.source_kind}" is not known`);
  const facts: IndicatorFacts = {
    rule: rule(component),
    direction: component.direction,
    unitOfMeasure: component.unit,
    intendedSourceKind: kind,
    sourceSystem: component.source_system,
    numeratorLabel: component.formula.a ?? null,
    denominatorLabel: component.formula.b ?? null,
    nameCertainty: component.name_certainty,
  };
  return {
    code: component.code,
    kind: 'INDICATOR',
    name: { vi: component.name_vi, en: component.name_en },
    maxPoints: component.max_points,
    certainty: component.certainty,
    indicator: facts,
  };
}

function rule({ code, formula }: ComponentFile): ScoringRule {
  switch (formula.kind) {
    case 'yes_no':
      return { kind: 'YES_NO' };
    case 'ratio':
      return { kind: 'RATIO' };
    case 'ratio_capped':
      return { kind: 'RATIO_CAPPED', target: formula.target ?? Number.NaN };
    case 'tiered':
      return {
        kind: 'TIERED',
        tiers: (formula.tiers ?? []).map((tier) => ({ atLeast: tier.at_least, share: tier.share })),
      };
    case 'relative_to_best':
      return { kind: 'RELATIVE_TO_BEST' };
    case 'survey_mean':
      return { kind: 'SURVEY_MEAN', scale: formula.scale ?? Number.NaN };
    default:
      throw new Error(`${code}: formula "${formula.kind}" is not known`);
  }
}
