import type { SourceKind } from './source.js';

/** SDMX observation status: A normal, E estimated, P provisional, O missing, M missing because it cannot exist. */
export const OBS_STATUSES = ['A', 'E', 'P', 'O', 'M'] as const;
/** See {@link OBS_STATUSES}. */
export type ObsStatus = (typeof OBS_STATUSES)[number];

/** The figure of an observation: exact decimals as text. A ratio keeps both counts, so that it can be summed over territories. */
export interface Figure {
  /** In the indicator's unit of measure; null for a ratio, which has its two counts, and for a missing value. */
  readonly value: string | null;
  readonly numerator: string | null;
  readonly denominator: string | null;
}

/**
 * One value, one indicator, one entity, one period, one source. Append-only: a correction is a later observation of the same identity, a
 * deletion is one with `tombstone`.
 */
export interface Observation extends Figure {
  readonly id: number;
  readonly sourceId: number;
  readonly sourceKind: SourceKind;
  readonly entityId: number;
  readonly indicatorId: number;
  /** The time that the value refers to; see period.ts. */
  readonly period: string;
  readonly obsStatus: ObsStatus;
  readonly tombstone: boolean;
  /** The revision at which the platform learnt it. */
  readonly revision: number;
}

/** True when a figure has neither a value nor both counts. */
export function isMissing(figure: Figure): boolean {
  return figure.value === null && (figure.numerator === null || figure.denominator === null);
}
