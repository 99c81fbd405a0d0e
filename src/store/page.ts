import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

/** One page as it came, compressed. */
export interface PageRecord {
  readonly stream: string;
  readonly sequence: number;
  readonly request: string;
  readonly httpStatus: number;
  readonly retrievedAt: Date;
  readonly bodySha256: string;
  readonly bodyGzip: Uint8Array;
}

/** One record in quarantine. */
export interface Reject {
  readonly pageSequence: number;
  readonly stream: string;
  readonly rowNumber: number;
  readonly raw: unknown;
  readonly rule: string;
  readonly message: string;
}

/** Keeps the pages of a run. One statement a page: a page may be megabytes. */
export async function writePages(em: SqlEntityManager, syncRunId: number, pages: readonly PageRecord[]): Promise<void> {
  for (const page of pages) {
    await sql`insert into page (sync_run_id, stream, sequence, request, http_status, retrieved_at, body_sha256, body_gzip)
      values (${syncRunId}, ${page.stream}, ${page.sequence}, ${page.request}, ${page.httpStatus},
        ${page.retrievedAt.toISOString()}::timestamptz, ${page.bodySha256}, ${Buffer.from(page.bodyGzip)})`.execute(
      em.getKysely(),
    );
  }
}

/** Quarantines the records of a run that were refused. */
export async function writeRejects(em: SqlEntityManager, syncRunId: number, rejects: readonly Reject[]): Promise<void> {
  if (rejects.length === 0) return;
  const column = <K extends keyof Reject>(key: K) => rejects.map((reject) => reject[key]);
  await sql`insert into rejected_record (sync_run_id, page_sequence, stream, row_number, raw, rule, message)
    select ${syncRunId}, * from unnest(${column('pageSequence')}::int[], ${column('stream')}::text[],
      ${column('rowNumber')}::int[], ${rejects.map(({ raw }) => JSON.stringify(raw))}::jsonb[], ${column('rule')}::text[],
      ${column('message')}::text[])`.execute(em.getKysely());
}
