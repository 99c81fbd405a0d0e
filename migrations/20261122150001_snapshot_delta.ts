import { Migration } from '@mikro-orm/migrations';

/** Provisional snapshots as differences: each builds on the snapshot of its round before it, and in the end on a whole one. */
export class Migration20261122150001_snapshot_delta extends Migration {
  override up(): void {
    // Not only gzip any more.
    this.addSql('alter table snapshot rename column columns_gzip to columns_packed');
    // Null = the columns are whole.
    this.addSql('alter table snapshot add column whole_id bigint, add column steps int not null default 0');
    this.addSql('alter table snapshot add check ((whole_id is null) = (steps = 0))');
    // They are packed already.
    this.addSql('alter table snapshot alter column columns_packed set storage external');
  }
}
