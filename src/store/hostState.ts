import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

/** What the workers know of a host together. */
export interface HostState {
  /** `host:port`. */
  readonly host: string;
  /** Requests in a row that failed. */
  readonly failures: number;
  /** Until when nobody may ask it; in the past = one request may try; null = the circuit is closed. */
  readonly openUntil: Date | null;
  /** What sources asked for last; null = no limit. */
  readonly requestsPerSecond: number | null;
  readonly maxConcurrent: number | null;
  /** Requests under way that count towards {@link maxConcurrent}. */
  readonly running: number;
  readonly changedAt: Date;
}

/** A host's circuit by the database's clock. */
export interface Circuit {
  readonly failures: number;
  /** How long it stays open, 0 = one request may try; null = closed. */
  readonly openMs: number | null;
}

/** When a circuit opens, and for how long. */
export interface CircuitRule {
  /** Failures in a row. */
  readonly failures: number;
  /** The first time; doubled each time that the trial fails. */
  readonly firstOpenMs: number;
  readonly longestOpenMs: number;
}

interface CircuitRow {
  failures: number;
  open_ms: number | null;
}

/** `greatest` passes over null, which means closed here. */
const CIRCUIT = sql`failures,
  case when open_until is not null then greatest(0, extract(epoch from open_until - clock_timestamp()) * 1000)::float8 end as open_ms`;

/** All hosts that have failed or are limited, by name. */
export async function readHosts(em: SqlEntityManager): Promise<HostState[]> {
  const { rows } = await sql<{
    host: string;
    failures: number;
    open_until: Date | string | null;
    requests_per_second: number | null;
    max_concurrent: number | null;
    changed_at: Date | string;
    running: number;
  }>`select h.host, h.failures, h.open_until, h.requests_per_second, h.max_concurrent, h.changed_at,
      (select count(*)::int from host_slot s where s.host = h.host and s.expires_at > clock_timestamp()) as running
    from host_state h order by h.host collate "C"`.execute(em.getKysely());
  return rows.map((row) => ({
    host: row.host,
    failures: row.failures,
    openUntil: row.open_until === null ? null : new Date(row.open_until),
    requestsPerSecond: row.requests_per_second,
    maxConcurrent: row.max_concurrent,
    running: row.running,
    changedAt: new Date(row.changed_at),
  }));
}

/** A host's circuit; closed when nothing is known. */
export async function readCircuit(em: SqlEntityManager, host: string): Promise<Circuit> {
  const { rows } = await sql<CircuitRow>`select ${CIRCUIT} from host_state where host = ${host}`.execute(
    em.getKysely(),
  );
  return toCircuit(rows[0]);
}

/**
 * Asks for the one request that may try a host whose circuit has been open long enough.
 * @param trialMs after which somebody else may try, if nothing is heard of this one
 */
export async function claimTrial(em: SqlEntityManager, host: string, trialMs: number): Promise<boolean> {
  const { rows } = await sql`
    update host_state set probe_until = clock_timestamp() + ${trialMs} * interval '1 millisecond'
    where host = ${host} and open_until <= clock_timestamp() and coalesce(probe_until <= clock_timestamp(), true)
    returning host`.execute(em.getKysely());
  return rows.length > 0;
}

/** Counts a failure, and opens the circuit when it is one too many. */
export async function recordFailure(em: SqlEntityManager, host: string, rule: CircuitRule): Promise<Circuit> {
  const opens = sql<boolean>`(h.failures + 1 >= ${rule.failures} and coalesce(h.open_until <= clock_timestamp(), true))`;
  const { rows } = await sql<CircuitRow>`
    insert into host_state as h (host, failures) values (${host}, 1)
    on conflict (host) do update set failures = h.failures + 1, probe_until = null, changed_at = clock_timestamp(),
      opened_count = h.opened_count + ${opens}::int,
      open_until = case when ${opens}
        then clock_timestamp() + least(${rule.longestOpenMs}::float8, ${rule.firstOpenMs}::float8 * 2 ^ least(h.opened_count, 20)) * interval '1 millisecond'
        else h.open_until end
    returning ${CIRCUIT}`.execute(em.getKysely());
  return toCircuit(rows[0]);
}

