import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { Figure } from '../domain/observation.js';
import type { SubmissionItem } from '../domain/submission.js';

/** A self-report on its way into the database. */
export interface NewSubmission {
  readonly roundId: number;
  readonly entityId: number;
  readonly reviewer: string | null;
  readonly simulated: boolean;
  readonly contentHash: string;
  readonly submittedAt: Date;
  readonly items: readonly (SubmissionItem & { readonly indicatorId: number })[];
}

/**
 * Inserts a self-report with its items.
 * @returns item ids by indicator id; null when the same content is there already
 */
export async function insertSubmission(
  em: SqlEntityManager,
  submission: NewSubmission,
): Promise<ReadonlyMap<number, number> | null> {
  const { rows } = await sql<{ id: string }>`
    insert into submission (round_id, entity_id, reviewer, simulated, content_hash, submitted_at)
    values (${submission.roundId}, ${submission.entityId}, ${submission.reviewer}, ${submission.simulated},
      ${submission.contentHash}, ${submission.submittedAt.toISOString()}::timestamptz)
    on conflict (round_id, entity_id, content_hash) do nothing returning id`.execute(em.getKysely());
  const id = rows[0]?.id;
  if (id === undefined) return null;
  const { items } = submission;
  const claimed = (part: keyof Figure) => items.map((item) => item.claimed[part]);
  const accepted = (part: keyof Figure) => items.map((item) => item.accepted?.[part] ?? null);
  const inserted = await sql<{ id: string; indicator_id: number }>`
    insert into submission_item (submission_id, indicator_id, state, claimed_value, claimed_numerator, claimed_denominator,
      accepted_value, accepted_numerator, accepted_denominator, evidence, review_note)
    select ${id}::bigint, * from unnest(${items.map((item) => item.indicatorId)}::int[], ${items.map((item) => item.state)}::text[],
      ${claimed('value')}::numeric[], ${claimed('numerator')}::numeric[], ${claimed('denominator')}::numeric[],
      ${accepted('value')}::numeric[], ${accepted('numerator')}::numeric[], ${accepted('denominator')}::numeric[],
      ${items.map((item) => JSON.stringify(item.evidence))}::jsonb[], ${items.map((item) => item.reviewNote)}::text[])
    returning id, indicator_id`.execute(em.getKysely());
  return new Map(inserted.rows.map((row) => [row.indicator_id, Number(row.id)]));
}
