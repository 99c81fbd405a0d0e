import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { columnCondition, type Filter, filterSql } from './condition.js';

/** What the audit says of one write. */
export interface AuditEntry {
  /** Who did it; null = the platform itself. Somebody without a subject is `anonymous`. */
  readonly viewer: { readonly subject: string | null; readonly role: string } | null;
  /** The mutation or the platform's own verb: `registerSource`. */
  readonly action: string;
  /** Id of what was written: `Source:einvoice`. */
  readonly target: string;
  /** Facts for readers of the audit, never secrets: the names of settings, not their values. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A row of the audit. */
export interface ListedAudit {
  readonly id: number;
  readonly at: Date;
  readonly actor: string;
  /** Role of the actor; `platform` for the platform itself. */
  readonly role: string;
  readonly action: string;
  readonly target: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What the audit can be filtered by. */
export type AuditField = 'at' | 'actor' | 'role' | 'action' | 'target';

/** Leaves the row of a write in the audit, in the transaction of the write that `em` is in; nobody can change it afterwards. */
export async function writeAudit(em: SqlEntityManager, entry: AuditEntry): Promise<void> {
  const { viewer, action, target, details } = entry;
  const actor = viewer === null ? 'platform' : (viewer.subject ?? 'anonymous');
  await sql`insert into audit (actor, role, action, target, details) values (${actor}, ${viewer?.role ?? 'platform'},
    ${action}, ${target}, ${JSON.stringify(details ?? {})}::jsonb)`.execute(em.getKysely());
}

interface Row extends Omit<ListedAudit, 'id' | 'at'> {
  readonly id: string;
  readonly at: Date | string;
}

const COLUMNS = sql`a.id, a.at, a.actor, a.role, a.action, a.target, a.details`;

const FIELDS = {
  at: columnCondition(sql`a.at`, 'timestamptz'),
  actor: columnCondition(sql`a.actor`, 'text'),
  role: columnCondition(sql`a.role`, 'text'),
  action: columnCondition(sql`a.action`, 'text'),
  target: columnCondition(sql`a.target`, 'text'),
};

/** Rows of the audit, newest first, at most `limit`, older than the row `before` (null = from the newest). */
export async function listAudit(
  em: SqlEntityManager,
  filter: Filter<AuditField> | null,
  before: number | null,
  limit: number,
): Promise<ListedAudit[]> {
  const { rows } = await sql<Row>`select ${COLUMNS} from audit a
    where ${filterSql(filter, FIELDS)} and a.id < coalesce(${before}::bigint, 9223372036854775807)
    order by a.id desc limit ${limit}`.execute(em.getKysely());
  return rows.map(toEntry);
}

/** Rows of the audit by id, in any order; unknown ids are left out. */
export async function readAudit(em: SqlEntityManager, ids: readonly number[]): Promise<ListedAudit[]> {
  const { rows } = await sql<Row>`select ${COLUMNS} from audit a where a.id = any(${ids}::bigint[])`.execute(
    em.getKysely(),
  );
  return rows.map(toEntry);
}

/** How many rows of the audit a filter finds. */
export async function countAudit(em: SqlEntityManager, filter: Filter<AuditField> | null): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) as count from audit a where ${filterSql(filter, FIELDS)}`.execute(em.getKysely());
  return Number(rows[0]?.count);
}

function toEntry(row: Row): ListedAudit {
  return { ...row, id: Number(row.id), at: new Date(row.at) };
}
