import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { AlertRule, NewAlert } from '../domain/alert.js';
import type { Catalogue } from '../domain/catalogue.js';
import { INDEX_CODE } from '../domain/framework.js';
import type { AssessmentRound } from '../domain/round.js';
import type { SnapshotHead } from '../domain/snapshot.js';
import { entityPosition, measurePosition, readCell } from '../snapshot/columns.js';
import { findRankFalls } from '../snapshot/rankFall.js';
import {
  endAlerts,
  insertAlerts,
  moveAlertCursor,
  type OpenAlert,
  readAlertCursor,
  readAlertRules,
  readOpenAlerts,
} from '../store/alert.js';
import { writeAudit } from '../store/audit.js';
import { readFirstSnapshotRevision } from '../store/listAlerts.js';
import type { Database } from '../store/orm.js';
import { nextChangeId, revisionAt, takeRevision } from '../store/revision.js';
import type { LoadedSnapshot, SnapshotLibrary } from '../store/snapshotLibrary.js';
import { readFirstFailures, readSettledRunId, readSourceHealth, type SourceHealth } from '../store/sourceHealth.js';

/** What alerts are raised from. */
export interface AlertStage {
  readonly database: Database;
  catalogue(): Catalogue;
  readonly library: SnapshotLibrary;
  readonly now: () => Date;
  /** Called in the transaction of the alerts, before it takes its revision. */
  readonly onAlerts?: (em: SqlEntityManager, news: AlertNews) => Promise<void>;
}

/** Alerts that were just written. */
export interface AlertNews {
  readonly opened: readonly number[];
  readonly resolved: readonly number[];
}

/** Alerts to be raised, and open ones whose matter is over. */
interface Findings {
  readonly raised: (NewAlert & { readonly resolvedAt?: Date })[];
  readonly overIds: number[];
}

const DAY_MS = 86_400_000;
/** Vietnam is seven hours ahead, all year. */
const ZONE_MS = 7 * 3_600_000;

/**
 * Looks once for what there is to be alerted of, up to a revision that the library knows, and writes it in one transaction with one revision. Any number of
 * workers may do so at once: each matter is raised once, by whoever is first.
 * @returns the revision; null = nothing was written, or another worker was faster
 */
export async function raiseAlerts(stage: AlertStage, head: number): Promise<number | null> {
  const { database, now } = stage;
  const em = database.fork();
  const seen = await readAlertCursor(em);
  const rules = (await readAlertRules(em)).filter(({ enabled }) => enabled);
  const open = await readOpenAlerts(em);
  const settled = Math.max(seen.syncRunId, await readSettledRunId(em));
  const findings: Findings = { raised: [], overIds: [] };
  const health = await readSourceHealth(em);
  if (rules.some(({ kind }) => kind === 'FAILED_RUN')) await findFailures(em, seen.syncRunId, findings);
  findStale(health, rules, open, now(), findings);
  findMended(health, open, now(), findings);
  const moved = stage.catalogue().content.rounds.flatMap((round) => {
    const newest = stage.library.find(round.id, { revision: head, provisional: true });
    return newest !== undefined && newest.revision > seen.revision ? [{ round, newest }] : [];
  });
  for (const { round, newest } of moved) await findFalls(stage, round, newest, rules, open, findings);
  if (findings.raised.length === 0 && findings.overIds.length === 0 && moved.length === 0) return null;
  return database.fork().transactional(async (tx) => {
    const next = { revision: Math.max(seen.revision, head), syncRunId: settled };
    if (!(await moveAlertCursor(tx, seen, next))) return null;
    return write(stage, tx, findings);
  });
}

async function write(stage: AlertStage, em: SqlEntityManager, { raised, overIds }: Findings): Promise<number | null> {
  const changeId = await nextChangeId(em);
  const opened: number[] = [];
  const resolved = [...overIds];
  for (const alert of raised) {
    const [id] = await insertAlerts(em, [alert], changeId);
    if (id === undefined) continue;
    opened.push(id);
    if (alert.resolvedAt === undefined) continue;
    await endAlerts(em, [id], alert.resolvedAt, changeId);
    resolved.push(id);
  }
  await endAlerts(em, overIds, stage.now(), changeId);
  if (opened.length === 0 && resolved.length === 0) return null;
  await stage.onAlerts?.(em, { opened, resolved });
  const ids = (list: readonly number[]) => list.map((id) => `Alert:${id}`);
  await writeAudit(em, {
    viewer: null,
    action: 'raiseAlerts',
    target: 'Alert',
    details: { opened: ids(opened), resolved: ids(resolved) },
  });
  return takeRevision(em, { changeId, kind: 'ALERT', roundIds: [] });
}

const NOTHING = {
  entityId: null,
  sourceId: null,
  syncRunId: null,
  roundId: null,
  snapshotId: null,
  comparedSnapshotId: null,
} as const;

/** Runs by which a source began to fail: one alert until a run is good again, however many fail in between. */
async function findFailures(em: SqlEntityManager, afterRunId: number, { raised }: Findings): Promise<void> {
  for (const failure of await readFirstFailures(em, afterRunId)) {
    raised.push({
      ...{ ...NOTHING, sourceId: failure.sourceId, syncRunId: failure.runId, provisional: false },
      key: `FAILED_RUN:${failure.runId}`,
      kind: 'FAILED_RUN',
      severity: failure.failureType === 'transient_error' ? 'WARNING' : 'CRITICAL',
      facts: { errorCode: failure.errorCode },
      openedAt: failure.finishedAt,
      ...(failure.mendedAt === null ? {} : { resolvedAt: failure.mendedAt }),
    });
  }
}

