import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { PlatformError } from '../domain/errors.js';
import { accountAddsUp, type StreamRecord } from '../domain/syncRun.js';
import { readStorable } from '../source/storable.js';
import { writeAudit } from '../store/audit.js';
import {
  appendStaged,
  findRivals,
  type JudgeTarget,
  markLosers,
  markRepeats,
  prepareToJudge,
  readTouched,
  withdrawMissing,
} from '../store/judge.js';
import { holdLease, lockSource } from '../store/lock.js';
import { type Reject, writeRejects } from '../store/page.js';
import { closeContradictions } from '../store/replay.js';
import { nextChangeId, takeRevision } from '../store/revision.js';
import { clearStage, countStaged } from '../store/stage.js';
import { StreamCursorTable } from '../store/tables/source.js';
import { type SyncRunRow, SyncRunTable } from '../store/tables/syncRun.js';
import { type HeldRun, LeaseLost, StageLost, type SyncOptions } from './heldRun.js';
import { keepLinkages } from './keepLinkages.js';
import { settleRivals, strictest } from './rival.js';
import { compareFields, findBrokenRule, rememberStream, type StreamReading } from './streamRule.js';
import { type RunState, sumRules, total } from './syncState.js';
import { roundsTouched } from './touchedRound.js';

/** Rejects that are written at a time. */
const CHUNK = 1000;

/**
 * Judges the whole run in one transaction: duplicates, rules, what is new, the difference of full snapshots, cursors, and the account, which must add up.
 * May be called again when the answer to its commit was lost.
 * @throws LeaseLost, StageLost, PlatformError SYNC_RULE, SYNC_ACCOUNTING
 */
export async function commitRun(options: SyncOptions, { run, lease, state }: HeldRun): Promise<SyncRunRow> {
  const { database, catalogue, connector, now } = options;
  return database.fork().transactional(async (em) => {
    await lockSource(em, run.sourceId);
    if (!(await holdLease(em, lease))) throw new LeaseLost();
    await prepareToJudge(em);
    const staged = await countStaged(em, run.id);
    if (staged !== total(state, 'staged')) throw new StageLost();
    const duplicates = await settleDuplicates(em, options, run.id);
    const readings = connector.streams.map(({ name, rules = {} }) => read(name, rules, state, duplicates));
    const before = await readBefore(em, run);
    for (const reading of readings) {
      const broken = findBrokenRule(reading, before[reading.stream]);
      if (broken === null) continue;
      throw new PlatformError('SYNC_RULE', broken, {
        failureType: 'config_error',
        details: { stream: reading.stream },
      });
    }
    const changeId = await nextChangeId(em);
    const target: JudgeTarget = { sourceId: run.sourceId, runId: run.id, retrievedAt: now(), changeId };
    const judged = await appendStaged(em, target);
    const difference = await takeDifference(em, target, run, readings);
    const linked = await keepLinkages(em, options, target);
    const counts = {
      read: total(state, 'read') + difference.withdrawn,
      ...{ written: judged.written, unchanged: judged.unchanged, superseded: judged.superseded },
      tombstoned: judged.tombstoned + difference.withdrawn,
      rejected: total(state, 'rejected') + sum(duplicates.rejected) + linked.rejected,
      // Those whose body is unknown were counted as linkages before.
      skipped: total(state, 'skipped') + sum(duplicates.repeated) + sum(duplicates.older) - linked.rejected,
    };
    if (!accountAddsUp(counts)) {
      const details = { ...counts };
      throw new PlatformError('SYNC_ACCOUNTING', 'The account of the run does not add up; nothing was written.', {
        details,
        failureType: 'system_error',
      });
    }
    const cursors = Object.entries(state.streams).flatMap(([stream, { cursor }]) =>
      cursor === null ? [] : [{ sourceId: run.sourceId, stream, cursor }],
    );
    if (cursors.length > 0) {
      await em.upsertMany(StreamCursorTable, cursors, { onConflictFields: ['sourceId', 'stream'] });
    }
    const fieldsOf = (stream: string) => state.streams[stream]?.fields ?? [];
    const skippedRules = sumRules(state);
    if (sum(duplicates.repeated) > 0) skippedRules.duplicate_identical = sum(duplicates.repeated);
    if (sum(duplicates.older) > 0) skippedRules.older_revision = sum(duplicates.older);
    if (linked.rejected > 0) skippedRules.linkage = (skippedRules.linkage ?? 0) - linked.rejected;
    const ended = await em.findOneOrFail(SyncRunTable, { id: run.id });
    em.assign(ended, {
      ...counts,
      status: counts.rejected > 0 ? 'SUCCEEDED_WITH_REJECTS' : 'SUCCEEDED',
      finishedAt: now(),
      pages: total(state, 'pages'),
      stopReasons: { ...readStops(state), ...difference.reasons },
      skippedRules,
      checkpoint: null,
      streams: Object.fromEntries(
        readings.map((each) => [each.stream, rememberStream(each, fieldsOf(each.stream), before[each.stream])]),
      ),
      schemaChanges: readings.flatMap((each) => compareFields(each, fieldsOf(each.stream), before[each.stream])),
      withdrawnByDifference: difference.withdrawn,
    });
    await em.flush();
    // What was read for one period only says nothing of the others, and what did not change was not sent.
    const whole = run.period === null ? readings.filter((each) => each.whole && each.rows > 0) : [];
    if (whole.length > 0) {
      const streams = whole.map(({ stream }) => stream);
      await closeContradictions(em, { sourceId: run.sourceId, runId: run.id, streams });
    }
    await writeAudit(em, { viewer: null, action: 'syncSource', target: `SyncRun:${run.id}`, details: { ...counts } });
    if (staged > 0) await clearStage(em, run.id);
    const touched = await readTouched(em, changeId);
    if (touched.length > 0 || linked.written > 0) {
      const roundIds = roundsTouched(catalogue, touched);
      await takeRevision(em, { changeId, kind: 'OBSERVATIONS', roundIds, sourceId: run.sourceId });
    }
    return ended;
  });
}

