import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

/** A version of a source without its text. */
export interface ListedVersion {
  readonly id: number;
  readonly sourceId: number;
  readonly version: number;
  /** False = it is code, or nothing reads it. */
  readonly isManifest: boolean;
  readonly sha256: string;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly checkedAt: Date | null;
  readonly checkOk: boolean | null;
  readonly checkMessage: string | null;
}

interface VersionRow {
  id: number;
  source_id: number;
  version: number;
  is_manifest: boolean;
  sha256: string;
  created_at: Date | string;
  created_by: string | null;
  checked_at: Date | string | null;
  check_ok: boolean | null;
  check_message: string | null;
}

/** The versions of some sources, the newest first, in the order of the ids. */
export async function listSourceVersions(
  em: SqlEntityManager,
  sourceIds: readonly number[],
): Promise<ListedVersion[][]> {
  const { rows } = await sql<VersionRow>`
    select id, source_id, version, manifest is not null as is_manifest, sha256, created_at, created_by, checked_at, check_ok, check_message
    from source_version where source_id = any(${sourceIds}::int[]) order by version desc`.execute(em.getKysely());
  const versions = rows.map((row) => ({
    ...{ id: row.id, sourceId: row.source_id, version: row.version, isManifest: row.is_manifest, sha256: row.sha256 },
    ...{ createdAt: new Date(row.created_at), createdBy: row.created_by },
    checkedAt: row.checked_at === null ? null : new Date(row.checked_at),
    ...{ checkOk: row.check_ok, checkMessage: row.check_message },
  }));
  const bySource = Map.groupBy(versions, ({ sourceId }) => sourceId);
  return sourceIds.map((id) => bySource.get(id) ?? []);
}

/** The text of one version. */
export interface ManifestOfVersion {
  readonly id: number;
  readonly manifest: string | null;
}

/** The texts of some versions, in any order. */
export async function readManifests(em: SqlEntityManager, ids: readonly number[]): Promise<ManifestOfVersion[]> {
  const { rows } = await sql<ManifestOfVersion>`
    select id, manifest from source_version where id = any(${ids}::int[])`.execute(em.getKysely());
  return rows;
}

/** What stands beside the versions of a source; of secrets only their names. */
export interface ListedSettings {
  readonly sourceId: number;
  readonly baseUrl: string | null;
  readonly schedule: string | null;
  readonly updatedAt: Date | null;
  readonly secrets: readonly { readonly name: string; readonly updatedAt: Date }[];
}

interface SettingsRow {
  id: number;
  base_url: string | null;
  schedule: string | null;
  settings_updated_at: Date | string | null;
  names: string[];
  times: (Date | string)[];
}

/** The settings of some sources, in any order. */
export async function readSettings(em: SqlEntityManager, sourceIds: readonly number[]): Promise<ListedSettings[]> {
  const { rows } = await sql<SettingsRow>`
    select s.id, s.base_url, s.schedule, s.settings_updated_at,
      coalesce(array_agg(t.name order by t.name) filter (where t.name is not null), '{}') as names,
      coalesce(array_agg(t.updated_at order by t.name) filter (where t.name is not null), '{}') as times
    from source s left join source_secret t on t.source_id = s.id
    where s.id = any(${sourceIds}::int[]) group by s.id`.execute(em.getKysely());
  return rows.map((row) => ({
    ...{ sourceId: row.id, baseUrl: row.base_url, schedule: row.schedule },
    updatedAt: row.settings_updated_at === null ? null : new Date(row.settings_updated_at),
    secrets: row.names.map((name, at) => ({ name, updatedAt: new Date(row.times[at] ?? 0) })),
  }));
}
