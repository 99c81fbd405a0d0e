import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { ConnectorSpec } from '../domain/connector.js';
import { bothOf } from '../domain/entity.js';
import type { SourceStatus } from '../domain/source.js';
import { canonicalJson, sha256 } from '../source/hash.js';
import { writeAudit } from '../store/audit.js';
import { lockRegistration } from '../store/lock.js';
import type { Database } from '../store/orm.js';
import { nextChangeId, takeRevision } from '../store/revision.js';
import { SourceTable } from '../store/tables/source.js';
import { type SourceVersionRow, SourceVersionTable } from '../store/tables/sourceVersion.js';

/** What a source says of itself, as far as the platform keeps it. */
export type SourceDescription = Pick<
  ConnectorSpec,
  'key' | 'name' | 'owner' | 'kind' | 'simulated' | 'version' | 'citation' | 'licence' | 'freshnessLimitSeconds'
>;

const ILLUSTRATIVE = 'Illustrative data, no rights reserved';
const NOT_STATED = 'Not stated';

/**
 * The source of figures that bodies report about themselves.
 * @param simulated true = the figures are those of the demonstration
 */
export function selfReportSource(simulated: boolean): SourceDescription {
  return {
    key: 'self_report',
    name: { vi: 'Báo cáo tự đánh giá của các cơ quan', en: 'Self-reports of the assessed bodies' },
    owner: { vi: 'Các cơ quan được đánh giá', en: 'The assessed bodies' },
    kind: 'SELF_REPORT',
    simulated,
    version: 1,
    citation: {
      vi: `Báo cáo tự đánh giá kèm tài liệu kiểm chứng, đã thẩm định${simulated ? '; mô phỏng để trình diễn' : ''}.`,
      en: `Self-reports with evidence, reviewed${simulated ? '; simulated for the demonstration' : ''}.`,
    },
    licence: simulated ? ILLUSTRATIVE : NOT_STATED,
    freshnessLimitSeconds: null,
  };
}

/** {@link selfReportSource} of the demonstration. */
export const SELF_REPORT: SourceDescription = selfReportSource(true);

/**
 * Registers a source that the platform itself brings along, or brings its description up to date. Takes a revision only when something changed.
 * @param status of a new source; that of a known one stays, since people have decided it. A source whose manifest is in use keeps that too, and only gets
 *   one more version.
 * @returns its id
 */
export async function registerSource(
  database: Database,
  description: SourceDescription,
  status: SourceStatus,
  now: Date,
): Promise<number> {
  const { key, version } = description;
  const columns = columnsOf(description);
  return database.fork().transactional(async (em) => {
    await lockRegistration(em);
    const known = await em.findOne(SourceTable, { key });
    const inUse = known === null ? null : await findVersion(em, known.id, known.version);
    const isManifest = typeof inUse?.manifest === 'string';
    const isSame = Object.entries(columns).every(([column, value]) => Reflect.get(known ?? {}, column) === value);
    if (known !== null && (await findVersion(em, known.id, version)) !== null && (isManifest || isSame))
      return known.id;
    const source =
      known === null
        ? em.create(SourceTable, { key, ...columns, status, createdAt: now })
        : isManifest
          ? known
          : em.assign(known, columns);
    await em.flush();
    if ((await findVersion(em, source.id, version)) === null) {
      const sha256Of = sha256(canonicalJson({ key, ...columns }));
      em.create(SourceVersionTable, { sourceId: source.id, version, sha256: sha256Of, createdAt: now });
      await em.flush();
    }
    await writeAudit(em, { viewer: null, action: 'registerSource', target: `Source:${key}`, details: { version } });
    const changeId = await nextChangeId(em);
    await takeRevision(em, { changeId, kind: 'SOURCE', roundIds: [], sourceId: source.id });
    return source.id;
  });
}

/** What a description says, as columns of the source. */
export function columnsOf({ name, kind, simulated, version, licence, ...rest }: SourceDescription) {
  const { freshnessLimitSeconds } = rest;
  const [owner, citation] = [bothOf(rest.owner), bothOf(rest.citation)];
  return {
    ...{ nameVi: name.vi, nameEn: name.en, owner: owner.en, ownerVi: owner.vi, kind, simulated, version },
    ...{ citation: citation.en, citationVi: citation.vi, licence, freshnessLimitSeconds },
  };
}

/** A version of a source; null = it has none of that number. */
export function findVersion(em: SqlEntityManager, sourceId: number, version: number): Promise<SourceVersionRow | null> {
  return em.findOne(SourceVersionTable, { sourceId, version });
}

/** The newest version of a source; null = it has none. */
export async function findNewestVersion(em: SqlEntityManager, sourceId: number): Promise<SourceVersionRow | null> {
  const [newest] = await em.find(SourceVersionTable, { sourceId }, { orderBy: { version: 'desc' }, limit: 1 });
  return newest ?? null;
}
