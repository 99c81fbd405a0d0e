import { setTimeout as sleep } from 'node:timers/promises';
import type { Catalogue } from '../../src/domain/catalogue.js';
import { describeError } from '../../src/domain/errors.js';
import { recomputeSnapshot } from '../../src/pipeline/compute.js';
import { followRevisions } from '../../src/store/feed.js';
import type { Database } from '../../src/store/orm.js';
import { readHead } from '../../src/store/revision.js';
import { readSnapshotHeads } from '../../src/store/snapshot.js';
import { addSource, roundOf, rowsOf } from '../store/batch.js';
import { Follower } from './follower.js';
import { openStage, type Stage } from './stage.js';
import { type Cell, type WriterAccount, write } from './writer.js';

const ROUND = 'PROVINCE-2026';
const GATEWAYS = 2;
/** What subscribers ask for beside values; equal ones share their events, others do not. */
const EXTRAS = ['', 'rank previousRank', 'rank score { coverage }'];

/** How much of everything. */
export interface StreamSize {
  readonly writers: number;
  readonly sockets: number;
  /** Time for which writers write, in milliseconds; gateways are killed and the database is restarted within it. */
  readonly writeMs: number;
  /** Whether processes are killed and the database is restarted. */
  readonly faults: boolean;
  /** Longest wait for everything to have arrived after the last write, in milliseconds. */
  readonly settleMs: number;
}

/** What was seen. */
export interface StreamAccount extends WriterAccount {
  /** Everything that a client or a reader of the revisions could complain about; empty = nothing was lost and nothing came twice. */
  readonly complaints: readonly string[];
  readonly revisions: number;
  readonly snapshots: number;
  readonly updates: number;
  readonly resumed: number;
  readonly restarted: number;
}

/**
 * Writers that start, stall and roll back at random, dashboards that are cut off at random, gateways that are killed and a database that is restarted:
 * then every dashboard must have what a query says, and must have seen every revision that touches it in order.
 * @param prepare changes the database before the gateways start; a control takes its numbers there as one must not
 */
export async function runStream(
  size: StreamSize,
  prepare: (database: Database) => Promise<void> = async () => undefined,
): Promise<StreamAccount> {
  const stage = await openStage(GATEWAYS, size.writers + 10, prepare);
  const followers: Follower[] = [];
  const { database, catalogue } = stage;
  const feed = await followRevisions(database, () => undefined);
  try {
    const first = feed.head;
    const seen: number[] = [];
    feed.onRevision(({ id }) => void seen.push(id));
    const { cells, measures } = await layOut(database, catalogue, size.writers);
    for (let at = 0; at < size.sockets; at += 1) {
      const watch = {
        round: ROUND,
        measure: measures[at % measures.length] ?? 'INDEX',
        extra: EXTRAS[at % EXTRAS.length] ?? '',
      };
      followers.push(new Follower(watch, () => stage.gateways[Math.floor(Math.random() * GATEWAYS)] ?? ''));
    }
    const stop = new AbortController();
    const writing = cells.map((cell) => write(database, cell, stop.signal));
    await disturb(stage, followers, size);
    stop.abort();
    const accounts = await Promise.all(writing);

    const complaints = await settle(stage, followers, measures, size.settleMs);
    complaints.push(...(await auditReader(database, first, seen)), ...followers.flatMap((each) => each.complaints));
    const [count] = await rowsOf<{ count: string }>(database, 'select count(*) from snapshot');
    const sum = (of: (follower: Follower) => number) => followers.reduce((total, each) => total + of(each), 0);
    return {
      complaints,
      committed: accounts.reduce((total, each) => total + each.committed, 0),
      rolledBack: accounts.reduce((total, each) => total + each.rolledBack, 0),
      cutOff: accounts.reduce((total, each) => total + each.cutOff, 0),
      revisions: seen.length,
      snapshots: Number(count?.count),
      updates: sum(({ updates }) => updates),
      resumed: sum(({ resumed }) => resumed),
      restarted: sum(({ restarted }) => restarted),
    };
  } finally {
    await Promise.all(followers.map((each) => each.close()));
    await feed.close();
    await stage.close();
  }
}

