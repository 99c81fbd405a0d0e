import { Migration } from '@mikro-orm/migrations';

/** How far databases are matched to the population database; appended to, as observations are. */
export class Migration20261122114301_linkage extends Migration {
  override up(): void {
    this.addSql(`create table linkage (
      id bigint generated always as identity primary key, source_id int not null references source, database_key text not null,
      owner text not null, entity_id int not null references entity, period text not null,
      obs_status text not null check (obs_status in ('A', 'P')),
      records_total bigint not null check (records_total >= 0),
      records_matched bigint not null check (records_matched between 0 and records_total),
      connected_on date, published_at timestamptz, page_sequence int not null, row_number int not null,
      sync_run_id bigint not null references sync_run, retrieved_at timestamptz not null, supersedes_id bigint references linkage,
      change_id bigint not null)`);
    this.addSql('create index linkage_identity on linkage (database_key, entity_id, period, source_id, id desc)');
    this.addSql('create index linkage_change on linkage (change_id)');
  }
}
