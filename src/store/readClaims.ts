import { sql } from 'kysely';
import type { Figure } from '../domain/observation.js';
import type { Evidence, ItemState } from '../domain/submission.js';
import type { Reader } from './reading.js';

/** One item of a self-report with what is said of the report as a whole. */
export interface Claim {
  readonly itemId: number;
  readonly roundId: number;
  readonly state: ItemState;
  readonly claimed: Figure;
  /** Null when it was not accepted. */
  readonly accepted: Figure | null;
  readonly evidence: readonly Evidence[];
  readonly reviewer: string | null;
  readonly reviewNote: string | null;
  readonly simulated: boolean;
  readonly submittedAt: Date;
}

interface Row {
  id: string;
  round_id: number;
  state: ItemState;
  claimed_value: string | null;
  claimed_numerator: string | null;
  claimed_denominator: string | null;
  accepted_value: string | null;
  accepted_numerator: string | null;
  accepted_denominator: string | null;
  evidence: readonly Evidence[];
  reviewer: string | null;
  review_note: string | null;
  simulated: boolean;
  submitted_at: Date | string;
}

/** Items of self-reports by id, in any order. */
export async function readClaims(em: Reader, itemIds: readonly number[]): Promise<Claim[]> {
  const { rows } = await sql<Row>`
    select i.id, u.round_id, i.state, i.evidence, u.reviewer, i.review_note, u.simulated, u.submitted_at,
      trim_scale(i.claimed_value) as claimed_value, trim_scale(i.claimed_numerator) as claimed_numerator,
      trim_scale(i.claimed_denominator) as claimed_denominator, trim_scale(i.accepted_value) as accepted_value,
      trim_scale(i.accepted_numerator) as accepted_numerator, trim_scale(i.accepted_denominator) as accepted_denominator
    from submission_item i join submission u on u.id = i.submission_id
    where i.id = any(${itemIds}::bigint[])`.execute(em.getKysely());
  return rows.map((row) => {
    const isAccepted = row.state === 'ACCEPTED' || row.state === 'ADJUSTED';
    return {
      itemId: Number(row.id),
      roundId: row.round_id,
      state: row.state,
      claimed: { value: row.claimed_value, numerator: row.claimed_numerator, denominator: row.claimed_denominator },
      accepted: isAccepted
        ? { value: row.accepted_value, numerator: row.accepted_numerator, denominator: row.accepted_denominator }
        : null,
      evidence: row.evidence,
      reviewer: row.reviewer,
      reviewNote: row.review_note,
      simulated: row.simulated,
      submittedAt: new Date(row.submitted_at),
    };
  });
}
