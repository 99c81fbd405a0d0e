import { GraphQLFloat, GraphQLInt } from 'graphql';
import { Arg, Field, ObjectType, Resolver, Root, Subscription } from 'type-graphql';
import { PlatformError } from '../domain/errors.js';
import { INDEX_CODE, type Measure } from '../domain/framework.js';
import type { AssessmentRound } from '../domain/round.js';
import { type ChangeThreshold, diffScores, reachesThreshold, type ScoreChange } from '../snapshot/diff.js';
import { readRevision } from './at.js';
import { createContext, type GraphContext, type LoadedRound, type Platform, View } from './context.js';
import { ListSize, PageSize } from './cost.js';
import { EntityType, readEntityCode } from './entity.js';
import { loadLast } from './lastSnapshot.js';
import { type LiveField, LiveSubscription } from './live.js';
import { findMeasure, MeasureType } from './measure.js';
import { findRound } from './round.js';
import { ScoreType, scoreOf } from './score.js';
import { MovedRow, Update } from './update.js';
import { type ChangeKind, ChangeKindWord } from './words.js';

/** Most rows that one update can have: the index of all communes, or 63 provinces in all measures. */
const MAX_ROWS = 20_000;

@ObjectType({ description: 'The score of one entity in one measure, as an update tells it.', simpleResolvers: true })
export class ScoreUpdateRow extends MovedRow {
  @Field(() => EntityType, { description: 'Who is scored.' })
  readonly entity: EntityType;

  @Field(() => MeasureType, { description: 'What is scored.' })
  readonly measure: MeasureType;

  @Field(() => ScoreType, {
    nullable: true,
    description: 'The score now; null when the row is REMOVED.',
  })
  readonly score: ScoreType | null;

  @Field(() => ChangeKindWord, { description: 'What has become of it since `previousRevision`.' })
  readonly kind: ChangeKind;

  @Field(() => Boolean, {
    description:
      'The row itself moved as far as `minRankChange` or `minValueChange` ask, came or went; the others only go with it, so that what you have is the whole state. Always true without these arguments.',
  })
  readonly triggered: boolean;

  constructor(change: ScoreChange, triggered: boolean, entity: EntityType, measure: Measure, score: ScoreType | null) {
    super(change);
    this.entity = entity;
    this.measure = new MeasureType(measure, entity.view);
    this.score = score;
    this.kind = change.kind;
    this.triggered = triggered;
  }
}

@ObjectType({
  description:
    'What a subscriber must apply to the scores that it has: all of them when `complete`, else the changed rows.',
  simpleResolvers: true,
})
export class ScoreUpdate extends Update {
  @ListSize('page')
  @Field(() => [ScoreUpdateRow], {
    description: 'Measure by measure as they were asked for, each by peer group, then by code; removed ones last.',
  })
  readonly rows: readonly ScoreUpdateRow[];

  constructor(revision: number, previousRevision: number | null, rows: readonly ScoreUpdateRow[]) {
    super(revision, previousRevision);
    this.rows = rows;
  }
}

/** What a subscriber watches. */
export interface WatchedScores {
  readonly round: AssessmentRound;
  /** Null = all of the round. */
  readonly entityIds: readonly number[] | null;
  readonly measures: readonly Measure[];
  readonly threshold: ChangeThreshold;
}

/**
 * The scores of chosen entities and measures, live. With a threshold nothing is told until one row has moved that far from what the subscriber has, and
 * then every row that changed: a drift in small steps adds up and is told in the end, and what was told is always a whole state.
 */
function liveScores(
  platform: Platform,
  { round, entityIds, measures, threshold }: WatchedScores,
): LiveField<ScoreUpdate> {
  const choice = { entityIds, measureIds: measures.map(({ id }) => id) };
  const measureById = new Map(measures.map((measure) => [measure.id, measure]));
  const toRows = (view: View, loaded: LoadedRound, changes: readonly ScoreChange[]) =>
    changes.flatMap((change) => {
      const entity = view.catalogue.entity(change.entityId);
      const measure = measureById.get(change.measureId);
      if (entity === undefined || measure === undefined) return [];
      const score = change.kind === 'REMOVED' ? null : scoreOf(view, loaded, entity.id, measure);
      const triggered = reachesThreshold(change, threshold);
      return [new ScoreUpdateRow(change, triggered, new EntityType(entity, view), measure, score)];
    });
  return {
    concerns: ({ kind, roundIds }) => (kind === 'SNAPSHOT' || kind === 'ROUND') && roundIds.includes(round.id),
    async tell(base, head) {
      const newest = platform.library.find(round.id, { revision: head, provisional: platform.publicProvisional });
      if (newest === undefined) return null;
      const known = base === null ? null : await loadLast(platform, round, base, head);
      if (known?.head.id === newest.id) return null;
      // Loaders and reference data live for one event; the next one may find other names.
      const view = new View(createContext(platform), newest.revision, null);
      const loaded = await view.load(round);
      if (loaded === null) throw new Error(`snapshot ${newest.id} is not in its round`);
      const changes = diffScores(known?.columns ?? null, loaded.columns, choice);
      if (known !== null && !changes.some((change) => reachesThreshold(change, threshold))) return null;
      const event = new ScoreUpdate(newest.revision, known === null ? null : base, toRows(view, loaded, changes));
      return { event, revision: newest.revision };
    },
  };
}