type Counts = ReadonlyMap<string, number>;

interface Duplicates {
  /** By stream. */
  readonly repeated: Counts;
  readonly older: Counts;
  readonly rejected: Counts;
}

function sum(counts: Counts): number {
  return [...counts.values()].reduce((all, count) => all + count, 0);
}

/** Leaves one figure of each identity in the stage, by the rules of the streams. */
async function settleDuplicates(em: SqlEntityManager, { connector }: SyncOptions, runId: number): Promise<Duplicates> {
  const { skipped: repeated, hasConflicts } = await markRepeats(em, runId);
  const [older, rejected] = [new Map<string, number>(), new Map<string, number>()];
  if (!hasConflicts) return { repeated, older, rejected };
  const policies = new Map(connector.streams.map(({ name, rules }) => [name, rules?.unique ?? 'identical'] as const));
  let losers: ReturnType<typeof settleRivals>[number][] = [];
  const flush = async () => {
    await markLosers(
      em,
      runId,
      losers.map(({ rival }) => rival),
    );
    await writeRejects(
      em,
      runId,
      losers.flatMap(({ rival, reason }) => (reason === null ? [] : [toReject(rival, reason)])),
    );
    losers = [];
  };
  for await (const rivals of findRivals(em, runId)) {
    const policy = strictest(rivals.map(({ stream }) => policies.get(stream) ?? 'identical'));
    for (const loser of settleRivals(rivals, policy)) {
      const counts = loser.reason === null ? older : rejected;
      counts.set(loser.rival.stream, (counts.get(loser.rival.stream) ?? 0) + 1);
      losers.push(loser);
    }
    if (losers.length >= CHUNK) await flush();
  }
  await flush();
  return { repeated, older, rejected };
}

function toReject(
  { pageSequence, stream, rowNumber, raw }: Parameters<typeof settleRivals>[0][number],
  message: string,
): Reject {
  return { pageSequence, stream, rowNumber, raw: readStorable(raw), rule: 'unique', message, mapContext: null };
}

function read(
  stream: string,
  rules: StreamReading['rules'],
  state: RunState,
  duplicates: Duplicates,
): StreamReading & { readonly pages: number } {
  const { pages = 0, rows = 0, read: records = 0, rejected = 0, whole = true } = state.streams[stream] ?? {};
  return {
    ...{ stream, rules, pages, rows, read: records, whole },
    rejected: rejected + (duplicates.rejected.get(stream) ?? 0),
  };
}

/** What the last good run remembers. */
async function readBefore(em: SqlEntityManager, run: SyncRunRow): Promise<Readonly<Record<string, StreamRecord>>> {
  const where = {
    sourceId: run.sourceId,
    status: { $in: ['SUCCEEDED', 'SUCCEEDED_WITH_REJECTS'] },
    mode: { $ne: 'REPLAY' },
  };
  const last = await em.findOne(SyncRunTable, where, { orderBy: { id: 'desc' } });
  return last?.streams ?? {};
}

/** Withdraws what full snapshots do not have any more, unless a reject could be what is missed. */
async function takeDifference(
  em: SqlEntityManager,
  target: JudgeTarget,
  run: SyncRunRow,
  readings: readonly StreamReading[],
): Promise<{ readonly withdrawn: number; readonly reasons: Record<string, string> }> {
  const snapshots = readings.filter(({ rules }) => rules.fullSnapshot === true);
  if (run.mode !== 'FULL_REFRESH' || snapshots.length === 0) return { withdrawn: 0, reasons: {} };
  const complete = snapshots.filter(({ rejected }) => rejected === 0);
  const reasons = snapshots
    .filter(({ rejected }) => rejected > 0)
    .map(({ stream, rejected }) => [`${stream}, difference`, `not taken, since ${rejected} records were rejected`]);
  const names = complete.map(({ stream }) => stream);
  const isWhole = complete.length === readings.length;
  const withdrawn = names.length === 0 ? 0 : await withdrawMissing(em, target, names, isWhole);
  return { withdrawn, reasons: Object.fromEntries(reasons) };
}

function readStops(state: RunState): Record<string, string> {
  return Object.fromEntries(
    Object.entries(state.streams).flatMap(([stream, { stopReason }]) =>
      stopReason === null ? [] : [[stream, stopReason]],
    ),
  );
}
