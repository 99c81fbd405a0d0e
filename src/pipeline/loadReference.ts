import { createHash } from 'node:crypto';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { PlatformError } from '../domain/errors.js';
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
import { readReferenceFiles } from './readReferenceFiles.js';
import type { FrameworkContent, ReferenceContent } from './referenceContent.js';

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
 * Loads the reference files into the database in one transaction, after checking them against themselves. Loading the same content again does nothing.
 * @throws PlatformError REFERENCE_INVALID with every problem; nothing is loaded then
 */
export async function loadReference(database: Database, options: LoadReferenceOptions): Promise<LoadReferenceResult> {
  const { content, problems } = await readReferenceFiles(options.folder, options.currentYear);
  const all = [...problems, ...checkReference(content)];
  if (all.length > 0) {
    throw new PlatformError(
      'REFERENCE_INVALID',
      `The reference files in ${options.folder} cannot be used; nothing was loaded:\n${all.map((each) => `  ${each}`).join('\n')}`,
      { details: { problems: all } },
    );
  }
  const contentHash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return database.fork().transactional(async (em) => {
    await em.execute('select pg_advisory_xact_lock(7308)');
    const [newest] = await em.find(ReferenceLoadTable, {}, { orderBy: { id: 'desc' }, limit: 1 });
    if (newest?.contentHash === contentHash) return { loaded: false, revision: null };
    await write(em, content);
    await em.insert(ReferenceLoadTable, { contentHash, loadedAt: options.now });
    const changeId = await nextChangeId(em);
    return { loaded: true, revision: await takeRevision(em, { changeId, kind: 'REFERENCE', roundIds: [] }) };
  });
}

async function write(em: SqlEntityManager, content: ReferenceContent): Promise<void> {
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
      regionId: regionKey === null ? null : regions.get(regionKey),
    })),
    { onConflictFields: ['codeSystem', 'code'] },
  );
  const entities = new Map((await em.findAll(EntityTable)).map((row) => [naturalKey(row), row.id]));
  await em.upsertMany(
    SuccessionTable,
    content.successions.map(({ predecessor, successor, kind, on }) => ({
      predecessorId: need(entities, predecessor),
      successorId: need(entities, successor),
      kind,
      onDate: on,
    })),
    { onConflictFields: ['predecessorId', 'successorId'] },
  );
  await em.upsertMany(
    PeerGroupTable,
    content.peerGroups.map(({ code, level, name }) => ({ code, level, nameVi: name.vi, nameEn: name.en })),
    { onConflictFields: ['code'] },
  );
  await em.upsertMany(
    MergePolicyTable,
    content.policies.map((policy) => ({ ...policy })),
    { onConflictFields: ['code', 'version'] },
  );
  for (const framework of content.frameworks) await writeFramework(em, framework);
  await writeRounds(em, content, entities);
  await em.nativeDelete(PublishedReferenceTable, {});
  await em.insertMany(
    PublishedReferenceTable,
    content.references.map(({ entityKey, ...row }) => ({
      ...row,
      entityId: entityKey === null ? null : need(entities, entityKey),
    })),
  );
}

async function writeFramework(em: SqlEntityManager, framework: FrameworkContent): Promise<void> {
  const { measures, edges, stated: _stated, ...row } = framework;
  await em.upsertMany(FrameworkTable, [row], { onConflictFields: ['code'] });
  const { id: frameworkId } = await em.findOneOrFail(FrameworkTable, { code: framework.code });
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
  await em.upsertMany(
    MeasureEdgeTable,
    edges.map(({ parent, child }) => ({ parentId: need(ids, parent), childId: need(ids, child), weight: 1 })),
    { onConflictFields: ['parentId', 'childId'] },
  );
}

async function writeRounds(em: SqlEntityManager, content: ReferenceContent, entities: ReadonlyMap<string, number>) {
  const frameworks = new Map((await em.findAll(FrameworkTable)).map((row) => [row.code, row.id]));
  const groups = new Map((await em.findAll(PeerGroupTable)).map((row) => [row.code, row.id]));
  const rounds = content.rounds.map(({ code, level, year, framework, illustrative }) => ({
    ...{ code, level, year, illustrative, frameworkId: need(frameworks, framework) },
    status: 'OPEN',
  }));
  // The status of a round that exists is the platform's, not the file's.
  await em.upsertMany(RoundTable, rounds, { onConflictFields: ['code'], onConflictExcludeFields: ['status'] });
  const ids = new Map((await em.findAll(RoundTable)).map((row) => [row.code, row.id]));
  const members = content.rounds.flatMap((round) =>
    round.groups.flatMap(({ peerGroup, members }, at) =>
      members.map((key, position) => ({
        roundId: need(ids, round.code),
        peerGroupId: need(groups, peerGroup),
        entityId: need(entities, key),
        position: at * 100_000 + position,
      })),
    ),
  );
  await em.nativeDelete(RoundMemberTable, { roundId: { $in: content.rounds.map(({ code }) => need(ids, code)) } });
  await em.insertMany(RoundMemberTable, members);
}

function need(ids: ReadonlyMap<string, number>, key: string): number {
  const id = ids.get(key);
  if (id === undefined) throw new PlatformError('REFERENCE_INVALID', `"${key}" is not in the reference data.`);
  return id;
}
