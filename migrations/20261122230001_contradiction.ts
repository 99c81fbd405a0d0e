import { Migration } from '@mikro-orm/migrations';

/** Figures that contradict each other are looked for with every run that reads a stream as a whole, and are few among what was refused. */
export class Migration20261122230001_contradiction extends Migration {
  override up(): void {
    this.addSql(`create index rejected_record_unique on rejected_record (sync_run_id) where rule = 'unique'`);
  }
}
