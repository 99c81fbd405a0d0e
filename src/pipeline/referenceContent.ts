import type { Certainty, EntityLevel, Name } from '../domain/entity.js';
import type { Framework, IndicatorFacts, MeasureKind } from '../domain/framework.js';
import type { MergePolicy } from '../domain/mergePolicy.js';
import { type CanonicalValue, canonicalText } from '../proof/canonical.js';
import { sha256Hex } from '../proof/hash.js';

/** An entity as the files tell it, under its natural key. */
export interface EntityContent {
  /** `GSO-2004:74`. */
  readonly key: string;
  readonly codeSystem: string;
  readonly code: string;
  readonly level: EntityLevel;
  readonly kind: string;
  readonly name: Name;
  /** `GSO-2004:RRD`; null = none. */
  readonly regionKey: string | null;
  readonly validFrom: string | null;
  readonly validTo: string | null;
  readonly populationThousand: string | null;
  readonly populationCertainty: Certainty | null;
  readonly note: string | null;
}

/** Who became whom, by entity keys. */
export interface SuccessionContent {
  readonly predecessor: string;
  readonly successor: string;
  readonly kind: 'UNCHANGED' | 'MERGED';
  readonly on: string;
}

/** A measure as the files tell it. */
export interface MeasureContent {
  readonly code: string;
  readonly kind: MeasureKind;
  readonly name: Name;
  readonly maxPoints: number;
  readonly certainty: Certainty;
  readonly indicator: IndicatorFacts | null;
}

/** A framework with the edges of its graph by measure codes. */
export interface FrameworkContent extends Omit<Framework, 'id' | 'measures' | 'edges'> {
  readonly measures: readonly MeasureContent[];
  readonly edges: readonly { readonly parent: string; readonly child: string }[];
  /** What the document says of itself, against which the sums are checked. */
  readonly stated: readonly { readonly code: string; readonly indicators: number }[];
}

/** A round with its members by entity keys. */
export interface RoundContent {
  readonly code: string;
  readonly level: EntityLevel;
  readonly year: number;
  readonly framework: string;
  readonly illustrative: boolean;
  readonly groups: readonly { readonly peerGroup: string; readonly members: readonly string[] }[];
}

/** A published result by entity key. */
export interface ReferenceRow {
  readonly level: EntityLevel;
  readonly year: number;
  readonly entityName: string;
  readonly entityKey: string | null;
  readonly measureCode: string;
  readonly peerGroupCode: string | null;
  readonly value: string | null;
  readonly rank: number | null;
  readonly certainty: Certainty;
  readonly citation: string;
  readonly url: string | null;
  readonly note: string | null;
}

/** Everything that the reference files say. */
export interface ReferenceContent {
  readonly regions: readonly {
    readonly key: string;
    readonly codeSystem: string;
    readonly code: string;
    readonly name: Name;
  }[];
  readonly entities: readonly EntityContent[];
  readonly successions: readonly SuccessionContent[];
  readonly peerGroups: readonly { readonly code: string; readonly level: EntityLevel; readonly name: Name }[];
  readonly frameworks: readonly FrameworkContent[];
  readonly rounds: readonly RoundContent[];
  readonly policies: readonly MergePolicy[];
  readonly references: readonly ReferenceRow[];
}

/** SHA-256 over the content: the same for the same content, whatever the files looked like. */
export function contentHash(content: ReferenceContent): string {
  return sha256Hex(describeContent(content));
}

/** The one text of a part of the content; its numbers go in as text, since canonical data has no fractions. */
export function describeContent(part: object): string {
  return canonicalText(withTextNumbers(part));
}

function withTextNumbers(value: unknown): CanonicalValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map(withTextNumbers);
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withTextNumbers(item)]));
  }
  throw new TypeError(`Received ${typeof value}; reference data is null, booleans, numbers, text, lists and objects`);
}
