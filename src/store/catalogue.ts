import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { Catalogue } from '../domain/catalogue.js';
import type { Certainty, EntityLevel, Region, Succession } from '../domain/entity.js';
import type { Framework, MeasureKind, MissingRule } from '../domain/framework.js';
import type { AssessmentRound, RoundGroup, RoundStatus } from '../domain/round.js';
import { EntityTable, RegionTable, SuccessionTable } from './tables/entity.js';
import { FrameworkTable, MeasureEdgeTable, MeasureTable } from './tables/framework.js';
import {
  MergePolicyTable,
  PeerGroupTable,
  PublishedReferenceTable,
  RoundMemberTable,
  RoundTable,
} from './tables/round.js';

/** Reads the whole reference data: eleven statements, whatever its size. */
export async function readCatalogue(em: SqlEntityManager): Promise<Catalogue> {
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
    region: row.regionId === null || row.regionId === undefined ? null : (regions.get(row.regionId) ?? null),
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
  const rows = await em.findAll(RoundTable, { orderBy: { level: 'desc', year: 'asc' } });
  const members = await em.findAll(RoundMemberTable, { orderBy: { roundId: 'asc', position: 'asc' } });
  return rows.map((row) => {
    const groups = new Map<number, number[]>();
    for (const member of members) {
      if (member.roundId !== row.id) continue;
      const group = groups.get(member.peerGroupId);
      if (group === undefined) groups.set(member.peerGroupId, [member.entityId]);
      else group.push(member.entityId);
    }
    return {
      id: row.id,
      code: row.code,
      level: row.level as EntityLevel,
      year: row.year,
      frameworkCode: frameworks.find((framework) => framework.id === row.frameworkId)?.code ?? '',
      status: row.status as RoundStatus,
      illustrative: row.illustrative,
      groups: [...groups].map(([peerGroupId, entityIds]): RoundGroup => ({ peerGroupId, entityIds })),
    };
  });
}