/** Active sources whose newest good run is older than their limit; one that was never read counts from its registration. */
function findStale(
  health: readonly SourceHealth[],
  rules: readonly AlertRule[],
  open: readonly OpenAlert[],
  now: Date,
  { raised }: Findings,
): void {
  if (!rules.some(({ kind }) => kind === 'STALE_SOURCE')) return;
  const known = new Set(open.filter(({ kind }) => kind === 'STALE_SOURCE').map(({ sourceId }) => sourceId));
  for (const each of health.filter((source) => isStale(source, now) && !known.has(source.sourceId))) {
    const lastGoodRunAt = each.lastGoodRunAt?.toISOString() ?? null;
    raised.push({
      ...{ ...NOTHING, sourceId: each.sourceId, provisional: false },
      key: `STALE_SOURCE:${each.sourceId}:${lastGoodRunAt}:${each.lastStaleAlertId}`,
      kind: 'STALE_SOURCE',
      severity: 'WARNING',
      facts: { lastGoodRunAt, freshnessLimitSeconds: each.freshnessLimitSeconds ?? 0 },
      openedAt: now,
    });
  }
}

function isStale({ freshnessLimitSeconds, lastGoodRunAt, createdAt }: SourceHealth, now: Date): boolean {
  if (freshnessLimitSeconds === null) return false;
  return now.getTime() - (lastGoodRunAt ?? createdAt).getTime() > freshnessLimitSeconds * 1000;
}

/** Alerts of sources that were read well since, or that are not read any more. */
function findMended(
  health: readonly SourceHealth[],
  open: readonly OpenAlert[],
  now: Date,
  { overIds }: Findings,
): void {
  const bySource = new Map(health.map((each) => [each.sourceId, each]));
  for (const { id, kind, sourceId, syncRunId } of open) {
    const source = sourceId === null ? undefined : bySource.get(sourceId);
    const isOver =
      source === undefined ||
      (kind === 'STALE_SOURCE' ? !isStale(source, now) : (source.lastGoodRunId ?? 0) > (syncRunId ?? 0));
    if (kind !== 'RANK_FALL' && isOver) overIds.push(id);
  }
}

/**
 * Entities whose index fell. A published result is compared with the published one of the year before, and what is found is final. A provisional one is
 * compared with the state at the beginning of its day in Vietnam (on the first day with the first result), so that a slow fall counts as much as a sudden
 * one; an entity is alerted of once a day, and the alert is over when it is back within the threshold, or the round is published.
 */
async function findFalls(
  stage: AlertStage,
  round: AssessmentRound,
  newest: SnapshotHead,
  rules: readonly AlertRule[],
  open: readonly OpenAlert[],
  { raised, overIds }: Findings,
): Promise<void> {
  const { catalogue, library } = stage;
  const own = open.filter(({ kind, roundId }) => kind === 'RANK_FALL' && roundId === round.id);
  const isPublished = newest.status === 'PUBLISHED';
  const measureId = catalogue().measureByCode(newest.frameworkCode, INDEX_CODE)?.id;
  if (measureId === undefined) return;
  const after = await library.load(newest);
  overIds.push(...own.filter((alert) => isPublished || isBack(after, measureId, alert)).map(({ id }) => id));
  const places = rules.find(({ kind, level }) => kind === 'RANK_FALL' && level === round.level)?.threshold ?? null;
  const base = places === null ? undefined : await findBase(stage, round, newest);
  if (places === null || base === undefined || base.id === newest.id) return;
  const before = await library.load(base);
  const previousMeasureId = catalogue().measureByCode(base.frameworkCode, INDEX_CODE)?.id ?? measureId;
  const day = new Date(Date.parse(newest.computedAt) + ZONE_MS).toISOString().slice(0, 10);
  for (const fall of findRankFalls(before.columns, after.columns, { measureId, previousMeasureId, places })) {
    const { entityId, rank, previousRank } = fall;
    raised.push({
      ...{ ...NOTHING, entityId, roundId: round.id, snapshotId: newest.id, comparedSnapshotId: base.id },
      key: `RANK_FALL:${round.id}:${entityId}:${isPublished ? 'published' : day}`,
      kind: 'RANK_FALL',
      severity: rank - previousRank >= 2 * places ? 'CRITICAL' : 'WARNING',
      provisional: !isPublished,
      facts: { rank, previousRank, threshold: places },
      openedAt: stage.now(),
      ...(isPublished ? { resolvedAt: stage.now() } : {}),
    });
  }
}

/** What a result is compared with; undefined = there is nothing. */
async function findBase(
  { database, catalogue, library }: AlertStage,
  round: AssessmentRound,
  newest: SnapshotHead,
): Promise<SnapshotHead | undefined> {
  if (newest.status === 'PUBLISHED') {
    const before = catalogue().previousRound(round);
    return before && library.findPublished(before.id, newest.revision);
  }
  const computedAt = Date.parse(newest.computedAt);
  const morning = new Date(Math.floor((computedAt + ZONE_MS) / DAY_MS) * DAY_MS - ZONE_MS);
  const em = database.fork();
  const revision = await revisionAt(em, morning);
  const atDawn = library.find(round.id, { revision, provisional: true });
  if (atDawn !== undefined) return atDawn;
  return library.find(round.id, { revision: await readFirstSnapshotRevision(em, round.id), provisional: true });
}

/** Whether an entity stands less than the threshold below the rank that it fell from, or is not ranked any more. */
function isBack({ columns }: LoadedSnapshot, measureId: number, { entityId, facts }: OpenAlert): boolean {
  const [measureAt, entityAt] = [measurePosition(columns, measureId), entityPosition(columns, entityId ?? 0)];
  if (measureAt === null || entityAt === null) return true;
  const { rank } = readCell(columns, measureAt, entityAt);
  return rank === null || rank - (facts.previousRank ?? 0) < (facts.threshold ?? 1);
}
