import { pipeline } from 'node:stream/promises';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { ObsStatus } from '../domain/observation.js';
import type { Lease } from './lock.js';
import type { Database } from './orm.js';
import { type PageRecord, type Reject, rejectStatement } from './page.js';

/** A record of a run that is not judged yet. */
export interface StagedRecord {
  readonly rowNumber: number;
  /** Place among the records of its row. */
  readonly ordinal: number;
  readonly entityId: number;
  readonly indicatorId: number;
  readonly year: number;
  readonly period: string;
  /** Canonical decimals. */
  readonly value: string | null;
  readonly numerator: string | null;
  readonly denominator: string | null;
  readonly obsStatus: ObsStatus;
  readonly tombstone: boolean;
  /** ISO time in UTC. */
  readonly publishedAt: string | null;
  readonly revision: string | null;
  readonly rowHash: string;
  /** The row as JSON, with the first record of the row; null with the others. */
  readonly raw: string | null;
}

/** All of one page that is kept, and how far the run has come with it. */
export interface StagedPage {
  readonly page: PageRecord;
  readonly rejects: readonly Reject[];
  readonly records: readonly StagedRecord[];
  /** What the run goes on from after a kill. */
  readonly checkpoint: Readonly<Record<string, unknown>>;
  /** Pages of the run, with this one. */
  readonly pages: number;
}

/** True when this very page was kept before, and only the answer to its commit was lost. */
async function isKept(client: pg.ClientBase, lease: Lease, pages: number): Promise<boolean> {
  const { rows } = await client.query(
    `select from sync_run where id = $1 and owner = $2 and status = 'RUNNING' and pages = $3`,
    [lease.runId, lease.owner, pages],
  );
  return rows.length > 0;
}

const COLUMNS = `sync_run_id, stream, page_sequence, row_number, ordinal, entity_id, indicator_id, year, period, value, numerator,
  denominator, obs_status, tombstone, published_at, revision, row_hash, raw`;

/**
 * Keeps a page of a run and moves its checkpoint, in a transaction of its own that holds the lease.
 * @returns false when the run has been ended or taken over; nothing is kept then
 */
export async function stagePage(database: Database, lease: Lease, staged: StagedPage): Promise<boolean> {
  const { page, rejects, records, checkpoint, pages } = staged;
  return database.transact(async (client) => {
    // What a crash of the server may lose is lost together with the stage, and the run notices.
    await client.query('set local synchronous_commit = off');
    const held = await client.query(
      `update sync_run set checkpoint = $3, pages = $4 where id = $1 and owner = $2 and status = 'RUNNING' and pages = $4 - 1`,
      [lease.runId, lease.owner, JSON.stringify(checkpoint), pages],
    );
    if (held.rowCount !== 1) return isKept(client, lease, pages);
    await client.query(
      `insert into page (sync_run_id, stream, sequence, request, http_status, retrieved_at, body_sha256, body_gzip, partition, row_count,
         declared_total, fingerprint) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
      [
        ...[lease.runId, page.stream, page.sequence, page.request, page.httpStatus, page.retrievedAt.toISOString()],
        ...[
          page.bodySha256,
          Buffer.from(page.bodyGzip),
          page.partition,
          page.rowCount,
          page.declaredTotal,
          page.fingerprint,
        ],
      ],
    );
    if (rejects.length > 0) {
      const { text, values } = rejectStatement(lease.runId, rejects);
      await client.query(text, values);
    }
    if (records.length > 0) await copyRecords(client, lease.runId, page, records);
    return true;
  });
}

async function copyRecords(
  client: pg.ClientBase,
  runId: number,
  { stream, sequence }: PageRecord,
  records: readonly StagedRecord[],
): Promise<void> {
  const copy = client.query(copyFrom(`copy staged_record (${COLUMNS}) from stdin`));
  await pipeline([encodeRecords(runId, stream, sequence, records)], copy);
}

/** The text form of COPY: a line a record, tabs between columns, `\N` for null. */
function encodeRecords(runId: number, stream: string, sequence: number, records: readonly StagedRecord[]): Buffer {
  const start = `${runId}\t${escapeCopy(stream)}\t${sequence}\t`;
  let text = '';
  for (const each of records) {
    text += `${start}${each.rowNumber}\t${each.ordinal}\t${each.entityId}\t${each.indicatorId}\t${each.year}\t${each.period}\t${
      each.value ?? '\\N'
    }\t${each.numerator ?? '\\N'}\t${each.denominator ?? '\\N'}\t${each.obsStatus}\t${each.tombstone ? 't' : 'f'}\t${
      each.publishedAt ?? '\\N'
    }\t${each.revision === null ? '\\N' : escapeCopy(each.revision)}\t${each.rowHash}\t${
      each.raw === null ? '\\N' : escapeCopy(each.raw)
    }\n`;
  }
  return Buffer.from(text);
}

const SPECIAL = /[\\\t\n\r]/;

function escapeCopy(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

/** How many records of a run are staged: fewer than its checkpoint says when the server crashed in between. */
export async function countStaged(em: SqlEntityManager, runId: number): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) as count from staged_record where sync_run_id = ${runId}`.execute(em.getKysely());
  return Number(rows[0]?.count);
}

/** Empties the stage of a run. */
export async function clearStage(em: SqlEntityManager, runId: number): Promise<void> {
  await sql`delete from staged_record where sync_run_id = ${runId}`.execute(em.getKysely());
}

/**
 * Forgets what a run has kept: pages, quarantine and stage.
 * @param stream null = of all streams
 */
export async function forgetPages(em: SqlEntityManager, runId: number, stream: string | null): Promise<void> {
  const db = em.getKysely();
  const which = sql`sync_run_id = ${runId} and stream = coalesce(${stream}::text, stream)`;
  await sql`delete from staged_record where ${which}`.execute(db);
  await sql`delete from rejected_record where ${which}`.execute(db);
  await sql`delete from page where ${which}`.execute(db);
}

/** Removes what runs left in the stage that are not under way any more. */
export async function sweepStage(em: SqlEntityManager): Promise<void> {
  await sql`delete from staged_record s using sync_run r where r.id = s.sync_run_id and r.status <> 'RUNNING'`.execute(
    em.getKysely(),
  );
}

/** What tells the pages of a stream apart, and the rows of its parts, for a run that goes on. */
export async function readPageMemory(em: SqlEntityManager, runId: number, stream: string) {
  const { rows } = await sql<{
    fingerprint: string;
    partition: string | null;
    row_count: number;
    declared_total: number | null;
  }>`select fingerprint, partition, row_count, declared_total from page
    where sync_run_id = ${runId} and stream = ${stream} order by sequence`.execute(em.getKysely());
  const counts = new Map<string, { partition: string; rows: number; declaredTotal: number | null }>();
  for (const row of rows) {
    const partition = row.partition ?? '';
    const before = counts.get(partition);
    counts.set(partition, {
      partition,
      rows: (before?.rows ?? 0) + row.row_count,
      declaredTotal: row.declared_total ?? before?.declaredTotal ?? null,
    });
  }
  return { fingerprints: rows.map(({ fingerprint }) => fingerprint), counts: [...counts.values()] };
}
