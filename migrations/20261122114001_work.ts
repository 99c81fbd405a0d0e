import { Migration } from '@mikro-orm/migrations';

/** Who works on a run, how far it is, and what is known of the hosts that sources are read from. */
export class Migration20261122114001_work extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

const STATEMENTS: readonly string[] = [
  'alter table sync_run add column job_id uuid, add column worker text',
  'create index sync_run_job on sync_run (job_id) where job_id is not null',
  // Beside the run and not in it: the commit of a run holds its row for as long as it writes.
  `create table sync_progress (
    sync_run_id bigint primary key references sync_run on delete cascade,
    stream text not null, pages int not null, records int not null, share double precision, written_at timestamptz not null)`,
  // Wakes those who watch runs. What they are told they read from the tables.
  `create function tell_sync_run() returns trigger language plpgsql as $$
    begin
      perform pg_notify('dti_sync', new.id::text);
      return null;
    end $$`,
  `create trigger sync_run_told after insert or update of status on sync_run for each row execute function tell_sync_run()`,
  `create function write_sync_progress(run bigint, stream_name text, page_count int, record_count int, read_share double precision)
    returns void language sql as $$
      insert into sync_progress (sync_run_id, stream, pages, records, share, written_at)
        values (run, stream_name, page_count, record_count, read_share, clock_timestamp())
        on conflict (sync_run_id) do update set stream = excluded.stream, pages = excluded.pages, records = excluded.records,
          share = excluded.share, written_at = excluded.written_at;
      select pg_notify('dti_sync', run::text);
    $$`,

  // Hosts, as all workers see them
  `create table host_state (
    host text primary key,
    failures int not null default 0, opened_count int not null default 0, open_until timestamptz, probe_until timestamptz,
    turn_at timestamptz not null default '-infinity', requests_per_second double precision, max_concurrent int,
    changed_at timestamptz not null default now())`,
  `create table host_slot (
    host text not null, number int not null, holder uuid not null, expires_at timestamptz not null, primary key (host, number))`,
  `create index on host_slot (holder)`,
];
