import { IsolationLevel } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { Catalogue } from '../domain/catalogue.js';
import type { Certainty, EntityLevel, Region, Succession } from '../domain/entity.js';
import { PlatformError } from '../domain/errors.js';
import type { Framework, MeasureKind, MissingRule } from '../domain/framework.js';
import type { AssessmentRound, RoundGroup, RoundStatus } from '../domain/round.js';
import { EntityTable, RegionTable, SuccessionTable } from './tables/entity.js';
import { FrameworkTable, MeasureEdgeTable, MeasureTable } from './tables/framework.js';
import { MergePolicyTable, PeerGroupTable, PublishedReferenceTable, RoundTable } from './tables/round.js';

/**
 * Reads the whole reference data as it is at one moment: eleven statements, whatever its size. Within a transaction it reads what that one sees.
 * @throws PlatformError REFERENCE_INVALID when a row names another that is not there
 */
export function readCatalogue(em: SqlEntityManager): Promise<Catalogue> {
  if (em.isInTransaction()) return readAll(em);
  // Another process may be loading other reference data: its measures must not meet the edges from before.
  return em.transactional(
    async (transaction) => {
      const catalogue = await readAll(transaction);
      transaction.clear();
      return catalogue;
    },
    { isolationLevel: IsolationLevel.REPEATABLE_READ, readOnly: true },
  );
}

async function readAll(em: SqlEntityManager): Promise<Catalogue> {
  const regionRows = await em.findAll(RegionTable, { orderBy: { id: 'asc' } });
  const regions = new Map<number, Region>(
    regionRows.map((row) => [
      row.id,
      { codeSystem: row.codeSystem, code: row.code, name: { vi: row.nameVi, en: row.nameEn } },
    ]),
  );
  const entities = (await em.findAll(EntityTable, { orderBy: { codeSystem: 'asc', code: 'asc' } })).map((row) => ({
    id: row.id,
    codeSystem: row.codeSystem,
    code: row.code,
    level: row.level as EntityLevel,
    kind: row.kind,
    name: { vi: row.nameVi, en: row.nameEn },
    region:
      row.regionId === null || row.regionId === undefined
        ? null
        : known(regions.get(row.regionId), `entity ${row.codeSystem}:${row.code}`, `region ${row.regionId}`),
    validFrom: row.validFrom ?? null,
    validTo: row.validTo ?? null,
  }));
  const successions = (await em.findAll(SuccessionTable, { orderBy: { id: 'asc' } })).map((row) => ({
    predecessorId: row.predecessorId,
    successorId: row.successorId,
    kind: row.kind as Succession['kind'],
    on: row.onDate,
  }));
  const peerGroups = (await em.findAll(PeerGroupTable, { orderBy: { id: 'asc' } })).map((row) => ({
    id: row.id,
    code: row.code,
    level: row.level as EntityLevel,
    name: { vi: row.nameVi, en: row.nameEn },
  }));
  const policies = await em.findAll(MergePolicyTable, { orderBy: { code: 'asc', version: 'asc' } });
  const references = await em.findAll(PublishedReferenceTable, { orderBy: { id: 'asc' } });
  const frameworks = await readFrameworks(em);
  return new Catalogue({
    regions: [...regions.values()],
    entities,
    successions,
    peerGroups,
    frameworks,
    rounds: await readRounds(em, frameworks),
    policies: policies.map((row) => ({
      code: row.code,
      version: row.version,
      precedence: row.precedence,
      discrepancyTolerance: row.discrepancyTolerance,
    })),
    references: references.map((row) => ({
      level: row.level,
      year: row.year,
      entityName: row.entityName,
      entityId: row.entityId ?? null,
      measureCode: row.measureCode,
      peerGroupCode: row.peerGroupCode ?? null,
      value: row.value ?? null,
      rank: row.rank ?? null,
      certainty: row.certainty,
      citation: row.citation,
      url: row.url ?? null,
      note: row.note ?? null,
    })),
  });
}

