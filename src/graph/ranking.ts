import { GraphQLInt } from 'graphql';
import { Arg, Args, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import { entityKey } from '../domain/entity.js';
import { INDEX_CODE } from '../domain/framework.js';
import { entityPosition } from '../snapshot/columns.js';
import { rankingOf } from '../snapshot/ranking.js';
import type { Filter } from '../store/condition.js';
import { openPage, ReadPageArgs } from './at.js';
import { connectionType, type Page, showPage, slicePage } from './connection.js';
import type { GraphContext } from './context.js';
import { Scan } from './cost.js';
import { EntityType } from './entity.js';
import { findMeasure, MeasureType } from './measure.js';
import { ORDER_BY, type Order, orderKey } from './order.js';
import { findPeerGroup, PEER_GROUP_ARGUMENT, PeerGroupType } from './peerGroup.js';
import { entityOf, MEASURE_ARGUMENT, requirePosition, requireRound, ScoreType } from './score.js';
import { compileScoreFilter, loadFilter, type RankingField, RankingFilter } from './scoreFilter.js';
import { ScoreOrder, type ScoreOrderBy, sortScores } from './scoreOrder.js';
import { ScoreSummary, SUMMARY, summarise } from './scoreSummary.js';
import { SnapshotType } from './snapshot.js';
import { Reads } from './volatile.js';

@ObjectType({ description: 'One row of a ranking.', simpleResolvers: true })
export class RankingRow {
  @Field(() => GraphQLInt, {
    nullable: true,
    description: 'Ties share the smaller rank: 1, 2, 2, 4. Null = no value, listed last.',
  })
  readonly rank: number | null;

  @Field(() => ScoreType, { description: 'The score behind the rank.' })
  readonly score: ScoreType;

  constructor(score: ScoreType) {
    this.rank = score.rank;
    this.score = score;
  }

  @Field(() => EntityType, { description: 'Who is ranked.' })
  entity(): EntityType {
    return this.score.entity();
  }
}

const RankingPage = connectionType('Ranking', () => RankingRow, 'A page of a ranking.');

@ObjectType('RankingConnection', {
  description: 'A peer group ordered by unrounded score: by rank, ties by code, those without a value last.',
  simpleResolvers: true,
})
export class RankingConnection extends RankingPage {
  @Field(() => SnapshotType, { description: 'The computation that it is the result of; the same on all pages.' })
  readonly snapshot: SnapshotType;

  @Field(() => PeerGroupType, { description: 'Who is ranked together.' })
  readonly peerGroup: PeerGroupType;

  @Field(() => MeasureType, { description: 'What is ranked by.' })
  readonly measure: MeasureType;

  readonly #summarise: () => ScoreSummary;

  constructor(
    page: Page<RankingRow>,
    snapshot: SnapshotType,
    peerGroup: PeerGroupType,
    measure: MeasureType,
    summarise: () => ScoreSummary,
  ) {
    super(page);
    this.#summarise = summarise;
    this.snapshot = snapshot;
    this.peerGroup = peerGroup;
    this.measure = measure;
  }

  @Field(() => ScoreSummary, SUMMARY)
  summary(): ScoreSummary {
    return this.#summarise();
  }
}

/** The root field `ranking`. */
@Resolver(() => RankingConnection)
export class RankingResolver {
  @Scan(63)
  @Reads('RESULTS')
  @Query(() => RankingConnection, {
    description:
      'The ranking of one peer group in one measure of a round. AS_OF_UNAVAILABLE when nothing had been computed.',
  })
  async ranking(
    @Args(() => ReadPageArgs) args: ReadPageArgs,
    @Arg('round', () => String, { description: 'Code of the round: `PROVINCE-2022`. NOT_FOUND for an unknown one.' })
    roundCode: string,
    @Arg('measure', () => String, MEASURE_ARGUMENT) measureCode: string | null,
    @Arg('peerGroup', () => String, PEER_GROUP_ARGUMENT) groupCode: string | null,
    @Arg('filter', () => RankingFilter, { nullable: true, description: 'Which rows.' })
    filter: Filter<RankingField> | null,
    @Arg('orderBy', () => [ScoreOrder], ORDER_BY) orderBy: Order<ScoreOrderBy>[] | null,
    @Ctx() context: GraphContext,
  ): Promise<RankingConnection> {
    const list = `ranking:${roundCode}:${measureCode ?? INDEX_CODE}:${groupCode ?? ''}${orderKey(orderBy)}`;
    const { view, position, size } = await openPage(context, args, list);
    const loaded = await requireRound(view, roundCode);
    const { columns, head, round } = loaded;
    const measure = findMeasure(view, round.frameworkCode, measureCode ?? INDEX_CODE);
    const group = findPeerGroup(view, round, groupCode ?? null);
    const measureAt = requirePosition(loaded, measure);
    await loadFilter(view, filter);
    const matches = compileScoreFilter(filter, view, loaded);
    const base = measureAt * columns.entityIds.length;
    const ranked = rankingOf(columns, measureAt, group.id);
    const isListed = matches === null ? null : (entityAt: number) => matches(base + entityAt);
    const selectListed = () =>
      (isListed === null ? ranked : ranked.filter(isListed)).map((entityAt) => base + entityAt);
    const all = orderBy?.length ? sortScores(selectListed(), orderBy, view, loaded).map((cell) => cell - base) : ranked;
    const show = (entityAt: number) => new RankingRow(new ScoreType(view, loaded, measureAt, entityAt));
    const keyOf = ({ score }: RankingRow) => entityKey(entityOf(score));
    const page = slicePage(all, (entityAt) => keyOf(show(entityAt)), position, size, {
      matches: isListed,
      placeOf: (key) => all.indexOf(entityPosition(columns, view.catalogue.entityByKey(key)?.id ?? 0) ?? -1),
    });
    return new RankingConnection(
      showPage(page, show, keyOf),
      new SnapshotType(head, view),
      new PeerGroupType(group),
      new MeasureType(measure, view),
      () => summarise(view, loaded, selectListed()),
    );
  }
}
