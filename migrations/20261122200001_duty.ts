import { Migration } from '@mikro-orm/migrations';

/** Who of any number of workers does what one is enough for. Unlogged, since after a crash of the server everybody asks again within a second. */
export class Migration20261122200001_duty extends Migration {
  override up(): void {
    this.addSql(`create unlogged table duty (
      name text primary key,
      owner text not null,
      expires_at timestamptz not null
    )`);
  }
}
