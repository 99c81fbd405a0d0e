import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { isGone } from './owner.js';

/** What one worker at a time does for all. */
export type DutyName = 'COMPUTATION';

/**
 * Takes a duty that nobody has, or whose owner has been silent for too long or has gone from this machine; renews one's own.
 * @param leaseMs how long the owner may be silent, by the database's clock, before somebody else may take it
 * @returns whether this owner has it
 */
export async function claimDuty(
  em: SqlEntityManager,
  name: DutyName,
  owner: string,
  leaseMs: number,
): Promise<boolean> {
  const { rows } = await sql<{ owner: string; lapsed: boolean }>`
    select owner, expires_at <= clock_timestamp() as lapsed from duty where name = ${name}`.execute(em.getKysely());
  const [holder] = rows;
  // Those who only look write nothing.
  if (holder !== undefined && holder.owner !== owner && !holder.lapsed && !isGone(holder.owner)) return false;
  const expiry = sql`clock_timestamp() + ${leaseMs} * interval '1 millisecond'`;
  const { rows: taken } = await sql`
    insert into duty (name, owner, expires_at) values (${name}, ${owner}, ${expiry})
    on conflict (name) do update set owner = excluded.owner, expires_at = excluded.expires_at
      where duty.owner in (${owner}, ${holder?.owner ?? owner})
    returning name`.execute(em.getKysely());
  return taken.length > 0;
}

/** Gives a duty up, so that whoever asks next has it. */
export async function leaveDuty(em: SqlEntityManager, name: DutyName, owner: string): Promise<void> {
  await sql`delete from duty where name = ${name} and owner = ${owner}`.execute(em.getKysely());
}
