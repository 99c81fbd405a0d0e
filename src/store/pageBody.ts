import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

/** The bodies of one stream's pages, compressed, in the order in which they were read. */
export async function readPageBodies(
  em: SqlEntityManager,
  runId: number,
  stream: string,
): Promise<{ readonly sequence: number; readonly bodyGzip: Uint8Array }[]> {
  const { rows } = await sql<{ sequence: number; body_gzip: Uint8Array }>`
    select sequence, body_gzip from page where sync_run_id = ${runId} and stream = ${stream} order by sequence`.execute(
    em.getKysely(),
  );
  return rows.map(({ sequence, body_gzip: bodyGzip }) => ({ sequence, bodyGzip }));
}
