import type { Figure } from './observation.js';

/** State of one item of a self-report. */
export const ITEM_STATES = ['DRAFT', 'SUBMITTED', 'ACCEPTED', 'ADJUSTED', 'RETURNED'] as const;
/** See {@link ITEM_STATES}. */
export type ItemState = (typeof ITEM_STATES)[number];

/** A document that is said to prove an item. */
export interface Evidence {
  readonly title: string;
  /** Number of the document, or an address where it is published. */
  readonly reference: string;
}

/** One indicator of a self-report: what was claimed and what the reviewer let stand. */
export interface SubmissionItem {
  readonly indicatorCode: string;
  readonly claimed: Figure;
  /** Equal to `claimed` when ACCEPTED, the reviewer's figure when ADJUSTED, null otherwise. */
  readonly accepted: Figure | null;
  readonly state: ItemState;
  readonly evidence: readonly Evidence[];
  /** What the reviewer wrote; null = nothing. */
  readonly reviewNote: string | null;
}

/** One entity's self-report in a round. Accepted and adjusted items become observations. */
export interface Submission {
  readonly roundCode: string;
  /** `GSO-2004:74`. */
  readonly entityKey: string;
  /** Name or role of who reviewed it; null = not reviewed yet. */
  readonly reviewer: string | null;
  readonly simulated: boolean;
  readonly items: readonly SubmissionItem[];
}