/** Figures of their own for all writers, and the measures that they move. */
async function layOut(database: Database, catalogue: Catalogue, writers: number) {
  const roundId = roundOf(catalogue, ROUND);
  const round = catalogue.round(roundId);
  const framework = catalogue.framework(round?.frameworkCode ?? '');
  // Those of the other rules would need other figures than a share.
  const shares = framework?.measures.filter(({ indicator }) => indicator?.rule.kind === 'RATIO') ?? [];
  const entityIds = round?.groups[0]?.entityIds ?? [];
  const sourceId = await addSource(database, 'stream');
  const cells: Cell[] = Array.from({ length: writers }, (_, at) => ({
    ...{ sourceId, roundId },
    entityId: entityIds[at % entityIds.length] ?? 0,
    indicatorId: shares[Math.floor(at / entityIds.length) % shares.length]?.id ?? 0,
  }));
  const used = new Set(cells.map(({ indicatorId }) => indicatorId));
  const codes = (framework?.measures ?? []).filter(
    ({ id, kind }) => used.has(id) || kind === 'INDEX' || kind === 'PILLAR' || kind === 'MAIN_INDEX',
  );
  return { cells, measures: codes.filter(({ maxPoints }) => maxPoints > 0).map(({ code }) => code) };
}

/** Cuts connections all the time; in the middle kills each gateway once and restarts the database. */
async function disturb(stage: Stage, followers: readonly Follower[], { writeMs, faults }: StreamSize): Promise<void> {
  const end = performance.now() + writeMs;
  const cutting = (async () => {
    while (performance.now() < end) {
      await sleep(300);
      followers[Math.floor(Math.random() * followers.length)]?.cut();
    }
  })();
  if (faults) {
    await sleep(writeMs / 5);
    await stage.killGateway(0);
    await sleep(writeMs / 10);
    await stage.restartDatabase();
    await sleep(writeMs / 10);
    await stage.killGateway(1);
  }
  await cutting;
}

/** Waits until all that was written has been computed and told; says what has not. */
async function settle(
  stage: Stage,
  followers: readonly Follower[],
  measures: readonly string[],
  settleMs: number,
): Promise<string[]> {
  const { database, catalogue } = stage;
  const complaints = await retry(settleMs, async () => {
    const newest = (await readSnapshotHeads(database.fork(), 0)).at(-1);
    if (newest === undefined) return ['nothing was computed'];
    const inputRevision = await readHead(database.fork());
    // Whoever computes from everything that there is must find what was served last.
    return recomputeSnapshot(database, catalogue, { ...newest, inputRevision }).then(
      () => [],
      (error: unknown) => [`the newest result does not hold all that was written: ${describeError(error)}`],
    );
  });
  const differing = await retry(settleMs, async () => {
    const wrong: string[] = [];
    for (const gateway of stage.gateways.keys()) {
      for (const measure of measures) {
        const asked = await ask(stage, gateway, measure);
        const different = followers.filter(
          (each) => each.watch.measure === measure && !isEqual(each.values, asked),
        ).length;
        if (different > 0)
          wrong.push(`${different} dashboards of ${measure} differ from the query at gateway ${gateway}`);
      }
    }
    return wrong;
  });
  return [...complaints, ...differing];
}

async function retry(longestMs: number, find: () => Promise<string[]>): Promise<string[]> {
  const deadline = performance.now() + longestMs;
  for (;;) {
    const complaints = await find();
    if (complaints.length === 0 || performance.now() > deadline) return complaints;
    await sleep(250);
  }
}

async function ask(stage: Stage, gateway: number, measure: string): Promise<Map<string, number | null>> {
  const { ranking } = await stage.query<{
    ranking: { edges: { node: { entity: { code: string }; score: { value: number | null } } }[] };
  }>(
    gateway,
    `query ($round: String!, $measure: String) {
      ranking(round: $round, measure: $measure, first: 100) { edges { node { entity { code } score { value } } } }
    }`,
    { round: ROUND, measure },
  );
  return new Map(ranking.edges.map(({ node }) => [node.entity.code, node.score.value]));
}

function isEqual(one: ReadonlyMap<string, number | null>, other: ReadonlyMap<string, number | null>): boolean {
  return one.size === other.size && [...one].every(([code, value]) => other.has(code) && other.get(code) === value);
}

/** Whether a reader of the revisions has seen each of them once, in order. */
async function auditReader(database: Database, first: number, seen: readonly number[]): Promise<string[]> {
  const all = await rowsOf<{ id: string }>(database, `select id from revision where id > ${first} order by id`);
  const known = new Set(seen);
  const lost = all.filter(({ id }) => !known.has(Number(id))).length;
  const complaints: string[] = [];
  if (lost > 0) complaints.push(`${lost} of ${all.length} revisions were never read`);
  if (seen.length > known.size) complaints.push(`${seen.length - known.size} revisions were read twice`);
  if (seen.some((id, at) => at > 0 && id <= (seen[at - 1] ?? 0))) complaints.push('revisions were read out of order');
  return complaints;
}
