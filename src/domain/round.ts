import type { EntityLevel } from './entity.js';

/** The life of an assessment round. */
export const ROUND_STATUSES = ['DRAFT', 'OPEN', 'VERIFYING', 'PUBLISHED'] as const;
/** See {@link ROUND_STATUSES}. */
export type RoundStatus = (typeof ROUND_STATUSES)[number];

/** The entities of one peer group in one round. Membership belongs to the round, not to the entity. */
export interface RoundGroup {
  readonly peerGroupId: number;
  /** In code order. */
  readonly entityIds: readonly number[];
}

/** Time-boxed collection for one framework version, level and year. */
export interface AssessmentRound {
  readonly id: number;
  /** `PROVINCE-2022`. */
  readonly code: string;
  readonly level: EntityLevel;
  readonly year: number;
  readonly frameworkCode: string;
  readonly status: RoundStatus;
  /** True when the framework is applied to a year or territory that it was not issued for. */
  readonly illustrative: boolean;
  /** First group is the default one of a ranking. */
  readonly groups: readonly RoundGroup[];
}

/** The code of the round of a level and year. */
export function roundCode(level: EntityLevel, year: number): string {
  return `${level}-${year}`;
}
