import type { z } from 'zod';
import { INDEX_CODE, type IndicatorFacts, type ScoringRule } from '../domain/framework.js';
import type { FrameworkContent, MeasureContent } from './referenceContent.js';
import type { FRAMEWORK_FILE } from './referenceShape.js';

type FrameworkFile = z.output<typeof FRAMEWORK_FILE>;
type ComponentFile = FrameworkFile['pillars'][number]['components'][number];

/**
 * Turns a framework file into measures and edges: the index over the main indexes, pillars as a second roll-up over the same main indexes, indicators
 * below.
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
    level: file.level,
    legalBasis: `${file.legal_basis.number}, ${file.legal_basis.issued}, ${file.legal_basis.issuer}`,
    maxPoints: file.max_points,
    missing: file.missing.default,
    notApplicable: file.missing.notApplicable,
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

function indicator(component: ComponentFile): MeasureContent {
  const { formula } = component;
  const hasCounts = formula.kind === 'ratio' || formula.kind === 'ratio_capped';
  const facts: IndicatorFacts = {
    rule: rule(formula),
    direction: component.direction,
    unitOfMeasure: component.unit,
    intendedSourceKind: component.source_kind,
    sourceSystem: component.source_system,
    numeratorLabel: hasCounts ? (formula.a ?? null) : null,
    denominatorLabel: hasCounts ? (formula.b ?? null) : null,
    // Left out rather than null, so that a file without them has the content that it had.
    ...(hasCounts && formula.a_vi !== undefined ? { numeratorLabelVi: formula.a_vi } : {}),
    ...(hasCounts && formula.b_vi !== undefined ? { denominatorLabelVi: formula.b_vi } : {}),
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

function rule(formula: ComponentFile['formula']): ScoringRule {
  switch (formula.kind) {
    case 'yes_no':
      return { kind: 'YES_NO' };
    case 'ratio':
      return { kind: 'RATIO' };
    case 'ratio_capped':
      return { kind: 'RATIO_CAPPED', target: formula.target };
    case 'tiered':
      return {
        kind: 'TIERED',
        tiers: formula.tiers.map((tier) => ({ atLeast: tier.at_least, share: tier.share })),
      };
    case 'relative_to_best':
      return { kind: 'RELATIVE_TO_BEST' };
    case 'survey_mean':
      return { kind: 'SURVEY_MEAN', scale: formula.scale };
  }
}
