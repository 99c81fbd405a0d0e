import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

/** How far a run is. */
export interface Progress {
  /** The stream that is being read; null = none any more. */
  readonly stream: string | null;
  readonly pages: number;
  readonly records: number;
  /** Share of the stream that is read, 0 to 1; null = the source does not say how much there is. */
  readonly share: number | null;
}

/** Keeps how far a run is, and wakes those who watch it. */
export async function writeProgress(em: SqlEntityManager, runId: number, progress: Progress): Promise<void> {
  const { stream, pages, records, share } = progress;
  await sql`select write_sync_progress(${runId}, ${stream}, ${pages}, ${records}, ${share}::float8)`.execute(
    em.getKysely(),
  );
}
