import { PlatformError } from '../domain/errors.js';
import type { Framework, ScoringRule } from '../domain/framework.js';
import type { MergePolicy } from '../domain/mergePolicy.js';
import type { SourceKind } from '../domain/source.js';
import { type CanonicalValue, canonicalText } from '../proof/canonical.js';
import { sha256HexOfLines } from '../proof/hash.js';
import { ENGINE_VERSION } from './compute.js';

/** A chosen figure in words that mean the same in every database. */
export interface HashedFigure {
  /** `GSO-2004:74`. */
  readonly entityKey: string;
  readonly indicatorCode: string;
  /** Canonical decimals, as the observation has them. */
  readonly value: string | null;
  readonly numerator: string | null;
  readonly denominator: string | null;
  readonly sourceKey: string;
  /** It decides about the automatic share. */
  readonly sourceKind: SourceKind;
  readonly period: string;
}

/** The members of one peer group. */
export interface HashedGroup {
  readonly peerGroupCode: string;
  readonly entityKeys: readonly string[];
}

/** Everything that a result depends on. */
export interface HashedInput {
  readonly framework: Framework;
  readonly policy: MergePolicy;
  readonly groups: readonly HashedGroup[];
  /** One per entity and indicator that has one. */
  readonly figures: readonly HashedFigure[];
}

/**
 * SHA-256 over everything that a result depends on: framework, merge policy, engine version, who is ranked with whom, and the chosen figures.
 * The same for any order of the lists and any database ids; names, certainty and legal texts are not in it.
 * @returns 64 hexadecimal characters
 * @throws PlatformError METHOD_INPUT_INVALID when an entity and indicator have two figures
 */
export function inputHash(input: HashedInput): string {
  const figures = input.figures.map(figureLine).sort(byText);
  checkUnique(figures);
  const header = canonicalText({
    engineVersion: ENGINE_VERSION,
    framework: describeFramework(input.framework),
    policy: describePolicy(input.policy),
    groups: sortedTexts(input.groups, ({ peerGroupCode, entityKeys }) => [peerGroupCode, ...entityKeys.toSorted()]),
  });
  return sha256HexOfLines([header, ...figures.map(({ text }) => text)]);
}

/** A line with the part of it that must be unique. */
interface Line {
  readonly identity: string;
  readonly text: string;
}

function figureLine(figure: HashedFigure): Line {
  const identity = canonicalText([figure.entityKey, figure.indicatorCode]);
  const { value, numerator, denominator, sourceKey, sourceKind, period } = figure;
  return { identity, text: identity + canonicalText([value, numerator, denominator, sourceKey, sourceKind, period]) };
}

function checkUnique(lines: readonly Line[]): void {
  lines.forEach(({ identity }, index) => {
    if (index === 0 || identity !== lines[index - 1]?.identity) return;
    throw new PlatformError('METHOD_INPUT_INVALID', `Two figures were chosen for ${identity}; merge them first`);
  });
}

function describeFramework(framework: Framework): CanonicalValue {
  const codes = new Map(framework.measures.map(({ id, code }) => [id, code]));
  return {
    code: framework.code,
    version: framework.version,
    maxPoints: decimalText(framework.maxPoints),
    missing: framework.missing,
    notApplicable: sortedTexts(framework.notApplicable, ({ peerGroup, rule, indicators }) => [
      peerGroup,
      rule,
      ...indicators.toSorted(),
    ]),
    // The position is part of it: it is the order of summation.
    measures: sortedTexts(framework.measures, ({ code, kind, maxPoints, position, indicator }) => ({
      code,
      kind,
      position,
      maxPoints: decimalText(maxPoints),
      rule: indicator === null ? null : describeRule(indicator.rule),
      direction: indicator === null ? null : indicator.direction,
    })),
    edges: sortedTexts(framework.edges, ({ parentId, childId, weight }) => [
      codes.get(parentId) ?? null,
      codes.get(childId) ?? null,
      decimalText(weight),
    ]),
  };
}

function describeRule(rule: ScoringRule): CanonicalValue {
  switch (rule.kind) {
    case 'RATIO_CAPPED':
      return { kind: rule.kind, target: decimalText(rule.target) };
    case 'SURVEY_MEAN':
      return { kind: rule.kind, scale: decimalText(rule.scale) };
    case 'TIERED':
      return {
        kind: rule.kind,
        tiers: rule.tiers.map(({ atLeast, share }) => [decimalText(atLeast), decimalText(share)]),
      };
    default:
      return { kind: rule.kind };
  }
}

function describePolicy({ code, version, precedence, discrepancyTolerance }: MergePolicy): CanonicalValue {
  return { code, version, precedence, discrepancyTolerance: decimalText(discrepancyTolerance) };
}

/** The shortest text that reads back as the same number; the same in every JavaScript engine (RFC 8785). */
function decimalText(x: number): string {
  return String(x);
}

function sortedTexts<Item>(items: readonly Item[], describe: (item: Item) => CanonicalValue): string[] {
  return items.map((item) => canonicalText(describe(item))).sort();
}

function byText(a: Line, b: Line): number {
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}
