import { sql } from 'kysely';
import type { Reader } from './reading.js';

/** What all processes together have to do, and what they have done lately. */
export interface Workload {
  /** The newest revision. */
  readonly head: number;
  /** How many revisions lie after the one that was named. */
  readonly unseen: number;
  /** Jobs by state: waiting now, put off, active. */
  readonly jobs: Readonly<Record<'waiting' | 'deferred' | 'active', number>>;
  /** How long the job that waits longest could have been taken, in seconds; 0 when none waits. */
  readonly oldestWaitingSeconds: number;
  /** Runs that ended within the last minutes. */
  readonly ended: readonly EndedRun[];
}

/** A sync run that has ended. */
export interface EndedRun {
  readonly id: number;
  readonly status: string;
  readonly read: number;
  readonly written: number;
  readonly rejected: number;
}

/** Beyond it nobody needs to know how many revisions were not seen. */
const MAX_UNSEEN = 10_000;

/**
 * Reads it in one statement, some milliseconds: few jobs exist at a time, and runs are looked for among the newest only.
 * @param minutes how far back runs are told
 * @param seen the revision after which others are counted, {@link MAX_UNSEEN} at most
 */
export async function readWorkload(reader: Reader, minutes: number, seen: number): Promise<Workload> {
  const { rows } = await sql<{
    head: string;
    unseen: string;
    waiting: string;
    deferred: string;
    active: string;
    oldest: number;
    ended: readonly EndedRun[];
  }>`
    select (select coalesce(max(id), 0) from revision) as head,
      (select count(*) from (select from revision where id > ${seen} limit ${MAX_UNSEEN}) u) as unseen, j.*,
      (select coalesce(json_agg(json_build_object('id', r.id, 'status', r.status, 'read', r.read, 'written', r.written,
          'rejected', r.rejected)), '[]')
        from (select * from sync_run order by id desc limit 2000) r
        where r.finished_at > now() - make_interval(mins => ${minutes})) as ended
    from (select count(*) filter (where state in ('created', 'retry') and start_after <= now()) as waiting,
        count(*) filter (where state in ('created', 'retry') and start_after > now()) as deferred,
        count(*) filter (where state = 'active') as active,
        coalesce(extract(epoch from now() - min(start_after) filter (
          where state in ('created', 'retry') and start_after <= now())), 0)::float8 as oldest
      from pgboss.job where name = 'sync' and state in ('created', 'retry', 'active')) j`.execute(reader.getKysely());
  const [row] = rows;
  if (row === undefined) throw new Error('the workload has no row');
  const { head, unseen, waiting, deferred, active, oldest, ended } = row;
  const jobs = { waiting: Number(waiting), deferred: Number(deferred), active: Number(active) };
  return { head: Number(head), unseen: Number(unseen), jobs, oldestWaitingSeconds: Math.max(0, oldest), ended };
}
