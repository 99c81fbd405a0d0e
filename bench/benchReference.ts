import { createHash } from 'node:crypto';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { DATA_FOLDER } from '../src/config.js';
import type { IndicatorFacts } from '../src/domain/framework.js';
import { readReferenceFiles } from '../src/pipeline/readReferenceFiles.js';
import { EntityTable, RegionTable } from '../src/store/tables/entity.js';
import { FrameworkTable, MeasureEdgeTable, MeasureTable } from '../src/store/tables/framework.js';
import { MergePolicyTable, PeerGroupTable, RoundMemberTable, RoundTable } from '../src/store/tables/round.js';
import {
  BENCH_FRAMEWORK,
  BENCH_GROUP,
  BENCH_REGIONS,
  BENCH_SYSTEM,
  type BenchSize,
  benchRound,
  entityCode,
  yearsOf,
} from './benchSize.js';
import { ruleOf } from './figure.js';

const MAIN_INDEXES = 8;
const POINTS = 125;
/** The pillars share the first five main indexes, as in the framework of Decision 922. */
const PILLARS = { GOVERNMENT: 5, ECONOMY: 6, SOCIETY: 7 } as const;
const SHARED = 5;

/**
 * Writes the reference data of a bench: entities, one framework of eight main indexes and three pillars, a round per year with one peer group, a policy. Its
 * codes are its own, so that the platform's reference data can be loaded beside it.
 */
export async function writeBenchReference(em: SqlEntityManager, size: BenchSize): Promise<void> {
  const nameOf = (code: string) => ({ nameVi: code, nameEn: code });
  await em.insertMany(
    RegionTable,
    BENCH_REGIONS.map((code) => ({ codeSystem: BENCH_SYSTEM, code, ...nameOf(code) })),
  );
  const regionIds = (await em.find(RegionTable, { codeSystem: BENCH_SYSTEM }, { orderBy: { id: 'asc' } })).map(
    ({ id }) => id,
  );
  const total = size.entities + size.ministries;
  const entityRows = Array.from({ length: total }, (_, at) => {
    const isMinistry = at >= size.entities;
    const word = isMinistry ? 'Bộ' : size.level === 'COMMUNE' ? 'Phường' : 'Tỉnh';
    const tail = createHash('md5').update(String(at)).digest('hex').slice(0, 10);
    return {
      ...{ codeSystem: BENCH_SYSTEM, code: entityCode(size, at), kind: 'bench' },
      ...{ level: isMinistry ? 'MINISTRY' : size.level, nameVi: `${word} ${tail}`, nameEn: `Unit ${tail}` },
      regionId: isMinistry ? null : (regionIds[(at * 7) % regionIds.length] ?? null),
    };
  });
  await insertInParts(entityRows, (part) => em.insertMany(EntityTable, part));
  const { frameworkId } = await writeFramework(em, size);
  const peerGroupId = (await em.insert(PeerGroupTable, {
    ...{ code: BENCH_GROUP, level: size.level, nameVi: 'Tất cả', nameEn: 'All' },
  })) as number;
  const roundIds: number[] = [];
  for (const year of yearsOf(size)) {
    const round = { code: benchRound(year), level: size.level, year, frameworkId, status: 'OPEN', illustrative: true };
    roundIds.push((await em.insert(RoundTable, round)) as number);
  }
  const entityIds = await readEntityIds(em);
  for (const roundId of roundIds) {
    const members = entityIds.map((entityId, position) => ({ roundId, peerGroupId, entityId, position }));
    await insertInParts(members, (part) => em.insertMany(RoundMemberTable, part));
  }
  // The platform loads its own when it starts, and keeps to those that snapshots were computed under.
  const { content } = await readReferenceFiles(DATA_FOLDER, size.firstYear);
  await em.insertMany(
    MergePolicyTable,
    content.policies.map((policy) => ({ ...policy })),
  );
}

/** Ids of the entities by their number, which is also the order of their codes: communes and provinces, then ministries. */
export async function readEntityIds(em: SqlEntityManager): Promise<number[]> {
  const rows = await em.find(EntityTable, { codeSystem: BENCH_SYSTEM }, { fields: ['id', 'code'] });
  const numberOf = (code: string) => Number(code.slice(1));
  return rows.toSorted((a, b) => numberOf(a.code) - numberOf(b.code)).map(({ id }) => id);
}

