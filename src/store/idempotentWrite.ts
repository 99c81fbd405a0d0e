import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

/** What identifies a write that may be sent again. */
export interface WriteKey {
  /** Who sends it; keys of different people have nothing to do with each other. */
  readonly subject: string;
  readonly key: string;
}

/** A write that was done. */
export interface DoneWrite {
  readonly operation: string;
  /** Keyed hash of its input. */
  readonly fingerprint: string;
  /** What its answer was made of, as JSON data. */
  readonly outcome: unknown;
}

/** The write with this key; null = none yet. */
export async function findWrite(em: SqlEntityManager, { subject, key }: WriteKey): Promise<DoneWrite | null> {
  const { rows } = await sql<DoneWrite>`
    select operation, fingerprint, outcome from idempotent_write where subject = ${subject} and key = ${key}`.execute(
    em.getKysely(),
  );
  return rows[0] ?? null;
}

/** Keeps a write; the first one with a key stays. */
export async function keepWrite(em: SqlEntityManager, { subject, key }: WriteKey, write: DoneWrite): Promise<void> {
  await sql`insert into idempotent_write (subject, key, operation, fingerprint, outcome, created_at)
    values (${subject}, ${key}, ${write.operation}, ${write.fingerprint}, ${JSON.stringify(write.outcome)}::jsonb,
      clock_timestamp()) on conflict do nothing`.execute(em.getKysely());
}
