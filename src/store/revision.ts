import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { Mark, Reader } from './reading.js';

/** What a revision changed. */
export type RevisionKind = 'REFERENCE' | 'SOURCE' | 'OBSERVATIONS' | 'SNAPSHOT' | 'ROUND' | 'ALERT';

/** One row of the commit-ordered sequence over everything that is served. */
export interface Revision {
  readonly id: number;
  readonly kind: RevisionKind;
  /** Rounds that it touches. */
  readonly roundIds: readonly number[];
  readonly sourceId: number | null;
  readonly snapshotId: number | null;
  readonly committedAt: Date;
}

/** A revision as the table has it. */
export interface RevisionRow extends Revision {
  readonly changeId: number;
}

/** What a transaction says of itself when it takes its revision. */
export interface Change {
  readonly changeId: number;
  readonly kind: RevisionKind;
  readonly roundIds: readonly number[];
  readonly sourceId?: number;
  readonly snapshotId?: number;
}

/** A fresh change id: rows carry it, and the revision table says at which revision they became visible. */
export async function nextChangeId(em: SqlEntityManager): Promise<number> {
  const { rows } = await sql<{ id: string }>`select nextval('change_id') as id`.execute(em.getKysely());
  return Number(rows[0]?.id);
}

/**
 * Takes the revision of the transaction that `em` is in. Must be its last statement before COMMIT: from here on it holds the one lock of all
 * writers, and nothing else may happen under it.
 */
export async function takeRevision(em: SqlEntityManager, change: Change): Promise<number> {
  const { rows } = await sql<{ id: string }>`select take_revision(${change.changeId}, ${change.kind},
    ${change.roundIds}::int[], ${change.sourceId ?? null}, ${change.snapshotId ?? null}) as id`.execute(em.getKysely());
  return Number(rows[0]?.id);
}

/** The newest revision; 0 before the first. */
export async function readHead(em: Reader): Promise<number> {
  const { rows } = await sql<{ id: string }>`select coalesce(max(id), 0) as id from revision`.execute(em.getKysely());
  return Number(rows[0]?.id);
}

/** The newest revision with its change. */
export async function readMark(em: Reader): Promise<Mark> {
  const { rows } = await sql<{ id: string; change_id: string }>`
    select id, change_id from revision order by id desc limit 1`.execute(em.getKysely());
  return { id: Number(rows[0]?.id ?? 0), changeId: Number(rows[0]?.change_id ?? 0) };
}

/** Revisions after one, in order, at most `limit`. */
export async function readRevisions(em: Reader, after: number, limit: number): Promise<RevisionRow[]> {
  const { rows } = await sql<{
    id: string;
    change_id: string;
    kind: RevisionKind;
    round_ids: number[];
    source_id: number | null;
    snapshot_id: string | null;
    committed_at: Date;
  }>`select id, change_id, kind, round_ids, source_id, snapshot_id, committed_at
     from revision where id > ${after} order by id limit ${limit}`.execute(em.getKysely());
  return rows.map((row) => ({
    id: Number(row.id),
    changeId: Number(row.change_id),
    kind: row.kind,
    roundIds: row.round_ids,
    sourceId: row.source_id,
    snapshotId: row.snapshot_id === null ? null : Number(row.snapshot_id),
    committedAt: new Date(row.committed_at),
  }));
}

/** The newest revision committed at or before a time; 0 when there was none. */
export async function revisionAt(em: Reader, time: Date): Promise<number> {
  const { rows } = await sql<{ id: string }>`select coalesce(max(id), 0) as id from revision
    where committed_at <= ${time.toISOString()}::timestamptz`.execute(em.getKysely());
  return Number(rows[0]?.id);
}

/** Whether there is a revision of exactly this number. */
export async function hasRevision(em: Reader, revision: number): Promise<boolean> {
  const { rows } = await sql<{ has: boolean }>`
    select exists (select from revision where id = ${revision}) as has`.execute(em.getKysely());
  return rows[0]?.has === true;
}

/** The newest revision up to a number; null = there is none. */
export async function findRevision(em: Reader, upTo: number): Promise<Pick<Revision, 'id' | 'committedAt'> | null> {
  const { rows } = await sql<{ id: string; committed_at: Date | string }>`
    select id, committed_at from revision where id <= ${upTo} order by id desc limit 1`.execute(em.getKysely());
  const [row] = rows;
  return row === undefined ? null : { id: Number(row.id), committedAt: new Date(row.committed_at) };
}