/** Forgets failures and closes the circuit. */
export async function recordSuccess(em: SqlEntityManager, host: string): Promise<void> {
  await sql`
    update host_state set failures = 0, opened_count = 0, open_until = null, probe_until = null, changed_at = clock_timestamp()
    where host = ${host} and (failures > 0 or open_until is not null)`.execute(em.getKysely());
}

/**
 * Takes the next turns of a host whose requests are to be a time apart, whoever sends them.
 * @param count how many turns at once
 * @returns milliseconds until the first of them; the others follow at `everyMs`
 */
export async function takeTurns(em: SqlEntityManager, host: string, everyMs: number, count: number): Promise<number> {
  const taken = sql`${everyMs * count}::float8 * interval '1 millisecond'`;
  const { rows } = await sql<{ wait_ms: number }>`
    insert into host_state as h (host, turn_at, requests_per_second)
      values (${host}, clock_timestamp() + ${taken}, ${1000 / everyMs}::float8)
    on conflict (host) do update set turn_at = greatest(h.turn_at, clock_timestamp()) + ${taken},
      requests_per_second = excluded.requests_per_second
    returning greatest(0, extract(epoch from turn_at - ${taken} - clock_timestamp()) * 1000)::float8 as wait_ms`.execute(
    em.getKysely(),
  );
  return rows[0]?.wait_ms ?? 0;
}

/** Makes a host's limit visible to people. */
export async function noteMaxConcurrent(em: SqlEntityManager, host: string, maxConcurrent: number): Promise<void> {
  await sql`
    insert into host_state as h (host, max_concurrent) values (${host}, ${maxConcurrent})
    on conflict (host) do update set max_concurrent = excluded.max_concurrent
    where h.max_concurrent is distinct from excluded.max_concurrent`.execute(em.getKysely());
}

/** A place among the requests that a host takes at one moment. */
export interface Slot {
  readonly host: string;
  readonly number: number;
  /** Of the process that holds it. */
  readonly holder: string;
}

/**
 * Asks for a place.
 * @param leaseMs after which the place of a holder that is not heard of is free again
 * @returns null = all are taken, or somebody was quicker
 */
export async function claimSlot(
  em: SqlEntityManager,
  { host, holder }: Pick<Slot, 'host' | 'holder'>,
  maxConcurrent: number,
  leaseMs: number,
): Promise<Slot | null> {
  const { rows } = await sql<{ number: number }>`
    insert into host_slot (host, number, holder, expires_at)
      select ${host}, n, ${holder}::uuid, clock_timestamp() + ${leaseMs} * interval '1 millisecond'
      from generate_series(1, ${maxConcurrent}::int) n
      where not exists (select from host_slot s where s.host = ${host} and s.number = n and s.expires_at > clock_timestamp())
      order by random() limit 1
    on conflict (host, number) do update set holder = excluded.holder, expires_at = excluded.expires_at
      where host_slot.expires_at <= clock_timestamp()
    returning number`.execute(em.getKysely());
  const [row] = rows;
  return row === undefined ? null : { host, holder, number: row.number };
}

/** Gives a place back. */
export async function releaseSlot(em: SqlEntityManager, { host, number, holder }: Slot): Promise<void> {
  await sql`delete from host_slot where host = ${host} and number = ${number} and holder = ${holder}::uuid`.execute(
    em.getKysely(),
  );
}

/** Makes all places of a holder last from now on. */
export async function renewSlots(em: SqlEntityManager, holder: string, leaseMs: number): Promise<void> {
  await sql`update host_slot set expires_at = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
    where holder = ${holder}::uuid`.execute(em.getKysely());
}

function toCircuit(row: CircuitRow | undefined): Circuit {
  return { failures: row?.failures ?? 0, openMs: row?.open_ms ?? null };
}
