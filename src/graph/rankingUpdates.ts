import { GraphQLFloat, GraphQLInt } from 'graphql';
import { Field, ObjectType } from 'type-graphql';
import type { Entity, PeerGroup } from '../domain/entity.js';
import type { Measure } from '../domain/framework.js';
import type { AssessmentRound } from '../domain/round.js';
import type { SnapshotHead } from '../domain/snapshot.js';
import { diffRanking } from '../snapshot/diff.js';
import { rankingOf } from '../snapshot/ranking.js';
import type { LoadedSnapshot } from '../store/snapshotLibrary.js';
import { createContext, type LoadedRound, type Platform, View } from './context.js';
import { ListSize } from './cost.js';
import { EntityType } from './entity.js';
import { requirePosition, ScoreType, scoreOf } from './score.js';

@ObjectType({ description: 'One row of an update.', simpleResolvers: true })
export class RankingUpdateRow {
  @Field(() => GraphQLInt, { nullable: true, description: 'The rank now; null = none.' })
  readonly rank: number | null;

  @Field(() => GraphQLInt, {
    nullable: true,
    description: 'The rank at `previousRevision`; null = it had none, or the update is complete.',
  })
  readonly previousRank: number | null;

  @Field(() => GraphQLFloat, { nullable: true, description: 'The value now, 0 to 1; null = none.' })
  readonly value: number | null;

  @Field(() => GraphQLFloat, {
    nullable: true,
    description: 'The value at `previousRevision`; null = it had none, or the update is complete.',
  })
  readonly previousValue: number | null;

  @Field(() => EntityType, { description: 'Who is ranked.' })
  readonly entity: EntityType;

  @Field(() => ScoreType, {
    nullable: true,
    description: 'The score behind the rank; null when the entity left the peer group.',
  })
  readonly score: ScoreType | null;

  constructor(entity: EntityType, score: ScoreType | null, previousRank: number | null, previousValue: number | null) {
    this.entity = entity;
    this.score = score;
    this.rank = score?.rank ?? null;
    this.value = score?.value ?? null;
    this.previousRank = previousRank;
    this.previousValue = previousValue;
  }
}

@ObjectType({
  description: 'What a subscriber must apply to what it has: the whole ranking when `complete`, else the changed rows.',
  simpleResolvers: true,
})
export class RankingUpdate {
  @Field(() => String, {
    description: 'The state after applying it: decimal digits, to be compared as an integer. Use it as `since`.',
  })
  readonly revision: string;

  @Field(() => String, {
    nullable: true,
    description: 'The state that it applies to: the revision of the update before it, or `since`. Null when complete.',
  })
  readonly previousRevision: string | null;

  @Field(() => Boolean, {
    description: 'The rows are the whole ranking and replace everything; else changed rows only.',
  })
  readonly complete: boolean;

  @ListSize(63)
  @Field(() => [RankingUpdateRow], { description: 'In the order of the ranking.' })
  readonly rows: readonly RankingUpdateRow[];

  constructor(revision: number, previousRevision: number | null, rows: readonly RankingUpdateRow[]) {
    this.revision = String(revision);
    this.previousRevision = previousRevision === null ? null : String(previousRevision);
    this.complete = previousRevision === null;
    this.rows = rows;
  }
}

/** What a subscriber watches. */
export interface Watched {
  readonly round: AssessmentRound;
  readonly measure: Measure;
  readonly group: PeerGroup;
  /** The last revision that the subscriber has; null = nothing. */
  readonly since: number | null;
}

/** Snapshots that may lie between the last update and now; with more of them the whole state is cheaper, for both sides. */
const MAX_STEPS = 100;

/**
 * Tells of a ranking: first its state, or what changed after `since`; then, for each later snapshot that touches it, the changed rows. Each update names
 * the revision that it applies to, so that a gap would be seen. Ends when the signal aborts or the feed closes.
 */
export async function* watchRanking(
  platform: Platform,
  watched: Watched,
  signal: AbortSignal,
): AsyncGenerator<RankingUpdate, void> {
  const { round, since } = watched;
  let head = platform.feed.head;
  /** The snapshot whose rows the subscriber has, and the revision that it knows it by. */
  let last: { snapshot: LoadedSnapshot; revision: number } | null =
    since === null ? null : await findBase(platform, round, since, head);
  for (;;) {
    for (const step of nextSteps(platform, round, last?.snapshot.head ?? null, head)) {
      const update = await describe(platform, watched, step.isWhole ? null : last, step.head);
      if (signal.aborted) return;
      last = {
        snapshot: update.snapshot,
        revision: update.event === null ? (last?.revision ?? 0) : step.head.revision,
      };
      if (update.event !== null) yield update.event;
    }
    await platform.feed.changed(head, signal);
    // A feed that wakes without news has been closed.
    if (signal.aborted || platform.feed.head <= head) return;
    head = platform.feed.head;
  }
}

