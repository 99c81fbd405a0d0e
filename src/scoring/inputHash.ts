import { PlatformError } from '../domain/errors.js';
import type { Framework, ScoringRule } from '../domain/framework.js';
import type { MergePolicy } from '../domain/mergePolicy.js';
import type { SourceKind } from '../domain/source.js';
import { type CanonicalValue, canonicalText } from '../proof/canonical.js';
import { sha256HexOfLines } from '../proof/hash.js';
import { ENGINE_VERSION } from './version.js';

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

/** What a result depends on besides the figures. */
export interface HashedMethod {
  readonly framework: Framework;
  readonly policy: MergePolicy;
  readonly groups: readonly HashedGroup[];
}

/** Everything that a result depends on. */
export interface HashedInput extends HashedMethod {
  /** One per entity and indicator that has one. */
  readonly figures: readonly HashedFigure[];
}

/**
 * SHA-256 over everything that a result depends on: framework, merge policy, engine version, who is ranked with whom, and the chosen figures.
 * The same for any order of the lists and any database ids; names, certainty and legal texts are not in it.
 *
 * Over lines that each end with a line feed: first the method as canonical JSON, then for each entity that has a figure, in code-unit order,
 * `["GSO-2004:74","…"]` with the {@link figuresHash} of its figures. With engine version 1 the lines of all figures stood there instead.
 * @returns 64 hexadecimal characters
 * @throws PlatformError METHOD_INPUT_INVALID when an entity and indicator have two figures
 */
export function inputHash(input: HashedInput, engineVersion = ENGINE_VERSION): string {
  if (engineVersion === '1') return sha256HexOfLines([methodText(input, engineVersion), ...figureLines(input.figures)]);
  const digest = new InputDigest(input);
  for (const [entityKey, figures] of Map.groupBy(input.figures, (figure) => figure.entityKey)) {
    digest.put(entityKey, figures);
  }
  return digest.hash();
}

/** The hash of an input whose figures change a few entities at a time: those of the others are kept. */
export class InputDigest {
  readonly #method: string;
  /** The line of each entity by its key; null = it has no figure. In code-unit order. */
  readonly #lines: Map<string, string | null>;

  constructor(method: HashedMethod) {
    this.#method = methodText(method, ENGINE_VERSION);
    const keys = method.groups.flatMap(({ entityKeys }) => entityKeys);
    this.#lines = new Map(keys.sort().map((key) => [key, null]));
  }

  /**
   * Replaces the figures of an entity.
   * @throws PlatformError METHOD_INPUT_INVALID when an indicator has two, or the entity is in no group
   */
  put(entityKey: string, figures: readonly HashedFigure[]): void {
    if (!this.#lines.has(entityKey)) {
      throw new PlatformError('METHOD_INPUT_INVALID', `${entityKey} has figures and is in no group; leave them out`);
    }
    this.#lines.set(entityKey, figures.length === 0 ? null : canonicalText([entityKey, figuresHash(figures)]));
  }

  /** The {@link inputHash} of what was put. */
  hash(): string {
    return sha256HexOfLines([this.#method, ...[...this.#lines.values()].filter((line) => line !== null)]);
  }
}

/**
 * SHA-256 over the figures of one entity, one line each in code-unit order: `["GSO-2004:74","INDICATOR"]` and, in the same line, `[value, numerator,
 * denominator, source key, source kind, period]`, both as canonical JSON.
 */
function figuresHash(figures: readonly HashedFigure[]): string {
  return sha256HexOfLines(figureLines(figures));
}

function figureLines(figures: readonly HashedFigure[]): string[] {
  const lines = figures.map(figureLine).sort(byText);
  checkUnique(lines);
  return lines.map(({ text }) => text);
}

function methodText({ framework, policy, groups }: HashedMethod, engineVersion: string): string {
  return canonicalText({
    engineVersion,
    framework: describeFramework(framework),
    policy: describePolicy(policy),
    groups: sortedTexts(groups, ({ peerGroupCode, entityKeys }) => [peerGroupCode, ...entityKeys.toSorted()]),
  });
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
