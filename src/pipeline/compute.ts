import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Catalogue } from '../domain/catalogue.js';
import { entityKey } from '../domain/entity.js';
import { PlatformError } from '../domain/errors.js';
import type { Framework } from '../domain/framework.js';
import type { MergePolicy } from '../domain/mergePolicy.js';
import type { AssessmentRound, RoundStatus } from '../domain/round.js';
import type { SnapshotColumns, SnapshotHead } from '../domain/snapshot.js';
import { computeScores, ENGINE_VERSION, type ScoringProblem } from '../scoring/compute.js';
import { inputHash } from '../scoring/inputHash.js';
import { encodeColumns } from '../snapshot/encode.js';
import { resultHash } from '../snapshot/resultHash.js';
import { writeAudit } from '../store/audit.js';
import { claimRoundStatus, lockRound } from '../store/lock.js';
import type { Database } from '../store/orm.js';
import { nextChangeId, readHead, takeRevision } from '../store/revision.js';
import { readRoundObservations } from '../store/roundObservation.js';
import { countWhole, dropOldColumns, insertSnapshot, readNewestHead } from '../store/snapshot.js';
import { RoundTable } from '../store/tables/round.js';
import { SourceTable } from '../store/tables/source.js';
import { mergeRound, toFigure } from './mergeRound.js';

/** Provisional snapshots of a round whose columns are kept; older ones are computed again when somebody asks. */
const KEEP_COLUMNS = 500;
/** How many more there may be before the old ones are dropped, so that one statement drops many. */
const SPARE_COLUMNS = 50;

/** What a computation needs. */
export interface ComputeOptions {
  readonly database: Database;
  readonly catalogue: Catalogue;
  readonly roundCode: string;
  /** Seals the result and the round. */
  readonly publish?: boolean;
  readonly now: () => Date;
}

/** Milliseconds spent on each step. */
export interface ComputeTimes {
  readonly readMs: number;
  readonly mergeMs: number;
  readonly scoreMs: number;
  readonly writeMs: number;
}

/** What came of it. */
export interface ComputeOutcome {
  /** Null when nothing had changed since the newest snapshot, so that none was written. */
  readonly snapshotId: number | null;
  readonly revision: number | null;
  readonly inputHash: string;
  readonly resultHash: string;
  readonly discrepancies: number;
  readonly problems: readonly ScoringProblem[];
  readonly times: ComputeTimes;
}

/**
 * Computes one round from all observations known now, and freezes the result as a snapshot in one transaction: it is there whole or not at all. Same
 * observations give the same hashes; then no second snapshot is written. What is published holds every self-report and survey that the open round took in.
 * @throws PlatformError NOT_FOUND, ROUND_STATE when the round is published already, METHOD_RULE_INVALID
 */
export async function computeRound(options: ComputeOptions): Promise<ComputeOutcome> {
  const { database, catalogue, now } = options;
  const { round, framework } = find(catalogue, options.roundCode);
  const evaluateNow = async (
    em: SqlEntityManager,
  ): Promise<Evaluation & { inputRevision: number; startedAt: number }> => {
    const startedAt = performance.now();
    const inputRevision = await readHead(em);
    const result = await evaluate(em, catalogue, round, framework, catalogue.policy, inputRevision);
    return { ...result, inputRevision, startedAt };
  };
  const publish = options.publish ?? false;
  // What is provisional may be overtaken, so it is computed before anybody has to wait for it.
  const early = publish ? null : await evaluateNow(database.fork());
  const { result, written } = await database.fork().transactional(async (em) => {
    await lockRound(em, round.id);
    if ((await readStatus(em, round, publish)) === 'PUBLISHED') {
      throw new PlatformError('ROUND_STATE', `The round ${round.code} is published; its results are sealed.`);
    }
    // Nobody can write into the round or compute it any more: no snapshot is newer, and no figure comes between the result and the seal.
    const result = early ?? (await evaluateNow(em));
    const newest = publish ? null : await readNewestHead(em, round.id);
    const same = newest?.inputHash === result.inputHash && newest.resultHash === result.resultHash;
    // Another process may have been faster with newer observations.
    if (newest !== null && (same || newest.inputRevision > result.inputRevision)) return { result, written: null };
    const changeId = await nextChangeId(em);
    const snapshotId = await insertSnapshot(em, {
      roundId: round.id,
      status: publish ? 'PUBLISHED' : 'PROVISIONAL',
      inputRevision: result.inputRevision,
      frameworkId: framework.id,
      policyCode: catalogue.policy.code,
      policyVersion: catalogue.policy.version,
      engineVersion: ENGINE_VERSION,
      inputHash: result.inputHash,
      resultHash: result.resultHash,
      problems: result.problems,
      columns: encodeColumns(result.columns),
      computedAt: now(),
      changeId,
    });
    if (publish) await em.nativeUpdate(RoundTable, { id: round.id }, { status: 'PUBLISHED' });
    else if ((await countWhole(em, round.id)) > KEEP_COLUMNS + SPARE_COLUMNS) {
      await dropOldColumns(em, round.id, KEEP_COLUMNS);
    }
    const action = publish ? 'publishRound' : 'computeRound';
    const details = { inputHash: result.inputHash, resultHash: result.resultHash };
    await writeAudit(em, { viewer: null, action, target: `AssessmentRound:${round.code}`, details });
    const kind = publish ? 'ROUND' : 'SNAPSHOT';
    const revision = await takeRevision(em, { changeId, kind, roundIds: [round.id], snapshotId });
    return { result, written: { snapshotId, revision } };
  });
  const { startedAt, readAt, mergedAt, scoredAt } = result;
  return {
    snapshotId: written?.snapshotId ?? null,
    revision: written?.revision ?? null,
    inputHash: result.inputHash,
    resultHash: result.resultHash,
    discrepancies: result.discrepancies,
    problems: result.problems,
    times: {
      readMs: readAt - startedAt,
      mergeMs: mergedAt - readAt,
      scoreMs: scoredAt - mergedAt,
      writeMs: performance.now() - scoredAt,
    },
  };
}

