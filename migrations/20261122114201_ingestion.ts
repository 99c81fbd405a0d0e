import { Migration } from '@mikro-orm/migrations';

/** Runs that go on after a kill, rules, quarantine that is replayed, and pages that people can look at. One statement per `addSql`. */
export class Migration20261122114201_ingestion extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}

const STATEMENTS: readonly string[] = [
  // What a run has read, until it is judged as a whole. Unlogged: it is worth nothing without its run, and a run that misses it begins again. No index:
  // it is only ever read whole. Vacuumed early, since it is emptied with every run.
  `create unlogged table staged_record (
    sync_run_id bigint not null, stream text not null, page_sequence int not null, row_number int not null, ordinal int not null,
    entity_id int not null, indicator_id int not null, year smallint not null, period text not null,
    value numeric, numerator numeric, denominator numeric, obs_status text not null, tombstone boolean not null,
    published_at timestamptz, revision text, row_hash text not null, raw text, verdict text)
    with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000)`,
  // Compressed by the platform already.
  `alter table page alter column body_gzip set storage external`,
  `alter table page add column partition text, add column row_count int not null default 0, add column declared_total int,
    add column fingerprint text`,
  `create index page_retrieved on page (retrieved_at)`,
  `alter table observation add column stream text`,
  `alter table sync_run add column checkpoint jsonb, add column streams jsonb not null default '{}',
    add column schema_changes jsonb not null default '[]', add column withdrawn_by_difference int not null default 0`,
  `alter table sync_run drop constraint sync_run_mode_check`,
  `alter table sync_run add constraint sync_run_mode_check check (mode in ('FULL_REFRESH', 'INCREMENTAL', 'REPLAY'))`,
  `alter table rejected_record add column map_context jsonb`,
  // Beside the quarantine, which is only appended to.
  `create table replayed_record (
    rejected_record_id bigint primary key references rejected_record on delete cascade, sync_run_id bigint not null references sync_run)`,
  `create index on replayed_record (sync_run_id)`,
];
