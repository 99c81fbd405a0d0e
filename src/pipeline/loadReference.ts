import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { PlatformError } from '../domain/errors.js';
import { writeAudit } from '../store/audit.js';
import { readCatalogue, readReferenceUse } from '../store/catalogue.js';
import { lockReference } from '../store/lock.js';
import type { Database } from '../store/orm.js';
import { nextChangeId, takeRevision } from '../store/revision.js';
import { EntityTable, RegionTable, SuccessionTable } from '../store/tables/entity.js';
import { FrameworkTable, MeasureEdgeTable, MeasureTable } from '../store/tables/framework.js';
import {
  MergePolicyTable,
  PeerGroupTable,
  PublishedReferenceTable,
  ReferenceLoadTable,
  RoundMemberTable,
  RoundTable,
} from '../store/tables/round.js';
import { checkReference } from './checkReference.js';
import { checkRewrite } from './checkRewrite.js';
import { readReferenceFiles } from './readReferenceFiles.js';
import { contentHash, type FrameworkContent, type ReferenceContent } from './referenceContent.js';

/** What to load. */
export interface LoadReferenceOptions {
  /** Folder of the reference files. */
  readonly folder: string;
  /** Year of the open round. */
  readonly currentYear: number;
  readonly now: Date;
}

/** What was done: nothing when the same content is loaded already. */
export type LoadReferenceResult = { readonly loaded: boolean; readonly revision: number | null };

/**
 * Loads the reference files into the database in one transaction, after checking them against themselves and against what snapshots were computed with.
 * Loading the same content again does nothing. Entities, rounds and frameworks that the files no longer name stay: last year's round is one of them.
 * @throws PlatformError REFERENCE_INVALID with every problem; nothing is loaded then
 */
export async function loadReference(database: Database, options: LoadReferenceOptions): Promise<LoadReferenceResult> {
  const { content, incomplete, problems } = await readReferenceFiles(options.folder, options.currentYear);
  refuse(options.folder, [...problems, ...checkReference(content, incomplete)]);
  const hash = contentHash(content);
  return database.fork().transactional(async (em) => {
    await lockReference(em);
    const [newest] = await em.find(ReferenceLoadTable, {}, { orderBy: { id: 'desc' }, limit: 1 });
    if (newest?.contentHash === hash) return { loaded: false, revision: null };
    const use = await readReferenceUse(em);
    refuse(options.folder, checkRewrite(content, await readCatalogue(em), use));
    // What was read is about to be replaced, by statements of which these rows would know nothing.
    em.clear();
    await write(em, content, use.sealedRounds);
    await em.insert(ReferenceLoadTable, { contentHash: hash, loadedAt: options.now });
    await writeAudit(em, {
      viewer: null,
      action: 'loadReference',
      target: 'Reference',
      details: { contentHash: hash },
    });
    const changeId = await nextChangeId(em);
    return { loaded: true, revision: await takeRevision(em, { changeId, kind: 'REFERENCE', roundIds: [] }) };
  });
}

function refuse(folder: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new PlatformError(
    'REFERENCE_INVALID',
    `The reference files in ${folder} cannot be used; nothing was loaded:\n${problems.map((each) => `  ${each}`).join('\n')}`,
    { details: { problems } },
  );
}

async function write(
  em: SqlEntityManager,
  content: ReferenceContent,
  sealedRounds: ReadonlySet<number>,
): Promise<void> {
  const naturalKey = (row: { codeSystem: string; code: string }) => `${row.codeSystem}:${row.code}`;
  await em.upsertMany(
    RegionTable,
    content.regions.map(({ codeSystem, code, name }) => ({ codeSystem, code, nameVi: name.vi, nameEn: name.en })),
    { onConflictFields: ['codeSystem', 'code'] },
  );
  const regions = new Map((await em.findAll(RegionTable)).map((row) => [naturalKey(row), row.id]));
  await em.upsertMany(
    EntityTable,
    content.entities.map(({ key: _key, name, regionKey, ...entity }) => ({
      ...entity,
      nameVi: name.vi,
      nameEn: name.en,
      regionId: regionKey === null ? null : need(regions, regionKey),
    })),
    { onConflictFields: ['codeSystem', 'code'] },
  );
  const entities = new Map((await em.findAll(EntityTable)).map((row) => [naturalKey(row), row.id]));
  // Nothing refers to these, so what the files no longer say goes.
  await em.nativeDelete(SuccessionTable, {});
  await em.insertMany(
    SuccessionTable,
    content.successions.map(({ predecessor, successor, kind, on }) => ({
      predecessorId: need(entities, predecessor),
      successorId: need(entities, successor),
      kind,
      onDate: on,
    })),
  );
  await em.upsertMany(
    PeerGroupTable,
    content.peerGroups.map(({ code, level, name }) => ({ code, level, nameVi: name.vi, nameEn: name.en })),
    { onConflictFields: ['code'] },
  );
  // The same versions as before where snapshots name them. One that the files no longer say must not stay in force.
  await em.nativeDelete(MergePolicyTable, {});
  await em.insertMany(
    MergePolicyTable,
    content.policies.map((policy) => ({ ...policy })),
  );
  for (const framework of content.frameworks) await writeFramework(em, framework);
  await writeRounds(em, content, entities, sealedRounds);
  await em.nativeDelete(PublishedReferenceTable, {});
  await em.insertMany(
    PublishedReferenceTable,
    content.references.map(({ entityKey, ...row }) => ({
      ...row,
      entityId: entityKey === null ? null : need(entities, entityKey),
    })),
  );
}