interface Arguments {
  readonly round: string;
  readonly entities?: readonly string[] | null;
  readonly measures?: readonly string[] | null;
  readonly minRankChange?: number | null;
  readonly minValueChange?: number | null;
  readonly since?: string | null;
}

/** Starts a subscription; what is wrong with its arguments is an error before the first event. */
function subscribe({ args, context }: { args: Arguments; context: GraphContext }): AsyncIterable<ScoreUpdate> {
  const { platform, view } = context;
  const round = findRound(view, args.round);
  const codes = new Set(args.measures ?? [INDEX_CODE]);
  const measures = [...codes].map((code) => findMeasure(view, round.frameworkCode, code));
  const members = round.groups.flatMap(({ entityIds }) => entityIds);
  const entityIds = args.entities ? findMembers(view, round, members, args.entities) : null;
  const rows = (entityIds ?? members).length * measures.length;
  if (rows === 0)
    throw wrong('"entities" and "measures" must not be empty; leave them out for all entities and the index');
  if (rows > MAX_ROWS) {
    throw wrong(`${rows} scores were asked for, ${MAX_ROWS} can be watched at once; name fewer entities or measures`);
  }
  const threshold = { rank: args.minRankChange ?? null, value: args.minValueChange ?? null };
  if (threshold.rank !== null && threshold.rank < 1)
    throw wrong(`"minRankChange" must be 1 or more, received ${threshold.rank}`);
  if (threshold.value !== null && !(threshold.value > 0 && threshold.value <= 1)) {
    throw wrong(`"minValueChange" must be above 0 and at most 1, received ${threshold.value}`);
  }
  const since = args.since === undefined || args.since === null ? null : readRevision(args.since, 'since');
  return new LiveSubscription(liveScores(platform, { round, entityIds, measures, threshold }), since);
}

/** The entities of a round with these codes or keys: a code means one entity within a round. */
function findMembers(
  view: View,
  round: AssessmentRound,
  members: readonly number[],
  codes: readonly string[],
): number[] {
  const idByCode = new Map(
    members.flatMap((id) => {
      const entity = view.catalogue.entity(id);
      return entity === undefined ? [] : readEntityCode(entity).map((code) => [code, id] as const);
    }),
  );
  const found = codes.map((code) => {
    const id = idByCode.get(code);
    if (id !== undefined) return id;
    throw new PlatformError('NOT_FOUND', `No entity "${code.slice(0, 80)}" takes part in the round ${round.code}.`);
  });
  return [...new Set(found)];
}

function wrong(message: string): PlatformError {
  return new PlatformError('BAD_USER_INPUT', `${message}.`);
}

/** Rows that an update is priced as: entities are not known yet where none are named. */
function countRows({ entities, measures }: Readonly<Record<string, unknown>>): number {
  const count = (list: unknown, otherwise: number) => (Array.isArray(list) ? list.length : otherwise);
  return Math.min(count(entities, 63) * count(measures, 1), MAX_ROWS);
}

/** Scores, live. */
@Resolver()
export class ScoreUpdatesResolver {
  @PageSize(countRows)
  @Subscription(() => ScoreUpdate, {
    subscribe,
    description:
      'Scores of chosen entities and measures, live: first their state, or with `since` what changed after it, then the rows that changed, nothing lost and nothing twice. A row has changed when its value, rank, points, coverage, automatic share or peer group has. With `minRankChange` or `minValueChange` an update comes when any watched row has moved that far from what you have (or came, or went), and then tells all that changed; small steps add up until they are told.',
  })
  scoreUpdates(
    @Root() update: ScoreUpdate,
    @Arg('round', () => String, { description: 'Code of the round: `PROVINCE-2022`. NOT_FOUND for an unknown one.' })
    _round: string,
    @Arg('entities', () => [String], {
      nullable: true,
      description:
        'Entities of the round, as code `74` or with code system, `GSO-2004:74`; absent = all. NOT_FOUND for others.',
    })
    _entities: string[] | null,
    @Arg('measures', () => [String], {
      nullable: true,
      description: 'Codes of measures of the framework of the round; absent = the index. NOT_FOUND for unknown ones.',
    })
    _measures: string[] | null,
    @Arg('minRankChange', () => GraphQLInt, {
      nullable: true,
      description:
        'Tell nothing before a row has moved this many places, up or down, from the rank that you have; 1 or more.',
    })
    _minRankChange: number | null,
    @Arg('minValueChange', () => GraphQLFloat, {
      nullable: true,
      description:
        'Tell nothing before a value has moved this far, up or down, from the one that you have; above 0, at most 1. With `minRankChange` too, one of them is enough.',
    })
    _minValueChange: number | null,
    @Arg('since', () => String, {
      nullable: true,
      description:
        'The revision of the last update that you have, decimal digits: the first update then tells what changed after it. One that is unknown or too old gets the whole state.',
    })
    _since: string | null,
  ): ScoreUpdate {
    return update;
  }
}
