import { Arg, Args, Ctx, Field, FieldResolver, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { INDEX_CODE, type MeasureKind } from '../domain/framework.js';
import { entityPosition } from '../snapshot/columns.js';
import type { Filter } from '../store/condition.js';
import { openPage, ReadPageArgs } from './at.js';
import { connectionType, type Page, type Rows, showPage, slicePage } from './connection.js';
import type { GraphContext, LoadedRound } from './context.js';
import { ListSize, Scan } from './cost.js';
import { EntityType } from './entity.js';
import { countMeasures, findMeasure, MAX_CHILDREN } from './measure.js';
import { ORDER_BY, type Order, orderKey } from './order.js';
import { ReferenceType } from './reference.js';
import { findRound } from './round.js';
import { MEASURE_ARGUMENT, requireRound, ScoreType, scoreOf, selectMeasures } from './score.js';
import type { CellTest } from './scoreFigures.js';
import { compileScoreFilter, loadFilter, type ScoreField, ScoreFilter } from './scoreFilter.js';
import { ScoreOrder, type ScoreOrderBy, sortScores } from './scoreOrder.js';
import { ScoreSummary, SUMMARY, summarise } from './scoreSummary.js';
import { Reads } from './volatile.js';
import { MeasureKindWord } from './words.js';

const ScorePage = connectionType(
  'Score',
  () => ScoreType,
  'Scores of a round, by peer group, then by entity, in framework order.',
);

@ObjectType('ScoreConnection', {
  description: 'Scores of a round, by peer group, then by entity, in framework order.',
  simpleResolvers: true,
})
class ScoreConnection extends ScorePage {
  readonly #summarise: () => ScoreSummary;

  constructor(page: Page<ScoreType>, summarise: () => ScoreSummary) {
    super(page);
    this.#summarise = summarise;
  }

  @Field(() => ScoreSummary, SUMMARY)
  summary(): ScoreSummary {
    return this.#summarise();
  }
}

const ROUND = { description: 'Code of the round: `PROVINCE-2022`. NOT_FOUND for an unknown one.' };
const KIND = { nullable: true, description: 'Only measures of this kind.' };
const PARENT = {
  nullable: true,
  description: 'Only children of this measure, by its code. NOT_FOUND for an unknown one.',
};

/** Goes on at once when a round is in memory already, so that 63 nested lists do not cost 63 promises. */
function whenLoaded<Result>(
  loading: LoadedRound | null | Promise<LoadedRound | null>,
  absent: Result,
  then: (loaded: LoadedRound) => Result,
): Result | Promise<Result> {
  const go = (loaded: LoadedRound | null): Result => (loaded === null ? absent : then(loaded));
  return loading instanceof Promise ? loading.then(go) : go(loading);
}

/** Cells of the columns by entity, then in framework order, told one by one: a round of communes has a million, and a page shows a hundred. */
function cellsOf({ columns }: LoadedRound, measures: readonly number[]) {
  const entityCount = columns.entityIds.length;
  const width = measures.length;
  return {
    length: entityCount * width,
    at: (place: number) => (measures[place % width] ?? 0) * entityCount + Math.floor(place / width),
    indexOf(cell: number): number {
      const at = measures.indexOf(Math.floor(cell / entityCount));
      return at < 0 ? -1 : (cell % entityCount) * width + at;
    },
  };
}

/** The cells that the test lets through. */
function selectCells(all: Rows<number>, matches: CellTest | null): number[] {
  const cells: number[] = [];
  for (let place = 0; place < all.length; place += 1) {
    const cell = all.at(place) ?? 0;
    if (matches === null || matches(cell)) cells.push(cell);
  }
  return cells;
}

/** Fields that lead from entities to scores, and the root field about scores. */
@Resolver(() => EntityType)
export class ScoreResolver {
  @FieldResolver(() => ScoreType, {
    nullable: true,
    name: 'score',
    description: 'Its score in one measure of a round; null when it does not take part or nothing has been computed.',
  })
  entityScore(
    @Root() { entity, view }: EntityType,
    @Arg('round', () => String, ROUND) roundCode: string,
    @Arg('measure', () => String, MEASURE_ARGUMENT) measureCode: string | null,
  ): ScoreType | null | Promise<ScoreType | null> {
    const round = findRound(view, roundCode);
    const measure = findMeasure(view, round.frameworkCode, measureCode ?? INDEX_CODE);
    return whenLoaded<ScoreType | null>(view.load(round), null, (loaded) => scoreOf(view, loaded, entity.id, measure));
  }

  @ListSize(({ kind, parent }) => (parent ? MAX_CHILDREN : countMeasures(kind)))
  @FieldResolver(() => [ScoreType], {
    name: 'scores',
    description:
      'Its scores in a round, in framework order; empty when it does not take part or nothing has been computed.',
  })
  entityScores(
    @Root() { entity, view }: EntityType,
    @Arg('round', () => String, ROUND) roundCode: string,
    @Arg('kind', () => MeasureKindWord, KIND) kind: MeasureKind | null,
    @Arg('parent', () => String, PARENT) parent: string | null,
  ): ScoreType[] | Promise<ScoreType[]> {
    const round = findRound(view, roundCode);
    const selection = { kind: kind ?? null, parent: parent ? findMeasure(view, round.frameworkCode, parent) : null };
    return whenLoaded<ScoreType[]>(view.load(round), [], (loaded) => {
      const entityAt = entityPosition(loaded.columns, entity.id);
      if (entityAt === null) return [];
      return selectMeasures(loaded, selection).map((measureAt) => new ScoreType(view, loaded, measureAt, entityAt));
    });
  }

  @Scan(7000)
  @Reads('RESULTS')
  @Query(() => ScoreConnection, {
    description: 'All scores of a round. AS_OF_UNAVAILABLE when nothing had been computed.',
  })
  async scores(
    @Args(() => ReadPageArgs) args: ReadPageArgs,
    @Arg('round', () => String, ROUND) roundCode: string,
    @Arg('kind', () => MeasureKindWord, KIND) kind: MeasureKind | null,
    @Arg('parent', () => String, PARENT) parent: string | null,
    @Arg('filter', () => ScoreFilter, { nullable: true, description: 'Which scores.' })
    filter: Filter<ScoreField> | null,
    @Arg('orderBy', () => [ScoreOrder], ORDER_BY) orderBy: Order<ScoreOrderBy>[] | null,
    @Ctx() context: GraphContext,
  ): Promise<ScoreConnection> {
    const { view, position, size } = await openPage(context, args, `scores:${roundCode}${orderKey(orderBy)}`);
    const loaded = await requireRound(view, roundCode);
    const { frameworkCode } = loaded.round;
    const selection = { kind: kind ?? null, parent: parent ? findMeasure(view, frameworkCode, parent) : null };
    const measures = selectMeasures(loaded, selection);
    await loadFilter(view, filter);
    const matches = compileScoreFilter(filter, view, loaded);
    const entityCount = loaded.columns.entityIds.length;
    const cells = cellsOf(loaded, measures);
    const all = orderBy?.length ? sortScores(selectCells(cells, matches), orderBy, view, loaded) : cells;
    const show = (cell: number) => new ScoreType(view, loaded, Math.floor(cell / entityCount), cell % entityCount);
    const keyOf = ({ measureAt, entityAt }: ScoreType) => `${entityAt}:${measureAt}`;
    const page = slicePage(all, (cell) => keyOf(show(cell)), position, size, {
      matches,
      placeOf(key) {
        const [entityAt = 0, measureAt = 0] = key.split(':').map(Number);
        return /^\d+:\d+$/.test(key) && entityAt < entityCount ? all.indexOf(measureAt * entityCount + entityAt) : -1;
      },
    });
    const shown = showPage(page, show, keyOf);
    return new ScoreConnection(shown, () => summarise(view, loaded, selectCells(cells, matches)));
  }
}

/** The field that leads from a published result to our own. */
@Resolver(() => ReferenceType)
export class ReferenceScoreResolver {
  @FieldResolver(() => ScoreType, {
    nullable: true,
    name: 'score',
    description: 'The score of this platform for the same entity, measure and year; null when there is none.',
  })
  referenceScore(@Root() { reference, view }: ReferenceType): ScoreType | null | Promise<ScoreType | null> {
    const { entityId, measureCode, level, year } = reference;
    const round = view.catalogue.content.rounds.find((each) => each.level === level && each.year === year);
    const measure = round === undefined ? undefined : view.catalogue.measureByCode(round.frameworkCode, measureCode);
    if (entityId === null || round === undefined || measure === undefined) return null;
    return whenLoaded<ScoreType | null>(view.load(round), null, (loaded) => scoreOf(view, loaded, entityId, measure));
  }
}
