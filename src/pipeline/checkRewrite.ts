import type { Catalogue } from '../domain/catalogue.js';
import { entityKey } from '../domain/entity.js';
import { PlatformError } from '../domain/errors.js';
import type { Framework, IndicatorFacts, MeasureKind, NotApplicable } from '../domain/framework.js';
import type { MergePolicy } from '../domain/mergePolicy.js';
import type { AssessmentRound } from '../domain/round.js';
import type { ReferenceUse } from '../store/catalogue.js';
import {
  describeContent,
  type FrameworkContent,
  type ReferenceContent,
  type RoundContent,
} from './referenceContent.js';

/** A changed framework can change in every measure; the first lines say what kind of change it is. */
const CHANGES_SHOWN = 12;

/**
 * Holds new reference data against the loaded one: what a snapshot was computed with must stay as it is, or the snapshot could not be computed again. Of
 * a framework and a merge policy that is all that scoring and merging read; names, labels, units, notes and certainty may be corrected. Of a published
 * round it is its framework and its members. What no snapshot uses may change completely, but an indicator that observations or submissions
 * refer to stays one.
 * @returns every problem, one line each; empty = the new data may replace the loaded one
 */
export function checkRewrite(content: ReferenceContent, loaded: Catalogue, use: ReferenceUse): string[] {
  return [
    ...content.frameworks.flatMap((next) => {
      const before = loaded.framework(next.code);
      return before === undefined ? [] : checkFramework(before, next, use);
    }),
    ...loaded.content.policies
      .filter((policy) => use.isPolicyUsed(policy.code, policy.version))
      .flatMap((policy) => checkPolicy(policy, content.policies)),
    ...content.rounds.flatMap((next) => {
      const before = loaded.roundByCode(next.code);
      return before === undefined || !use.sealedRounds.has(before.id) ? [] : checkRound(loaded, before, next);
    }),
  ];
}

function checkFramework(before: Framework, next: FrameworkContent, use: ReferenceUse): string[] {
  const name = `framework ${before.code} version ${before.version}`;
  if (use.frameworks.has(before.id)) {
    const changes = changesOf(before, next);
    if (changes.length === 0) return [];
    const more = changes.length > CHANGES_SHOWN ? [`and ${changes.length - CHANGES_SHOWN} more changes`] : [];
    return [
      `${name} was used by snapshots and cannot change in what scoring reads: ` +
        `${[...changes.slice(0, CHANGES_SHOWN), ...more].join('; ')}. ` +
        `Leave it as it was and give the changed one a new version in a file of its own, with a new code, such as PDTI-405.`,
    ];
  }
  const indicators = new Set(next.measures.filter(({ kind }) => kind === 'INDICATOR').map(({ code }) => code));
  return before.measures
    .filter(({ id, code }) => use.indicators.has(id) && !indicators.has(code))
    .map(
      ({ code }) =>
        `${name}: the indicator "${code}" is gone, but observations or submissions refer to it. ` +
        `Keep it, with 0 points if it is not scored, or give the framework a new version with a new code.`,
    );
}

function checkPolicy(before: MergePolicy, policies: readonly MergePolicy[]): string[] {
  const next = policies.find(({ code, version }) => code === before.code && version === before.version);
  const changes =
    next === undefined
      ? ['it is gone']
      : difference(
          { precedence: before.precedence.join(' > '), 'discrepancy tolerance': String(before.discrepancyTolerance) },
          { precedence: next.precedence.join(' > '), 'discrepancy tolerance': String(next.discrepancyTolerance) },
        );
  if (changes.length === 0) return [];
  return [
    `merge policy ${before.code} version ${before.version} was used by snapshots and cannot change: ` +
      `${changes.join('; ')}. Leave it as it was and add a new version beside it; the newest is in force.`,
  ];
}

function checkRound(loaded: Catalogue, before: AssessmentRound, next: RoundContent): string[] {
  const facts = (framework: string, groups: RoundContent['groups']) => ({
    framework,
    ...Object.fromEntries(
      groups.flatMap(({ peerGroup, members }) => members.map((key) => [`member ${key}`, peerGroup])),
    ),
  });
  const groups = before.groups.map(({ peerGroupId, entityIds }) => ({
    peerGroup: found(loaded.peerGroup(peerGroupId), `peer group ${peerGroupId}`).code,
    members: entityIds.map((id) => entityKey(found(loaded.entity(id), `entity ${id}`))),
  }));
  const changes = difference(facts(before.frameworkCode, groups), facts(next.framework, next.groups));
  if (changes.length === 0) return [];
  return [
    `round ${before.code} is published; its framework and members cannot change: ${changes.join('; ')}. ` +
      `Leave them as they were; a correction needs a round of its own.`,
  ];
}

/** What a framework is made of, loaded or in a file, as far as scoring reads it. */
interface ScoredFramework {
  readonly version: string;
  readonly level: string;
  readonly maxPoints: number;
  readonly missing: string;
  readonly notApplicable: readonly NotApplicable[];
  readonly measures: readonly {
    readonly code: string;
    readonly kind: MeasureKind;
    readonly maxPoints: number;
    readonly indicator: IndicatorFacts | null;
  }[];
}

function changesOf(before: Framework, next: FrameworkContent): string[] {
  const codes = new Map(before.measures.map(({ id, code }) => [id, code]));
  const codeOf = (id: number) => found(codes.get(id), `measure ${id} of ${before.code}`);
  const edges = before.edges.map(({ parentId, childId, weight }) => [
    `edge ${codeOf(parentId)} > ${codeOf(childId)}`,
    `weight ${weight}`,
  ]);
  const nextEdges = next.edges.map(({ parent, child }) => [`edge ${parent} > ${child}`, 'weight 1']);
  const changes = difference(
    { ...factsOf(before), ...Object.fromEntries(edges) },
    { ...factsOf(next), ...Object.fromEntries(nextEdges) },
  );
  const order = (measures: ScoredFramework['measures']) => measures.map(({ code }) => code).join(' ');
  // It is the order in which points are added up. Measures that come and go are named above.
  const isMoved = changes.length === 0 && order(before.measures) !== order(next.measures);
  return isMoved ? ['its measures are in another order'] : changes;
}

function factsOf(framework: ScoredFramework): Record<string, string> {
  return {
    version: framework.version,
    level: framework.level,
    'max points': String(framework.maxPoints),
    'missing rule': framework.missing,
    ...Object.fromEntries(
      framework.notApplicable.flatMap(({ peerGroup, rule, indicators }) =>
        indicators.map((code) => [`not applicable to ${peerGroup}: ${code}`, rule]),
      ),
    ),
    ...Object.fromEntries(
      framework.measures.map(({ code, kind, maxPoints, indicator }) => {
        const rule = indicator === null ? '' : `, direction ${indicator.direction}, ${describeContent(indicator.rule)}`;
        return [`measure ${code}`, `${kind} of ${maxPoints} points${rule}`];
      }),
    ),
  };
}

/** `max points: 1000 -> 1001`, and what is gone or new. */
function difference(before: Readonly<Record<string, string>>, next: Readonly<Record<string, string>>): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(next)])].flatMap((key) => {
    if (before[key] === next[key]) return [];
    if (next[key] === undefined) return [`${key} is gone`];
    if (before[key] === undefined) return [`${key} is new (${next[key]})`];
    return [`${key}: ${before[key]} -> ${next[key]}`];
  });
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new PlatformError('REFERENCE_INVALID', `The loaded reference data lacks ${what}.`);
  return value;
}