async function readFrameworks(em: SqlEntityManager): Promise<readonly Framework[]> {
  const rows = await em.findAll(FrameworkTable, { orderBy: { code: 'asc' } });
  const measureRows = await em.findAll(MeasureTable, { orderBy: { frameworkId: 'asc', position: 'asc' } });
  const edges = (await em.findAll(MeasureEdgeTable, { orderBy: { id: 'asc' } })).map((row) => ({
    parentId: row.parentId,
    childId: row.childId,
    weight: row.weight,
  }));
  return rows.map((row) => {
    const measures = measureRows
      .filter((measure) => measure.frameworkId === row.id)
      .map((measure) => ({
        id: measure.id,
        frameworkCode: row.code,
        code: measure.code,
        kind: measure.kind as MeasureKind,
        name: { vi: measure.nameVi, en: measure.nameEn },
        maxPoints: measure.maxPoints,
        position: measure.position,
        certainty: measure.certainty as Certainty,
        indicator: measure.indicator ?? null,
      }));
    const own = new Set(measures.map((measure) => measure.id));
    return {
      id: row.id,
      code: row.code,
      version: row.version,
      level: row.level as EntityLevel,
      legalBasis: row.legalBasis,
      maxPoints: row.maxPoints,
      missing: row.missing as MissingRule,
      notApplicable: row.notApplicable,
      certaintyNote: row.certaintyNote,
      measures,
      edges: edges.filter((edge) => own.has(edge.parentId)),
    };
  });
}

async function readRounds(em: SqlEntityManager, frameworks: readonly Framework[]): Promise<readonly AssessmentRound[]> {
  const codes = new Map(frameworks.map(({ id, code }) => [id, code]));
  const rows = await em.findAll(RoundTable, { orderBy: { level: 'desc', year: 'asc' } });
  const groups = await readGroups(em);
  return rows.map((row) => {
    return {
      id: row.id,
      code: row.code,
      level: row.level as EntityLevel,
      year: row.year,
      frameworkCode: known(codes.get(row.frameworkId), `round ${row.code}`, `framework ${row.frameworkId}`),
      status: row.status as RoundStatus,
      illustrative: row.illustrative,
      groups: groups.get(row.id) ?? [],
    };
  });
}

/** One row per group: ten years of communes have 106,000 members, which took the ORM half a minute as a row each. */
async function readGroups(em: SqlEntityManager): Promise<ReadonlyMap<number, readonly RoundGroup[]>> {
  const { rows } = await sql<{ round_id: number; peer_group_id: number; entity_ids: number[] }>`
    select round_id, peer_group_id, array_agg(entity_id order by position) as entity_ids
    from round_member group by round_id, peer_group_id order by round_id, min(position)`.execute(em.getKysely());
  const groups = new Map<number, RoundGroup[]>();
  for (const { round_id: roundId, peer_group_id: peerGroupId, entity_ids: entityIds } of rows) {
    const group = { peerGroupId, entityIds };
    const ofRound = groups.get(roundId);
    if (ofRound === undefined) groups.set(roundId, [group]);
    else ofRound.push(group);
  }
  return groups;
}

function known<T>(value: T | undefined, owner: string, what: string): T {
  if (value !== undefined) return value;
  throw new PlatformError('REFERENCE_INVALID', `The database has no ${what}, which ${owner} names. Restore it.`);
}

/** What of the reference data other rows rest on, by id. */
export interface ReferenceUse {
  /** Frameworks with a snapshot. */
  readonly frameworks: ReadonlySet<number>;
  /** Published rounds with a snapshot. */
  readonly sealedRounds: ReadonlySet<number>;
  /** Measures that observations or submissions refer to. */
  readonly indicators: ReadonlySet<number>;
  /** Whether a snapshot was computed under this version of a merge policy. */
  isPolicyUsed(code: string, version: number): boolean;
}

/**
 * Reads what of the reference data is used. Until the transaction ends nobody can publish a round or add a snapshot, an observation or an item of a
 * submission, so that the answer stays true.
 */
export async function readReferenceUse(em: SqlEntityManager): Promise<ReferenceUse> {
  const db = em.getKysely();
  // Rounds first, then tables in the order in which others write to them: two that wait for each other would wait for ever.
  await sql`select id from round order by id for no key update`.execute(db);
  await sql`lock table snapshot, submission_item, observation in share mode`.execute(db);
  const ids = async (query: ReturnType<typeof sql<{ id: number }>>) =>
    new Set((await query.execute(db)).rows.map(({ id }) => id));
  const { rows: policies } = await sql<{ code: string; version: number }>`
    select distinct policy_code as code, policy_version as version from snapshot`.execute(db);
  return {
    frameworks: await ids(
      sql`select id from framework f where exists (select from snapshot where framework_id = f.id)`,
    ),
    sealedRounds: await ids(
      sql`select id from round r where status = 'PUBLISHED' and exists (select from snapshot where round_id = r.id)`,
    ),
    // One look into an index per measure; a list of the indicators of all observations would read them all.
    indicators: await ids(sql`
      select id from measure m where exists (select from observation where indicator_id = m.id)
        or id in (select indicator_id from submission_item)`),
    isPolicyUsed: (code, version) => policies.some((policy) => policy.code === code && policy.version === version),
  };
}