/** Who publishes waits for all that write into the round; who does not must not make them wait. */
async function readStatus(
  em: SqlEntityManager,
  { id }: AssessmentRound,
  publish: boolean,
): Promise<RoundStatus | null> {
  if (publish) return claimRoundStatus(em, id);
  return ((await em.findOne(RoundTable, { id }))?.status ?? null) as RoundStatus | null;
}

/**
 * Computes an old snapshot again from the observations of its time.
 * @throws PlatformError SNAPSHOT_CORRUPT when the result does not have the hash that the snapshot states
 */
export async function recomputeSnapshot(
  database: Database,
  catalogue: Catalogue,
  head: SnapshotHead,
): Promise<SnapshotColumns> {
  const round = catalogue.round(head.roundId);
  const policy = catalogue.content.policies.find(
    ({ code, version }) => code === head.policyCode && version === head.policyVersion,
  );
  if (round === undefined || policy === undefined) {
    throw new PlatformError('SNAPSHOT_CORRUPT', `Snapshot ${head.id} names a round or policy that is not there.`);
  }
  const { framework } = find(catalogue, round.code);
  const result = await evaluate(database.fork(), catalogue, round, framework, policy, head.inputRevision);
  if (result.resultHash !== head.resultHash) {
    throw new PlatformError(
      'SNAPSHOT_CORRUPT',
      `Snapshot ${head.id} computed again has the hash ${result.resultHash} instead of ${head.resultHash}.`,
    );
  }
  return result.columns;
}

function find(catalogue: Catalogue, roundCode: string): { round: AssessmentRound; framework: Framework } {
  const round = catalogue.roundByCode(roundCode);
  if (round === undefined) throw new PlatformError('NOT_FOUND', `There is no round "${roundCode}".`);
  const framework = catalogue.framework(round.frameworkCode);
  if (framework === undefined) throw new PlatformError('NOT_FOUND', `There is no framework "${round.frameworkCode}".`);
  return { round, framework };
}

/** A result with its hashes. */
interface Evaluation {
  readonly columns: SnapshotColumns;
  readonly problems: readonly ScoringProblem[];
  readonly discrepancies: number;
  readonly inputHash: string;
  readonly resultHash: string;
  /** When each step was done, in milliseconds. */
  readonly readAt: number;
  readonly mergedAt: number;
  readonly scoredAt: number;
}

/**
 * Observations to scores: read, merge, score, hash.
 * @throws PlatformError NOT_FOUND when something is not in the reference data that would have to be in the hashes
 */
async function evaluate(
  em: SqlEntityManager,
  catalogue: Catalogue,
  round: AssessmentRound,
  framework: Framework,
  policy: MergePolicy,
  revision: number,
): Promise<Evaluation> {
  const entityIds = round.groups.flatMap((group) => group.entityIds);
  const observations = await readRoundObservations(em, entityIds, round.year, revision);
  const sourceKeys = new Map((await em.findAll(SourceTable)).map((source) => [source.id, source.key]));
  const readAt = performance.now();
  const merged = mergeRound(observations, policy);
  const mergedAt = performance.now();
  const codeOfGroup = (id: number) => need(catalogue.peerGroup(id), 'peer group', id).code;
  const codeOfMeasure = (id: number) => need(catalogue.measure(id), 'measure', id).code;
  const keyOfEntity = (id: number) => entityKey(need(catalogue.entity(id), 'entity', id));
  const { columns, problems } = computeScores({
    framework,
    groups: round.groups.map(({ peerGroupId, entityIds: members }) => ({
      peerGroupId,
      peerGroupCode: codeOfGroup(peerGroupId),
      entityIds: members,
    })),
    figure(entityId, indicatorId) {
      const chosen = merged.chosen(entityId, indicatorId);
      return chosen === undefined ? null : toFigure(chosen);
    },
  });
  const own = new Set(framework.measures.map(({ id }) => id));
  const figures = merged.values
    .filter(({ indicatorId }) => own.has(indicatorId))
    .map(({ entityId, indicatorId, value, numerator, denominator, sourceId, sourceKind, period }) => ({
      entityKey: keyOfEntity(entityId),
      indicatorCode: codeOfMeasure(indicatorId),
      value,
      numerator,
      denominator,
      sourceKey: need(sourceKeys.get(sourceId), 'source', sourceId),
      sourceKind,
      period,
    }));
  const groups = round.groups.map((group) => ({
    peerGroupCode: codeOfGroup(group.peerGroupId),
    entityKeys: group.entityIds.map(keyOfEntity),
  }));
  return {
    columns,
    problems,
    discrepancies: merged.discrepancies,
    inputHash: inputHash({ framework, policy, groups, figures }),
    resultHash: resultHash(
      columns,
      [...columns.entityIds].map(keyOfEntity),
      [...columns.measureIds].map(codeOfMeasure),
    ),
    readAt,
    mergedAt,
    scoredAt: performance.now(),
  };
}

function need<Found>(found: Found | undefined, what: string, id: number): Found {
  if (found === undefined) throw new PlatformError('NOT_FOUND', `There is no ${what} ${id} in the reference data.`);
  return found;
}
