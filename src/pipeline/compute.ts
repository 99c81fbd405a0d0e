import type { Catalogue } from '../domain/catalogue.js';
import { entityKey } from '../domain/entity.js';
import { PlatformError } from '../domain/errors.js';
import type { Framework } from '../domain/framework.js';
import type { MergePolicy } from '../domain/mergePolicy.js';
import type { AssessmentRound } from '../domain/round.js';
import type { SnapshotColumns, SnapshotHead } from '../domain/snapshot.js';
import { computeScores, ENGINE_VERSION, type ScoringProblem } from '../scoring/compute.js';
import { inputHash } from '../scoring/inputHash.js';
import { encodeColumns } from '../snapshot/encode.js';
import { resultHash } from '../snapshot/resultHash.js';
import type { Database } from '../store/orm.js';
import { nextChangeId, readHead, takeRevision } from '../store/revision.js';
import { readRoundObservations } from '../store/roundObservation.js';
import { dropOldColumns, insertSnapshot, readNewestHead } from '../store/snapshot.js';
import { RoundTable } from '../store/tables/round.js';
import { SourceTable } from '../store/tables/source.js';
import { mergeRound, toFigure } from './mergeRound.js';

const COMPUTE_LOCK = 7307;
/** Provisional snapshots of a round whose columns are kept; older ones are computed again when somebody asks. */
const KEEP_COLUMNS = 500;

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
 * observations give the same hashes; then no second snapshot is written.
 * @throws PlatformError NOT_FOUND, ROUND_STATE when the round is published already, METHOD_RULE_INVALID
 */
export async function computeRound(options: ComputeOptions): Promise<ComputeOutcome> {
  const { database, catalogue, now } = options;
  const { round, framework } = find(catalogue, options.roundCode);
  const started = performance.now();
  const inputRevision = await readHead(database.fork());
  const result = await evaluate(database, catalogue, round, framework, catalogue.policy, inputRevision);
  const scored = performance.now();
  const publish = options.publish ?? false;
  const written = await database.fork().transactional(async (em) => {
    await em.execute('select pg_advisory_xact_lock(?, ?)', [COMPUTE_LOCK, round.id]);
    const row = await em.findOneOrFail(RoundTable, { id: round.id });
    if (row.status === 'PUBLISHED') {
      throw new PlatformError('ROUND_STATE', `The round ${round.code} is published; its results are sealed.`);
    }
    const newest = await readNewestHead(em, round.id);
    const same = newest?.inputHash === result.inputHash && newest.resultHash === result.resultHash;
    // Another process may have been faster with newer observations.
    if (!publish && newest !== null && (same || newest.inputRevision > inputRevision)) return null;
    const changeId = await nextChangeId(em);
    const snapshotId = await insertSnapshot(em, {
      roundId: round.id,
      status: publish ? 'PUBLISHED' : 'PROVISIONAL',
      inputRevision,
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
    if (publish) row.status = 'PUBLISHED';
    else if (snapshotId % 50 === 0) await dropOldColumns(em, round.id, KEEP_COLUMNS);
    await em.flush();
    const kind = publish ? 'ROUND' : 'SNAPSHOT';
    return { snapshotId, revision: await takeRevision(em, { changeId, kind, roundIds: [round.id], snapshotId }) };
  });
  return {
    snapshotId: written?.snapshotId ?? null,
    revision: written?.revision ?? null,
    inputHash: result.inputHash,
    resultHash: result.resultHash,
    discrepancies: result.discrepancies,
    problems: result.problems,
    times: { ...result.times, readMs: result.readAt - started, writeMs: performance.now() - scored },
  };
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
  const result = await evaluate(database, catalogue, round, framework, policy, head.inputRevision);
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

/** Observations to scores: read, merge, score, hash. */
async function evaluate(
  database: Database,
  catalogue: Catalogue,
  round: AssessmentRound,
  framework: Framework,
  policy: MergePolicy,
  revision: number,
) {
  const em = database.fork();
  const entityIds = round.groups.flatMap((group) => group.entityIds);
  const observations = await readRoundObservations(em, entityIds, round.year, revision);
  const sourceKeys = new Map((await em.findAll(SourceTable)).map((source) => [source.id, source.key]));
  const readAt = performance.now();
  const merged = mergeRound(observations, policy);
  const mergedAt = performance.now();
  const { columns, problems } = computeScores({
    framework,
    groups: round.groups.map(({ peerGroupId, entityIds: members }) => ({
      peerGroupId,
      peerGroupCode: catalogue.peerGroup(peerGroupId)?.code ?? '',
      entityIds: members,
    })),
    figure(entityId, indicatorId) {
      const chosen = merged.chosen(entityId, indicatorId);
      return chosen === undefined ? null : toFigure(chosen);
    },
  });
  const keyOf = (id: number) => {
    const entity = catalogue.entity(id);
    return entity === undefined ? String(id) : entityKey(entity);
  };
  const own = new Set(framework.measures.map(({ id }) => id));
  const hashes = {
    inputHash: inputHash({
      framework,
      policy,
      groups: round.groups.map((group) => ({
        peerGroupCode: catalogue.peerGroup(group.peerGroupId)?.code ?? '',
        entityKeys: group.entityIds.map(keyOf),
      })),
      figures: merged.values
        .filter(({ indicatorId }) => own.has(indicatorId))
        .map(({ entityId, indicatorId, value, numerator, denominator, sourceId, sourceKind, period }) => ({
          ...{ value, numerator, denominator, sourceKind, period },
          entityKey: keyOf(entityId),
          indicatorCode: catalogue.measure(indicatorId)?.code ?? '',
          sourceKey: sourceKeys.get(sourceId) ?? '',
        })),
    }),
    resultHash: resultHash(
      columns,
      [...columns.entityIds].map(keyOf),
      [...columns.measureIds].map((id) => catalogue.measure(id)?.code ?? ''),
    ),
  };
  const times = { mergeMs: mergedAt - readAt, scoreMs: performance.now() - mergedAt };
  return { columns, problems, discrepancies: merged.discrepancies, ...hashes, readAt, times };
}
