import { Migration } from '@mikro-orm/migrations';

/**
 * Alerts name runs and snapshots without holding them: emptying those tables, as tools and tests do, is no matter of alerts, and does not empty them in
 * turn. They are as append-only as before.
 */
export class Migration20261122190001_alert_origin extends Migration {
  override up(): void {
    for (const column of ['sync_run_id', 'snapshot_id', 'compared_snapshot_id']) {
      this.addSql(`alter table alert drop constraint alert_${column}_fkey`);
    }
  }
}
