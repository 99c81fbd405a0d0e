import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { PlatformError } from '../domain/errors.js';
import type { Figure } from '../domain/observation.js';
import type { SubmissionItem } from '../domain/submission.js';

const CHUNK = 5000;

/** A self-report on its way into the database. */
export interface NewSubmission {
  readonly roundId: number;
  readonly entityId: number;
  readonly reviewer: string | null;
  readonly simulated: boolean;
  readonly contentHash: string;
  readonly submittedAt: Date;
  readonly items: readonly NewItem[];
}

/** An item with its indicator resolved. */
export interface NewItem extends SubmissionItem {
  readonly indicatorId: number;
}

/** An item as it was stored. */
export interface StoredItem {
  readonly id: number;
  readonly submission: NewSubmission;
  readonly item: NewItem;
}

/**
 * Inserts self-reports with their items: one statement for the reports, one for every 5,000 items. A report is left out when the newest one of its round
 * and entity has the same content; an older one does not count, so that a body can go back to what it said before. Must run in a transaction that holds
 * the source, so that two calls cannot both find a report new.
 * @param submissions those of the same round and entity have the same content
 * @returns the items of the reports that were stored
 */
export async function insertSubmissions(
  em: SqlEntityManager,
  submissions: readonly NewSubmission[],
): Promise<StoredItem[]> {
  const column = <K extends keyof NewSubmission>(key: K) => submissions.map((submission) => submission[key]);
  const { rows } = await sql<{ id: string; place: number }>`
    with incoming as (
      select * from unnest(${column('roundId')}::int[], ${column('entityId')}::int[], ${column('reviewer')}::text[],
        ${column('simulated')}::boolean[], ${column('contentHash')}::text[],
        ${submissions.map(({ submittedAt }) => submittedAt.toISOString())}::timestamptz[]) with ordinality
        as i (round_id, entity_id, reviewer, simulated, content_hash, submitted_at, place)
    ), fresh as (
      select distinct on (round_id, entity_id) * from incoming i
      where i.content_hash is distinct from (
        select s.content_hash from submission s where s.round_id = i.round_id and s.entity_id = i.entity_id
        order by s.id desc limit 1)
      order by round_id, entity_id, place
    ), inserted as (
      insert into submission (round_id, entity_id, reviewer, simulated, content_hash, submitted_at)
      select round_id, entity_id, reviewer, simulated, content_hash, submitted_at from fresh order by place
      returning id, round_id, entity_id
    )
    select n.id, f.place::int as place from inserted n join fresh f using (round_id, entity_id) order by f.place`.execute(
    em.getKysely(),
  );
  const fresh = rows.flatMap(({ id, place }) => {
    const submission = submissions[place - 1];
    return submission === undefined ? [] : submission.items.map((item) => ({ submissionId: id, submission, item }));
  });
  const stored: StoredItem[] = [];
  for (let from = 0; from < fresh.length; from += CHUNK) {
    stored.push(...(await insertItems(em, fresh.slice(from, from + CHUNK))));
  }
  return stored;
}

async function insertItems(
  em: SqlEntityManager,
  fresh: readonly { submissionId: string; submission: NewSubmission; item: NewItem }[],
): Promise<StoredItem[]> {
  const column = <T>(read: (item: NewItem) => T) => fresh.map(({ item }) => read(item));
  const claimed = (part: keyof Figure) => column((item) => item.claimed[part]);
  const accepted = (part: keyof Figure) => column((item) => item.accepted?.[part] ?? null);
  const { rows } = await sql<{ id: string; submission_id: string; indicator_id: number }>`
    insert into submission_item (submission_id, indicator_id, state, claimed_value, claimed_numerator, claimed_denominator,
      accepted_value, accepted_numerator, accepted_denominator, evidence, review_note)
    select * from unnest(${fresh.map(({ submissionId }) => submissionId)}::bigint[], ${column((item) => item.indicatorId)}::int[],
      ${column((item) => item.state)}::text[],
      ${claimed('value')}::numeric[], ${claimed('numerator')}::numeric[], ${claimed('denominator')}::numeric[],
      ${accepted('value')}::numeric[], ${accepted('numerator')}::numeric[], ${accepted('denominator')}::numeric[],
      ${column((item) => JSON.stringify(item.evidence))}::jsonb[], ${column((item) => item.reviewNote)}::text[])
    returning id, submission_id, indicator_id`.execute(em.getKysely());
  const ids = new Map(rows.map((row) => [`${row.submission_id}:${row.indicator_id}`, Number(row.id)]));
  return fresh.map(({ submissionId, submission, item }) => ({
    id: need(ids.get(`${submissionId}:${item.indicatorId}`), item),
    submission,
    item,
  }));
}

function need(id: number | undefined, { indicatorCode }: NewItem): number {
  if (id !== undefined) return id;
  throw new PlatformError('INTERNAL_SERVER_ERROR', `The item ${indicatorCode} was written without an answer.`);
}
