import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { RoundStatus } from '../domain/round.js';
import { isGone, nameOwner } from './owner.js';

/**
 * The numbers of all advisory locks of the platform: one space that everybody shares who uses the database. `REVISION` is taken by the SQL function
 * `take_revision` and by nobody else. A transaction that needs several takes them in the order source or round, then revision.
 */
export const ADVISORY_LOCKS = { MIGRATION: 7305, REVISION: 7306, ROUND: 7307, REFERENCE: 7308, SOURCE: 7309 } as const;

/** Waits for a source: who holds it decides alone what of it is new. Held until the end of the transaction. */
export async function lockSource(em: SqlEntityManager, sourceId: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(${ADVISORY_LOCKS.SOURCE}, ${sourceId})`.execute(em.getKysely());
}

/** Waits for whoever is registering a source: who holds it decides alone whether a key is new. Held until the end of the transaction. */
export async function lockRegistration(em: SqlEntityManager): Promise<void> {
  // No source has the id 0.
  await lockSource(em, 0);
}

/** Waits for the snapshots of a round: who holds it writes the next one. Held until the end of the transaction. */
export async function lockRound(em: SqlEntityManager, roundId: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(${ADVISORY_LOCKS.ROUND}, ${roundId})`.execute(em.getKysely());
}

/** Waits for the reference data: who holds it loads them. Held until the end of the transaction. */
export async function lockReference(em: SqlEntityManager): Promise<void> {
  await sql`select pg_advisory_xact_lock(${ADVISORY_LOCKS.REFERENCE}::bigint)`.execute(em.getKysely());
}

/**
 * The status of rounds, which stays as it is until the end of the transaction: publishing waits for it. For whoever writes into a round.
 * @returns by round id; unknown ids are left out
 */
export async function holdRoundStatus(
  em: SqlEntityManager,
  roundIds: readonly number[],
): Promise<Map<number, RoundStatus>> {
  const { rows } = await sql<{ id: number; status: RoundStatus }>`
    select id, status from round where id = any(${roundIds}::int[]) order by id for share`.execute(em.getKysely());
  return new Map(rows.map(({ id, status }) => [id, status]));
}

/**
 * The status of a round for whoever is about to publish it: waits for all that write into the round, and lets no other in until the end of the
 * transaction.
 * @returns null = there is no such round
 */
export async function claimRoundStatus(em: SqlEntityManager, roundId: number): Promise<RoundStatus | null> {
  const { rows } = await sql<{ status: RoundStatus }>`
    select status from round where id = ${roundId} for no key update`.execute(em.getKysely());
  return rows[0]?.status ?? null;
}

/**
 * The right to a sync run, for as long as its process lives and reaches the database. The owner is the fencing token: a process that was taken for
 * dead, and is not, finds that it does not hold its run any more.
 */
export interface Lease {
  readonly runId: number;
  readonly owner: string;
}

/**
 * Takes the lease of a run that this transaction has just made.
 * @param leaseMs how long its holder may be silent, by the database's clock, before somebody else may end the run
 */
export async function takeLease(em: SqlEntityManager, runId: number, leaseMs: number): Promise<Lease> {
  const owner = nameOwner();
  await sql`update sync_run set owner = ${owner}, lease_expires_at = ${expiry(leaseMs)} where id = ${runId}`.execute(
    em.getKysely(),
  );
  return { runId, owner };
}

/**
 * Makes a lease last from now on. One that has passed is good again as long as nobody ended the run.
 * @returns false when the run has been ended
 */
export async function renewLease(em: SqlEntityManager, lease: Lease, leaseMs: number): Promise<boolean> {
  const { rows } = await sql`
    update sync_run set lease_expires_at = ${expiry(leaseMs)}
    where id = ${lease.runId} and owner = ${lease.owner} and status = 'RUNNING' returning id`.execute(em.getKysely());
  return rows.length > 0;
}

/** Gives a run up, so that whoever is free may go on with it at once. */
export async function releaseLease(em: SqlEntityManager, lease: Lease): Promise<void> {
  await sql`update sync_run set lease_expires_at = clock_timestamp() where id = ${lease.runId} and owner = ${lease.owner}`.execute(
    em.getKysely(),
  );
}

/**
 * Makes sure that a run is still under way and its holder's own; nobody can end it before the end of the transaction.
 * @returns false when it has been ended
 */
export async function holdLease(em: SqlEntityManager, lease: Lease): Promise<boolean> {
  const { rows } = await sql`
    select id from sync_run where id = ${lease.runId} and owner = ${lease.owner} and status = 'RUNNING' for update`.execute(
    em.getKysely(),
  );
  return rows.length > 0;
}

/**
 * The runs whose lease has passed, or whose process has gone from this machine; nobody can renew them before the end of the transaction. A run that is
 * being committed at this moment is not among them.
 * @param sourceId null = of all sources
 */
export async function findLapsedRuns(em: SqlEntityManager, sourceId: number | null): Promise<number[]> {
  const running = sql`status = 'RUNNING' and source_id = coalesce(${sourceId}::int, source_id)`;
  const { rows: runs } = await sql<{ id: string; owner: string | null }>`
    select id, owner from sync_run where ${running}`.execute(em.getKysely());
  const orphans = runs.filter(({ owner }) => owner !== null && isGone(owner)).map(({ id }) => id);
  const { rows } = await sql<{ id: string }>`
    select id from sync_run where ${running}
      and (coalesce(lease_expires_at <= clock_timestamp(), true) or id = any(${orphans}::bigint[]))
    for update skip locked`.execute(em.getKysely());
  return rows.map(({ id }) => Number(id));
}

function expiry(leaseMs: number) {
  return sql`clock_timestamp() + ${leaseMs} * interval '1 millisecond'`;
}
