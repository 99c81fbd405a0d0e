import { Migration } from '@mikro-orm/migrations';

/** A source may say in Vietnamese too who answers for its data and how to cite it; null = the text is the same in both languages. */
export class Migration20261122220001_source_language extends Migration {
  override up(): void {
    this.addSql('alter table source add column owner_vi text, add column citation_vi text');
  }
}
