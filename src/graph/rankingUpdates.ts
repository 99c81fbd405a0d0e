import { Field, ObjectType } from 'type-graphql';
import type { Entity, PeerGroup } from '../domain/entity.js';
import type { Measure } from '../domain/framework.js';
import type { AssessmentRound } from '../domain/round.js';
import type { SnapshotHead } from '../domain/snapshot.js';
import { diffRanking } from '../snapshot/diff.js';
import { rankingOf } from '../snapshot/ranking.js';
import type { Revision } from '../store/revision.js';
import { createContext, type LoadedRound, type Platform, View } from './context.js';
import { ListSize } from './cost.js';
import { EntityType } from './entity.js';
import { loadLast } from './lastSnapshot.js';
import type { LiveField, Told } from './live.js';
import { requirePosition, ScoreType, scoreOf } from './score.js';
import { MovedRow, Update } from './update.js';

@ObjectType({ description: 'One row of an update.', simpleResolvers: true })
export class RankingUpdateRow extends MovedRow {
  @Field(() => EntityType, { description: 'Who is ranked.' })
  readonly entity: EntityType;

  @Field(() => ScoreType, {
    nullable: true,
    description: 'The score behind the rank; null when the entity left the peer group.',
  })
  readonly score: ScoreType | null;

  constructor(entity: EntityType, score: ScoreType | null, previousRank: number | null, previousValue: number | null) {
    super({ rank: score?.rank ?? null, value: score?.value ?? null, previousRank, previousValue });
    this.entity = entity;
    this.score = score;
  }
}

@ObjectType({
  description: 'What a subscriber must apply to what it has: the whole ranking when `complete`, else the changed rows.',
  simpleResolvers: true,
})
export class RankingUpdate extends Update {
  @ListSize(63)
  @Field(() => [RankingUpdateRow], { description: 'In the order of the ranking.' })
  readonly rows: readonly RankingUpdateRow[];

  constructor(revision: number, previousRevision: number | null, rows: readonly RankingUpdateRow[]) {
    super(revision, previousRevision);
    this.rows = rows;
  }
}

/** What a subscriber watches. */
export interface WatchedRanking {
  readonly round: AssessmentRound;
  readonly measure: Measure;
  readonly group: PeerGroup;
}

/** A ranking, live: told as a whole, or as the rows that differ between the snapshot that a subscriber has and the newest one. */
export class RankingField implements LiveField<RankingUpdate> {
  constructor(
    readonly platform: Platform,
    readonly watched: WatchedRanking,
  ) {}

  /** Only results of its round touch it. */
  concerns({ snapshotId, roundIds }: Revision): boolean {
    return snapshotId !== null && roundIds.includes(this.watched.round.id);
  }

  /** See {@link LiveField}. */
  async tell(base: number | null, head: number): Promise<Told<RankingUpdate> | null> {
    const { platform, watched } = this;
    const newest = this.#find(head);
    if (newest === undefined) return null;
    const last = base === null ? null : await loadLast(platform, watched.round, base, head);
    if (base === null || last === null) return this.#tellAll(newest);
    if (last.head.id === newest.id) return null;
    // Loaders and reference data live for one event; the next one may find other sources and names.
    const view = new View(createContext(platform), newest.revision, null);
    const loaded = await this.#load(view, newest);
    const measureAt = requirePosition(loaded, watched.measure);
    const changes = diffRanking(last.columns, loaded.columns, measureAt, watched.group.id);
    const rows = changes.flatMap(({ entityId, kind, previousRank, previousValue }) =>
      toRow(view, kind === 'REMOVED' ? null : loaded, watched.measure, entityId, previousRank, previousValue),
    );
    if (rows.length === 0) return null;
    return { event: new RankingUpdate(newest.revision, base, rows), revision: newest.revision };
  }

  async #tellAll(newest: SnapshotHead): Promise<Told<RankingUpdate>> {
    const { measure, group } = this.watched;
    const view = new View(createContext(this.platform), newest.revision, null);
    const loaded = await this.#load(view, newest);
    const rows = rankingOf(loaded.columns, requirePosition(loaded, measure), group.id).flatMap((entityAt) =>
      toRow(view, loaded, measure, loaded.columns.entityIds[entityAt] ?? 0, null, null),
    );
    return { event: new RankingUpdate(newest.revision, null, rows), revision: newest.revision };
  }

  async #load(view: View, { id }: SnapshotHead): Promise<LoadedRound> {
    const loaded = await view.load(this.watched.round);
    if (loaded === null) throw new Error(`snapshot ${id} is not in its round`);
    return loaded;
  }

  #find(revision: number): SnapshotHead | undefined {
    const { library, publicProvisional } = this.platform;
    return library.find(this.watched.round.id, { revision, provisional: publicProvisional });
  }
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
