import { Migration } from '@mikro-orm/migrations';

/** The period that a run is limited to; null = none. */
export class Migration20261122114101_period extends Migration {
  override up(): void {
    this.addSql('alter table sync_run add column period text');
  }
}