/** Ids of the indicators by their number. */
export async function readIndicatorIds(em: SqlEntityManager): Promise<number[]> {
  const { id: frameworkId } = await em.findOneOrFail(FrameworkTable, { code: BENCH_FRAMEWORK });
  const where = { frameworkId, kind: 'INDICATOR' };
  return (await em.find(MeasureTable, where, { orderBy: { code: 'asc' } })).map(({ id }) => id);
}

async function writeFramework(em: SqlEntityManager, size: BenchSize): Promise<{ frameworkId: number }> {
  const frameworkId = (await em.insert(FrameworkTable, {
    ...{
      code: BENCH_FRAMEWORK,
      version: '1',
      level: size.level,
      legalBasis: 'Bench',
      maxPoints: MAIN_INDEXES * POINTS,
    },
    ...{ missing: 'LOSES_POINTS', notApplicable: [], certaintyNote: 'Made for measurements.' },
  })) as number;
  const shared = { frameworkId, certainty: 'illustrative', indicator: null };
  const indicators = Array.from({ length: size.indicators }, (_, at) => ({
    ...{ ...shared, code: indicatorCode(at), kind: 'INDICATOR', maxPoints: pointsOf(size, at) },
    ...{ nameVi: `Chỉ số thành phần ${at + 1}`, nameEn: `Indicator ${at + 1}`, indicator: factsOf(at) },
  }));
  const mainIndexes = Array.from({ length: MAIN_INDEXES }, (_, at) => ({
    ...{ ...shared, code: mainCode(at), kind: 'MAIN_INDEX', maxPoints: POINTS },
    ...{ nameVi: `Chỉ số chính ${at + 1}`, nameEn: `Main index ${at + 1}` },
  }));
  const pillars = Object.keys(PILLARS).map((code) => ({
    ...{ ...shared, code, kind: 'PILLAR', nameVi: code, nameEn: code, maxPoints: (SHARED + 1) * POINTS },
  }));
  const index = { ...shared, code: 'INDEX', kind: 'INDEX', nameVi: 'Chỉ số', nameEn: 'Index', maxPoints: 1000 };
  const measures = [index, ...pillars, ...mainIndexes, ...indicators];
  await em.insertMany(
    MeasureTable,
    measures.map((measure, position) => ({ ...measure, position })),
  );
  const ids = new Map((await em.find(MeasureTable, { frameworkId })).map(({ code, id }) => [code, id]));
  const edges = [
    ...mainIndexes.map(({ code }) => ['INDEX', code] as const),
    ...Object.entries(PILLARS).flatMap(([pillar, own]) =>
      [...mainIndexes.slice(0, SHARED), ...mainIndexes.slice(own, own + 1)].map(({ code }) => [pillar, code] as const),
    ),
    ...indicators.map(({ code }, at) => [mainCode(at % MAIN_INDEXES), code] as const),
  ];
  await em.insertMany(
    MeasureEdgeTable,
    edges.map(([parent, child]) => ({ parentId: ids.get(parent) ?? 0, childId: ids.get(child) ?? 0, weight: 1 })),
  );
  return { frameworkId };
}

function factsOf(at: number): IndicatorFacts {
  return {
    ...{ rule: ruleOf(at), direction: 1, unitOfMeasure: 'share', intendedSourceKind: 'NATIONAL_DATABASE' },
    ...{ sourceSystem: null, numeratorLabel: null, denominatorLabel: null, nameCertainty: 'illustrative' },
  };
}

/** The points of a main index in equal parts of hundredths; the last indicator has what is left over. */
function pointsOf(size: BenchSize, at: number): number {
  const siblings = Array.from({ length: size.indicators }, (_, each) => each).filter(
    (each) => each % MAIN_INDEXES === at % MAIN_INDEXES,
  );
  const part = Math.floor((POINTS / siblings.length) * 100) / 100;
  return siblings.at(-1) === at ? Number((POINTS - part * (siblings.length - 1)).toFixed(2)) : part;
}

function indicatorCode(at: number): string {
  return `I${String(at + 1).padStart(3, '0')}`;
}

function mainCode(at: number): string {
  return `P${at + 1}`;
}

/** A statement holds 65,535 parameters at most. */
async function insertInParts<Row>(rows: readonly Row[], insert: (part: Row[]) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < rows.length; at += 2000) await insert(rows.slice(at, at + 2000));
}
