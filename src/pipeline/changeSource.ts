import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Viewer } from '../access/viewer.js';
import { writeAudit } from '../store/audit.js';
import { lockSource } from '../store/lock.js';
import type { Database } from '../store/orm.js';
import { nextChangeId, takeRevision } from '../store/revision.js';
import type { SourceRow } from '../store/tables/source.js';
import { requireSource } from './sourceLibrary.js';

/** Who changes something, for the record; null = the platform itself. */
export type Actor = Pick<Viewer, 'subject' | 'role'> | null;

/** What was done to a source, for the record; without secrets. */
export interface SourceChange {
  /** Such as `activateSource`. */
  readonly action: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * Changes a source in one transaction, alone: no sync run of it is begun or committed meanwhile.
 * @param change says what it did; null = nothing, so that there is nothing to record
 * @throws PlatformError NOT_FOUND, and what `change` throws
 */
export async function changeSource(
  database: Database,
  actor: Actor,
  key: string,
  change: (em: SqlEntityManager, source: SourceRow) => Promise<SourceChange | null>,
): Promise<void> {
  await database.fork().transactional(async (em) => {
    await lockSource(em, (await requireSource(em, key)).id);
    em.clear();
    const source = await requireSource(em, key);
    const done = await change(em, source);
    if (done !== null) await recordChange(em, actor, source, done);
  });
}

/** Puts a change on the record and takes its revision; the last thing that its transaction does. */
export async function recordChange(
  em: SqlEntityManager,
  actor: Actor,
  source: SourceRow,
  { action, details }: SourceChange,
): Promise<void> {
  await em.flush();
  await writeAudit(em, { viewer: actor, action, target: `Source:${source.key}`, details });
  const changeId = await nextChangeId(em);
  await takeRevision(em, { changeId, kind: 'SOURCE', roundIds: [], sourceId: source.id });
}
