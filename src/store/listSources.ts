import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { Source, SourceKind, SourceStatus } from '../domain/source.js';

/** A source with what is known of its freshness. */
export interface ListedSource extends Source {
  readonly createdAt: Date;
  /** End of the newest good run that read it, which a replay does not; null = none. */
  readonly lastGoodRunAt: Date | null;
}

interface Row {
  id: number;
  key: string;
  name_vi: string;
  name_en: string;
  owner: string;
  owner_vi: string | null;
  kind: SourceKind;
  status: SourceStatus;
  simulated: boolean;
  version: number;
  citation: string;
  citation_vi: string | null;
  licence: string;
  freshness_limit_seconds: number | null;
  created_at: Date | string;
  last_good_run_at: Date | string | null;
}

/**
 * All sources in key order: a few hundred at most, so one statement answers every question about them.
 * @param until leaves out later sources and runs that ended later; null = now
 */
export async function readSources(em: SqlEntityManager, until: Date | null): Promise<ListedSource[]> {
  const { rows } = await sql<Row>`
    select s.id, s.key, s.name_vi, s.name_en, s.owner, s.owner_vi, s.kind, s.status, s.simulated, s.version, s.citation,
      s.citation_vi, s.licence, s.freshness_limit_seconds, s.created_at, (
        select max(r.finished_at) from sync_run r
        where r.source_id = s.id and r.status in ('SUCCEEDED', 'SUCCEEDED_WITH_REJECTS') and r.mode <> 'REPLAY'
          and r.finished_at <= coalesce(${until?.toISOString() ?? null}::timestamptz, 'infinity')) as last_good_run_at
    from source s
    where s.created_at <= coalesce(${until?.toISOString() ?? null}::timestamptz, 'infinity')
    order by s.key collate "C"`.execute(em.getKysely());
  return rows.map((row) => ({
    id: row.id,
    key: row.key,
    name: { vi: row.name_vi, en: row.name_en },
    owner: { vi: row.owner_vi ?? row.owner, en: row.owner },
    kind: row.kind,
    status: row.status,
    simulated: row.simulated,
    version: row.version,
    citation: { vi: row.citation_vi ?? row.citation, en: row.citation },
    licence: row.licence,
    freshnessLimitSeconds: row.freshness_limit_seconds,
    createdAt: new Date(row.created_at),
    lastGoodRunAt: row.last_good_run_at === null ? null : new Date(row.last_good_run_at),
  }));
}
