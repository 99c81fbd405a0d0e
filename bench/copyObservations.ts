import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { Database } from '../src/store/orm.js';

/** A ratio, ready for the table of observations. */
export interface PlainObservation {
  readonly entityId: number;
  readonly indicatorId: number;
  readonly year: number;
  readonly period: string;
  readonly numerator: string;
  readonly denominator: string;
  readonly pageSequence: number;
  readonly rowNumber: number;
  readonly rowHash: string;
}

/** What the platform is compared with: one COPY of the same rows into the same table, with its indexes and references, and nothing else. */
export async function copyObservations(
  database: Database,
  sourceId: number,
  rows: readonly PlainObservation[],
): Promise<void> {
  const now = new Date().toISOString();
  await database.transact(async (client) => {
    const run = await client.query(
      `insert into sync_run (source_id, source_version, mode, status, started_at) values ($1, 1, 'FULL_REFRESH', 'SUCCEEDED', now()) returning id`,
      [sourceId],
    );
    const { id } = run.rows[0] as { id: number };
    let text = '';
    for (const row of rows) {
      text += `${sourceId}\t${row.entityId}\t${row.indicatorId}\t${row.year}\t${row.period}\t${row.numerator}\t${row.denominator}\tA\tf\t${now}\t${id}\t${row.pageSequence}\t${row.rowNumber}\t${row.rowHash}\t1\trows\n`;
    }
    const copy = client.query(
      copyFrom(`copy observation (source_id, entity_id, indicator_id, year, period, numerator, denominator, obs_status, tombstone, retrieved_at,
        sync_run_id, page_sequence, row_number, row_hash, change_id, stream) from stdin`),
    );
    await pipeline([Buffer.from(text)], copy);
  });
}
