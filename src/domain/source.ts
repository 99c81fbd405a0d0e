import type { Name } from './entity.js';

/** Where an observation comes from. */
export const SOURCE_KINDS = ['NATIONAL_DATABASE', 'WEB_MEASUREMENT', 'SURVEY', 'EXPERT', 'SELF_REPORT'] as const;
/** See {@link SOURCE_KINDS}. */
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** The life of a source. */
export const SOURCE_STATUSES = ['DRAFT', 'CHECKED', 'ACTIVE', 'PAUSED', 'RETIRED'] as const;
/** See {@link SOURCE_STATUSES}. */
export type SourceStatus = (typeof SOURCE_STATUSES)[number];

/** True for the kinds that count as measured automatically: nobody assessed reported the figure about itself. */
export function isAutomatic(kind: SourceKind): boolean {
  return kind === 'NATIONAL_DATABASE' || kind === 'WEB_MEASUREMENT';
}

/** A dataset and its producer (OWID: origin). */
export interface Source {
  readonly id: number;
  /** Stable, people read it: `einvoice`. */
  readonly key: string;
  readonly name: Name;
  /** The body that answers for the data. */
  readonly owner: string;
  readonly kind: SourceKind;
  readonly status: SourceStatus;
  /** True when a simulator stands in for the real system. */
  readonly simulated: boolean;
  readonly version: number;
  readonly citation: string;
  readonly licence: string;
  /** The newest good run may be this old before the source is stale, in seconds; null = never stale. */
  readonly freshnessLimitSeconds: number | null;
}
