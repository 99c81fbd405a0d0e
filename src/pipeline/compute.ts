import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Catalogue } from '../domain/catalogue.js';
import { PlatformError } from '../domain/errors.js';
import type { AssessmentRound, RoundStatus } from '../domain/round.js';
import type { SnapshotColumns, SnapshotHead } from '../domain/snapshot.js';
import { inSpan, type Tracing } from '../domain/trace.js';
import type { ScoringProblem } from '../scoring/scoreIndicators.js';
import { ENGINE_VERSION } from '../scoring/version.js';
import { digestOf } from '../snapshot/encode.js';
import { resultHash, resultHashForm } from '../snapshot/resultHash.js';
import { type AuditEntry, writeAudit } from '../store/audit.js';
import { claimRoundStatus, lockRound } from '../store/lock.js';
import type { Database } from '../store/orm.js';
import { nextChangeId, readHead, takeRevision } from '../store/revision.js';
import { dropOldColumns, type HeldColumns, insertSnapshot, readNewestHead } from '../store/snapshot.js';
import type { SnapshotLibrary } from '../store/snapshotLibrary.js';
import { RoundTable } from '../store/tables/round.js';
import { HeldRound, keyOf, type RoundMethod } from './heldRound.js';
import { findBase, packColumns } from './packColumns.js';
import type { RoundMemory } from './roundMemory.js';

/**
 * Provisional snapshots of a round whose columns are kept, about; older ones are computed again when somebody asks. They are counted whenever a whole one is
 * written, so that one statement drops many.
 */
const KEEP_COLUMNS = 2000;

/** What a computation needs. */
export interface ComputeOptions {
  readonly database: Database;
  readonly catalogue: Catalogue;
  readonly roundCode: string;
  /** Seals the result and the round. */
  readonly publish?: boolean;
  /** What earlier computations of this process left, so that only what changed since is read; absent = everything is read, as for what is published. */
  readonly memory?: RoundMemory;
  /** Takes the columns, so that readers in this process need not read them back; absent = nobody. */
  readonly library?: Pick<SnapshotLibrary, 'offer'>;
  /** Who asked for it, for the audit; absent = the platform itself. */
  readonly viewer?: AuditEntry['viewer'];
  /** Where a span of the computation goes; absent = nowhere. */
  readonly tracing?: Tracing | undefined;
  readonly now: () => Date;
}

/** Milliseconds spent on each step. */
export interface ComputeTimes {
  /** Reading and merging. */
  readonly readMs: number;
  /** Scoring, ranking, hashing. */
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
  const attributes = { 'dti.round': options.roundCode, 'dti.computation.publish': String(options.publish ?? false) };
  const span = options.tracing?.begin('computation', attributes);
  return inSpan(span, async () => {
    const outcome = await computeAndStore(options);
    const { snapshotId, times } = outcome;
    span?.set({
      ...(snapshotId === null ? {} : { 'dti.snapshot': snapshotId }),
      ...{ 'dti.computation.read_ms': times.readMs, 'dti.computation.score_ms': times.scoreMs },
      'dti.computation.write_ms': times.writeMs,
    });
    return outcome;
  });
}

async function computeAndStore(options: ComputeOptions): Promise<ComputeOutcome> {
  const { database, catalogue, now } = options;
  const method = find(catalogue, options.roundCode);
  const { round, framework } = method;
  const publish = options.publish ?? false;
  const memory = publish ? undefined : options.memory;
  const evaluateNow = async (em: SqlEntityManager) => {
    const startedAt = performance.now();
    const inputRevision = await readHead(em);
    const held = await (memory?.take(em, method, inputRevision) ?? HeldRound.read(em, method, inputRevision));
    const readAt = performance.now();
    const result = held.evaluate();
    memory?.keep(round.id, held);
    return { ...result, inputRevision, startedAt, readAt, scoredAt: performance.now() };
  };
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
    if (newest !== null) {
      const same = newest.inputHash === result.inputHash && newest.resultHash === result.resultHash;
      // Another process may have been faster with newer observations.
      if (same || newest.inputRevision > result.inputRevision) return { result, written: null };
    }
    const base = newest === null ? null : await findBase(em, newest, memory?.stored(round.id) ?? null);
    const packed = packColumns(result.columns, newest, base);
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
      columns: packed.bytes,
      ...(packed.chain === null ? {} : { chain: packed.chain }),
      computedAt: now(),
      changeId,
    });
    const columns: HeldColumns = { id: snapshotId, columns: result.columns, digest: digestOf(packed.bytes) };
    // Before the commit, after which readers are woken at once.
    options.library?.offer(round.id, columns);
    if (publish) await em.nativeUpdate(RoundTable, { id: round.id }, { status: 'PUBLISHED' });
    else if (packed.chain === null) await dropOldColumns(em, round.id, KEEP_COLUMNS);
    const action = publish ? 'publishRound' : 'computeRound';
    const details = { inputHash: result.inputHash, resultHash: result.resultHash };
    await writeAudit(em, { viewer: options.viewer ?? null, action, target: `AssessmentRound:${round.code}`, details });
    const kind = publish ? 'ROUND' : 'SNAPSHOT';
    const revision = await takeRevision(em, { changeId, kind, roundIds: [round.id], snapshotId });
    return { result, written: { snapshotId, revision, columns } };
  });
  if (written !== null) memory?.remember(round.id, written.columns);
  const { startedAt, readAt, scoredAt } = result;
  return {
    snapshotId: written?.snapshotId ?? null,
    revision: written?.revision ?? null,
    inputHash: result.inputHash,
    resultHash: result.resultHash,
    discrepancies: result.discrepancies,
    problems: result.problems,
    times: {
      readMs: readAt - startedAt,
      scoreMs: scoredAt - readAt,
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
  const method = { ...find(catalogue, round.code), policy };
  const held = await database.reading.read((em) => HeldRound.read(em, method, head.inputRevision));
  const { columns } = held.evaluate();
  const found = resultHash(
    columns,
    [...columns.entityIds].map((id) => keyOf(method, id)),
    method.framework.measures.map(({ code }) => code),
    resultHashForm(head.engineVersion),
  );
  if (found !== head.resultHash) {
    throw new PlatformError(
      'SNAPSHOT_CORRUPT',
      `Snapshot ${head.id} computed again has the hash ${found} instead of ${head.resultHash}.`,
    );
  }
  return columns;
}

/** The round by its code, with what it is computed by now. */
function find(catalogue: Catalogue, roundCode: string): RoundMethod {
  const round = catalogue.roundByCode(roundCode);
  if (round === undefined) throw new PlatformError('NOT_FOUND', `There is no round "${roundCode}".`);
  const framework = catalogue.framework(round.frameworkCode);
  if (framework === undefined) throw new PlatformError('NOT_FOUND', `There is no framework "${round.frameworkCode}".`);
  return { catalogue, round, framework, policy: catalogue.policy };
}