/** The snapshot that a subscriber had at a revision; null = unknown or too old, so that it gets the whole state. */
async function findBase(platform: Platform, round: AssessmentRound, since: number, head: number) {
  const scope = { revision: since, provisional: platform.publicProvisional };
  const base = since > head ? undefined : platform.library.find(round.id, scope);
  if (base === undefined) return null;
  const isFar = stepsAfter(platform, round, since, head) === null;
  return isFar ? null : { snapshot: await platform.library.load(base), revision: since };
}

/** Snapshots after one revision and up to another, oldest first; null = more than a subscriber is told one by one. */
function stepsAfter(
  { library, publicProvisional }: Platform,
  round: AssessmentRound,
  after: number,
  upTo: number,
): SnapshotHead[] | null {
  const steps: SnapshotHead[] = [];
  const findAt = (revision: number) => library.find(round.id, { revision, provisional: publicProvisional });
  // Backwards from the newest: most subscribers are one step behind a history of thousands.
  for (let head = findAt(upTo); head !== undefined && head.revision > after; head = findAt(head.revision - 1)) {
    if (steps.push(head) > MAX_STEPS) return null;
  }
  return steps.reverse();
}

interface Step {
  readonly head: SnapshotHead;
  readonly isWhole: boolean;
}

/** Snapshots after the last one, oldest first; only the newest one, as a whole, when there is no last one or too many came. */
function nextSteps(platform: Platform, round: AssessmentRound, last: SnapshotHead | null, head: number): Step[] {
  const scope = { revision: head, provisional: platform.publicProvisional };
  const newest = platform.library.find(round.id, scope);
  if (newest === undefined || newest.revision <= (last?.revision ?? 0)) return [];
  if (last === null) return [{ head: newest, isWhole: true }];
  const steps = stepsAfter(platform, round, last.revision, head);
  if (steps === null) return [{ head: newest, isWhole: true }];
  return steps.map((each) => ({ head: each, isWhole: false }));
}

/** The update to a snapshot; its event is null when the snapshot does not touch what is watched. */
async function describe(
  platform: Platform,
  { round, measure, group }: Watched,
  last: { readonly snapshot: LoadedSnapshot; readonly revision: number } | null,
  head: SnapshotHead,
): Promise<{ snapshot: LoadedSnapshot; event: RankingUpdate | null }> {
  // Loaders and reference data live for one event; the next one may find other sources and names.
  const view = new View(createContext(platform), head.revision, null);
  const loaded = await view.load(round);
  if (loaded === null) throw new Error(`snapshot ${head.id} is not in its round`);
  const snapshot = { head, columns: loaded.columns };
  const measureAt = requirePosition(loaded, measure);
  if (last === null) {
    const rows = rankingOf(loaded.columns, measureAt, group.id).flatMap((entityAt) =>
      toRow(view, loaded, measure, loaded.columns.entityIds[entityAt] ?? 0, null, null),
    );
    return { snapshot, event: new RankingUpdate(head.revision, null, rows) };
  }
  const changes = diffRanking(last.snapshot.columns, loaded.columns, measureAt, group.id);
  const rows = changes.flatMap(({ entityId, kind, previousRank, previousValue }) =>
    toRow(view, kind === 'REMOVED' ? null : loaded, measure, entityId, previousRank, previousValue),
  );
  return { snapshot, event: rows.length === 0 ? null : new RankingUpdate(head.revision, last.revision, rows) };
}

function toRow(
  view: View,
  loaded: LoadedRound | null,
  measure: Measure,
  entityId: number,
  previousRank: number | null,
  previousValue: number | null,
): RankingUpdateRow[] {
  const entity: Entity | undefined = view.catalogue.entity(entityId);
  if (entity === undefined) return [];
  const score = loaded === null ? null : scoreOf(view, loaded, entityId, measure);
  return [new RankingUpdateRow(new EntityType(entity, view), score, previousRank, previousValue)];
}
