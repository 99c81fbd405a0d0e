import { Migration } from '@mikro-orm/migrations';

/**
 * A revision is numbered by the clock, in microseconds since 1970, and always after the one before it. A sequence begins again where a backup or a replica
 * that lacked commits ends, and gives numbers that were shown to other changes; the clock has gone on, so a number that was lost never comes again, and
 * whoever has it can be told from those who have what is in the table.
 */
export class Migration20261122210001_revision_clock extends Migration {
  override up(): void {
    this.addSql(`create or replace function take_revision(change bigint, what text, rounds int[], source int, snapshot bigint) returns bigint
      language plpgsql as $$
      declare taken bigint;
      begin
        perform pg_advisory_xact_lock(7306);
        perform set_config('idle_in_transaction_session_timeout', '5s', true);
        -- A snapshot that is older than the lock would not show the newest revision.
        if current_setting('transaction_isolation') <> 'read committed' then
          raise exception 'revisions are taken in transactions that read what is committed';
        end if;
        select greatest(coalesce(max(id), 0) + 1, floor(extract(epoch from clock_timestamp()) * 1000000)::bigint) into taken from revision;
        insert into revision (id, change_id, kind, round_ids, source_id, snapshot_id, committed_at)
          values (taken, change, what, rounds, source, snapshot, clock_timestamp());
        perform pg_notify('dti_revision', taken::text);
        return taken;
      end $$`);
    this.addSql('drop sequence revision_id');
  }
}
