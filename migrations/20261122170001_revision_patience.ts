import { Migration } from '@mikro-orm/migrations';

/**
 * A process that stands still between its revision and its COMMIT holds the one lock of all writers. The server ends its session after five seconds, which
 * rolls its transaction back and lets the others go on.
 */
export class Migration20261122170001_revision_patience extends Migration {
  override up(): void {
    this.addSql(`create or replace function take_revision(change bigint, what text, rounds int[], source int, snapshot bigint) returns bigint
      language plpgsql as $$
      declare taken bigint;
      begin
        perform pg_advisory_xact_lock(7306);
        perform set_config('idle_in_transaction_session_timeout', '5s', true);
        taken := nextval('revision_id');
        insert into revision (id, change_id, kind, round_ids, source_id, snapshot_id, committed_at)
          values (taken, change, what, rounds, source, snapshot, clock_timestamp());
        perform pg_notify('dti_revision', taken::text);
        return taken;
      end $$`);
  }
}
