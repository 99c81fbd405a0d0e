import { readFileSync } from 'node:fs';
import type {
  Framework,
  IndicatorFacts,
  Measure,
  MeasureEdge,
  MeasureKind,
  NotApplicable,
  ScoringRule,
} from '../../src/domain/framework.js';
import type { ScoredFigure } from '../../src/scoring/rule.js';

/** What a test says of an indicator; the rest does not matter for scoring. */
export interface TestIndicator {
  readonly code: string;
  readonly maxPoints: number;
  readonly rule?: ScoringRule;
  readonly direction?: 1 | -1;
}

/** A framework in short: main indexes with their indicators, pillars with the codes of their main indexes. */
export interface TestFramework {
  readonly mainIndexes: Readonly<Record<string, readonly TestIndicator[]>>;
  readonly pillars?: Readonly<Record<string, readonly string[]>>;
  readonly missing?: Framework['missing'];
  readonly notApplicable?: readonly NotApplicable[];
}

/** Builds a framework whose points add up; ids begin at 1, `INDEX` first, then pillars, then main indexes each before its indicators. */
export function makeFramework({ mainIndexes, pillars = {}, missing, notApplicable }: TestFramework): Framework {
  const measures: Measure[] = [];
  const edges: MeasureEdge[] = [];
  const add = (code: string, kind: MeasureKind, maxPoints: number, indicator: IndicatorFacts | null = null): number => {
    const id = measures.length + 1;
    const name = { vi: code, en: code };
    const position = measures.length;
    measures.push({
      id,
      frameworkCode: 'TEST',
      code,
      kind,
      name,
      maxPoints,
      position,
      certainty: 'illustrative',
      indicator,
    });
    return id;
  };
  const pointsOf = (code: string): number =>
    (mainIndexes[code] ?? []).reduce((sum, { maxPoints }) => sum + maxPoints, 0);
  const total = Object.keys(mainIndexes).reduce((sum, code) => sum + pointsOf(code), 0);
  const indexId = add('INDEX', 'INDEX', total);
  const pillarIds = Object.entries(pillars).map(([code, members]) => {
    const points = members.reduce((sum, member) => sum + pointsOf(member), 0);
    return [add(code, 'PILLAR', points), members] as const;
  });
  for (const [code, indicators] of Object.entries(mainIndexes)) {
    const mainId = add(code, 'MAIN_INDEX', pointsOf(code));
    edges.push({ parentId: indexId, childId: mainId, weight: 1 });
    for (const [parentId, members] of pillarIds) {
      if (members.includes(code)) edges.push({ parentId, childId: mainId, weight: 1 });
    }
    for (const { code: indicatorCode, maxPoints, rule, direction } of indicators) {
      const facts = indicatorFacts(rule ?? { kind: 'RATIO' }, direction ?? 1);
      edges.push({ parentId: mainId, childId: add(indicatorCode, 'INDICATOR', maxPoints, facts), weight: 1 });
    }
  }
  return {
    id: 1,
    code: 'TEST',
    version: '1',
    level: 'PROVINCE',
    legalBasis: 'none',
    maxPoints: total,
    missing: missing ?? 'LOSES_POINTS',
    notApplicable: notApplicable ?? [],
    certaintyNote: 'made for a test',
    measures,
    edges,
  };
}

function indicatorFacts(rule: ScoringRule, direction: 1 | -1): IndicatorFacts {
  return {
    rule,
    direction,
    unitOfMeasure: 'percent',
    intendedSourceKind: 'SELF_REPORT',
    sourceSystem: null,
    numeratorLabel: null,
    denominatorLabel: null,
    nameCertainty: 'illustrative',
  };
}

/** The measure with this code; fails the test when there is none. */
export function measureOf(framework: Framework, code: string): Measure {
  const measure = framework.measures.find((candidate) => candidate.code === code);
  if (measure === undefined) throw new Error(`no measure ${code} in the test's framework`);
  return measure;
}

/** A figure of a plain value. */
export function plain(value: number, facts: Partial<ScoredFigure> = {}): ScoredFigure {
  return { value, numerator: null, denominator: null, automatic: false, observationId: 1, ...facts };
}

/** A figure of two counts. */
export function ratio(numerator: number, denominator: number, facts: Partial<ScoredFigure> = {}): ScoredFigure {
  return { value: null, numerator, denominator, automatic: false, observationId: 1, ...facts };
}

interface FrameworkFile {
  readonly pillars: readonly {
    readonly code: string;
    readonly components: readonly {
      readonly code: string;
      readonly max_points: number;
      readonly direction: 1 | -1;
      readonly formula: {
        readonly kind: string;
        readonly target?: number;
        readonly scale?: number;
        readonly tiers?: readonly { readonly at_least: number; readonly share: number }[];
      };
    }[];
  }[];
  readonly aggregates: readonly { readonly code: string; readonly members: readonly string[] }[];
  readonly missing: { readonly notApplicable?: readonly NotApplicable[] };
}

/** A framework of the reference data, such as `PDTI-922`, with names left out. */
export function readFramework(code: string): Framework {
  const path = new URL(`../../data/frameworks/${code}.json`, import.meta.url);
  const file = JSON.parse(readFileSync(path, 'utf8')) as FrameworkFile;
  const mainIndexes = file.pillars.map(({ code: main, components }) => {
    const indicators = components.map(({ code: indicator, max_points: maxPoints, direction, formula }) => {
      return { code: indicator, maxPoints, direction, rule: readRule(formula) };
    });
    return [main, indicators] as const;
  });
  return makeFramework({
    mainIndexes: Object.fromEntries(mainIndexes),
    pillars: Object.fromEntries(file.aggregates.map((pillar) => [pillar.code, pillar.members])),
    notApplicable: file.missing.notApplicable ?? [],
  });
}

function readRule(formula: FrameworkFile['pillars'][number]['components'][number]['formula']): ScoringRule {
  const { kind, target = 1, scale = 5, tiers = [] } = formula;
  if (kind === 'ratio_capped') return { kind: 'RATIO_CAPPED', target };
  if (kind === 'survey_mean') return { kind: 'SURVEY_MEAN', scale };
  if (kind === 'tiered') {
    return { kind: 'TIERED', tiers: tiers.map(({ at_least: atLeast, share }) => ({ atLeast, share })) };
  }
  if (kind === 'relative_to_best') return { kind: 'RELATIVE_TO_BEST' };
  return kind === 'yes_no' ? { kind: 'YES_NO' } : { kind: 'RATIO' };
}
