import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { CompiledQuery } from 'kysely';

/** One page as it came, compressed. */
export interface PageRecord {
  readonly stream: string;
  readonly sequence: number;
  readonly request: string;
  readonly httpStatus: number;
  readonly retrievedAt: Date;
  readonly bodySha256: string;
  readonly bodyGzip: Uint8Array;
  /** The part of its stream that it belongs to; null = the stream is one. */
  readonly partition: string | null;
  readonly rowCount: number;
  /** Rows that the source said the part has; null = not said. */
  readonly declaredTotal: number | null;
  /** Tells it from the other pages of its stream. */
  readonly fingerprint: string;
}

/** One record in quarantine. */
export interface Reject {
  readonly pageSequence: number;
  readonly stream: string;
  readonly rowNumber: number;
  readonly raw: unknown;
  readonly rule: string;
  readonly message: string;
  /** What mapping the row again needs beside it; null = nothing. */
  readonly mapContext: unknown;
}

/** The statement that quarantines records of a run, with its values: for COPY's connection as for the ORM's. */
export function rejectStatement(
  syncRunId: number,
  rejects: readonly Reject[],
): { readonly text: string; readonly values: unknown[] } {
  const column = <K extends keyof Reject>(key: K) => rejects.map((reject) => reject[key]);
  return {
    text: `insert into rejected_record (sync_run_id, page_sequence, stream, row_number, raw, rule, message, map_context)
      select $1, * from unnest($2::int[], $3::text[], $4::int[], $5::jsonb[], $6::text[], $7::text[], $8::jsonb[])`,
    values: [
      ...[syncRunId, column('pageSequence'), column('stream'), column('rowNumber')],
      ...[column('raw').map((raw) => JSON.stringify(raw)), column('rule'), column('message')],
      column('mapContext').map((context) => (context === null ? null : JSON.stringify(context))),
    ],
  };
}

/** Quarantines the records of a run that were refused. */
export async function writeRejects(em: SqlEntityManager, syncRunId: number, rejects: readonly Reject[]): Promise<void> {
  if (rejects.length === 0) return;
  const { text, values } = rejectStatement(syncRunId, rejects);
  await em.getKysely().executeQuery(CompiledQuery.raw(text, values));
}