/** Replaces a framework; measures keep their ids by code, since observations refer to them. */
async function writeFramework(em: SqlEntityManager, framework: FrameworkContent): Promise<void> {
  const { measures, edges, stated: _stated, ...row } = framework;
  await em.upsertMany(FrameworkTable, [row], { onConflictFields: ['code'] });
  const { id: frameworkId } = await em.findOneOrFail(FrameworkTable, { code: framework.code });
  const before = await em.find(MeasureTable, { frameworkId }, { fields: ['id'], disableIdentityMap: true });
  await em.nativeDelete(MeasureEdgeTable, { parentId: { $in: before.map(({ id }) => id) } });
  await em.nativeDelete(MeasureTable, { frameworkId, code: { $nin: measures.map(({ code }) => code) } });
  // Out of the way: a measure that moves up would meet the one that still has its position.
  await em.execute('update measure set position = -1 - position where framework_id = ?', [frameworkId]);
  await em.upsertMany(
    MeasureTable,
    measures.map(({ name, ...measure }, position) => ({
      ...measure,
      nameVi: name.vi,
      nameEn: name.en,
      frameworkId,
      position,
    })),
    { onConflictFields: ['frameworkId', 'code'] },
  );
  const ids = new Map((await em.find(MeasureTable, { frameworkId })).map((measure) => [measure.code, measure.id]));
  await em.insertMany(
    MeasureEdgeTable,
    edges.map(({ parent, child }) => ({ parentId: need(ids, parent), childId: need(ids, child), weight: 1 })),
  );
}

async function writeRounds(
  em: SqlEntityManager,
  content: ReferenceContent,
  entities: ReadonlyMap<string, number>,
  sealedRounds: ReadonlySet<number>,
): Promise<void> {
  const frameworks = new Map((await em.findAll(FrameworkTable)).map((row) => [row.code, row.id]));
  const groups = new Map((await em.findAll(PeerGroupTable)).map((row) => [row.code, row.id]));
  const rounds = content.rounds.map(({ code, level, year, framework, illustrative }) => ({
    ...{ code, level, year, illustrative, frameworkId: need(frameworks, framework) },
    status: 'OPEN',
  }));
  // The status of a round that exists is the platform's, not the file's.
  await em.upsertMany(RoundTable, rounds, { onConflictFields: ['code'], onConflictExcludeFields: ['status'] });
  const ids = new Map((await em.findAll(RoundTable)).map((row) => [row.code, row.id]));
  const open = content.rounds.filter(({ code }) => !sealedRounds.has(need(ids, code)));
  const members = open.flatMap((round) =>
    round.groups.flatMap(({ peerGroup, members }, at) =>
      members.map((key, position) => ({
        roundId: need(ids, round.code),
        peerGroupId: need(groups, peerGroup),
        entityId: need(entities, key),
        position: at * 100_000 + position,
      })),
    ),
  );
  await em.nativeDelete(RoundMemberTable, { roundId: { $in: open.map(({ code }) => need(ids, code)) } });
  await em.insertMany(RoundMemberTable, members);
}

function need(ids: ReadonlyMap<string, number>, key: string): number {
  const id = ids.get(key);
  if (id === undefined) throw new PlatformError('REFERENCE_INVALID', `"${key}" is not in the reference data.`);
  return id;
}
