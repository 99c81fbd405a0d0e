import { GraphQLFloat, GraphQLInt } from 'graphql';
import { Arg, Args, Ctx, Field, FieldResolver, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { ERROR_CODES } from '../domain/errors.js';
import type { RunMode, SyncStatus } from '../domain/syncRun.js';
import type { Filter } from '../store/condition.js';
import { countSyncRuns, type ListedRun, listSyncRuns, type SyncRunField } from '../store/listSyncRuns.js';
import { openPage, ReadPageArgs } from './at.js';
import { connectionType, numberAfter, type Page, PageArgs, type Position, pageSize, positionIn } from './connection.js';
import { type GraphContext, type View } from './context.js';
import { Cost, Scan } from './cost.js';
import { DateTimeScalar } from './dateTime.js';
import { choiceFilter, DateTimeFilter, filterInput, mapFilter, StringFilter } from './filter.js';
import { NodeType } from './node.js';
import { readSource, SourceType } from './source.js';
import { Volatile } from './volatile.js';
import { SyncModeWord, SyncStatusWord } from './words.js';

@ObjectType({ description: 'Why a run failed.', simpleResolvers: true })
export class SyncError {
  @Field(() => String, { description: 'A code of the documented table, such as `SYNC_AUTH`.' })
  readonly code: string;

  @Field(() => String, {
    description: 'What the code means. What was found is for integrators: `failure` of the run.',
  })
  readonly message: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Who must act: `config_error` a person, `transient_error` time, `system_error` the authors of the code.',
  })
  readonly failureType: string | null;

  constructor(code: string, failureType: string | null) {
    this.code = code;
    this.message = new Map(Object.entries(ERROR_CODES)).get(code) ?? ERROR_CODES.INTERNAL_SERVER_ERROR;
    this.failureType = failureType;
  }
}

@ObjectType({ description: 'How far a run is.', simpleResolvers: true })
export class SyncProgress {
  @Field(() => GraphQLInt, { description: 'Pages read.' })
  readonly pages: number;

  @Field(() => GraphQLInt, { description: 'Records read.' })
  readonly records: number;

  @Field(() => GraphQLFloat, {
    nullable: true,
    description:
      'Share of the stream that is read, 0 to 1; null = the source does not say how much there is. 1 once the run has ended well.',
  })
  readonly share: number | null;

  @Field(() => String, { nullable: true, description: 'The stream that is being read; null = none (any more).' })
  readonly stream: string | null;

  constructor({ status, progress, pages, read }: ListedRun) {
    const isGood = status === 'SUCCEEDED' || status === 'SUCCEEDED_WITH_REJECTS';
    this.pages = progress?.pages ?? pages;
    this.records = progress?.records ?? read;
    this.share = isGood ? 1 : (progress?.share ?? null);
    this.stream = progress?.stream ?? null;
  }
}

@Volatile()
@ObjectType('SyncRun', {
  description:
    'One execution of one source. Every record that was read is accounted for: read = written + unchanged + superseded + tombstoned + rejected + skipped.',
  implements: NodeType,
  simpleResolvers: true,
})
export class SyncRunType implements NodeType {
  readonly id: string;

  @Field(() => SyncStatusWord, { description: 'Where it stands.' })
  readonly status: SyncStatus;

  @Field(() => SyncModeWord, { description: 'Whether it read all or what changed.' })
  readonly mode: RunMode;

  @Field(() => DateTimeScalar, { description: 'When it began.' })
  readonly startedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended; null = under way.' })
  readonly finishedAt: Date | null;

  @Field(() => GraphQLInt, {
    description:
      'Records read, and withdrawals by difference. A row that carries seven figures is seven records. 0 while the run is under way, see `progress`.',
  })
  readonly read: number;

  @Field(() => GraphQLInt, { description: 'Records that told something new.' })
  readonly written: number;

  @Field(() => GraphQLInt, { description: 'Records equal to what was known.' })
  readonly unchanged: number;

  @Field(() => GraphQLInt, { description: 'Corrections of what was known.' })
  readonly superseded: number;

  @Field(() => GraphQLInt, { description: 'Records that the source withdrew, and withdrawals by difference.' })
  readonly tombstoned: number;

  @Field(() => GraphQLInt, {
    description:
      'Figures that the source said before and that a full snapshot has no more: each counts as one record read and one withdrawn.',
  })
  readonly withdrawnByDifference: number;

  @Field(() => GraphQLInt, { description: 'Records refused and quarantined with their raw row.' })
  readonly rejected: number;

  @Field(() => GraphQLInt, { description: 'Records left out by a named rule.' })
  readonly skipped: number;

  @Field(() => GraphQLInt, { description: 'Pages read.' })
  readonly pages: number;

  @Field(() => [String], {
    description:
      'How the fields of its rows differ from those of the last good run: `statistics: field "x" disappeared`; 50 a stream at most.',
  })
  readonly schemaChanges: readonly string[];

  @Field(() => SyncProgress, {
    description: 'How far it is while it is under way, at most half a second old; then what it came to.',
  })
  readonly progress: SyncProgress;

  @Field(() => String, { nullable: true, description: 'Host and process that read the source; null = not recorded.' })
  readonly worker: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it failed, as it was found, with stream, page and field, and what to do; without secrets. Null = it did not. For integrators.',
  })
  readonly failure: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The period that it is limited to: `2024`. Other figures are skipped; null = all are taken.',
  })
  readonly period: string | null;

  constructor(
    readonly run: ListedRun,
    readonly view: View,
  ) {
    this.id = `SyncRun:${run.id}`;
    this.status = run.status;
    this.mode = run.mode;
    this.startedAt = run.startedAt;
    this.finishedAt = run.finishedAt;
    this.read = run.read;
    this.written = run.written;
    this.unchanged = run.unchanged;
    this.superseded = run.superseded;
    this.tombstoned = run.tombstoned;
    this.rejected = run.rejected;
    this.skipped = run.skipped;
    this.withdrawnByDifference = run.withdrawnByDifference;
    this.schemaChanges = run.schemaChanges;
    this.pages = run.pages;
    this.progress = new SyncProgress(run);
    this.worker = run.worker;
    this.failure = run.errorMessage;
    this.period = run.period;
  }

  @Field(() => [String], { description: 'Why the reading of each stream ended: "statistics: no next cursor".' })
  stopReasons(): string[] {
    return Object.entries(this.run.stopReasons).map(([stream, reason]) => `${stream}: ${reason}`);
  }

  @Field(() => [String], {
    description:
      'How many records each rule left out, or wrote as missing: "total line: 63", "suppressed_small_count: 2".',
  })
  skippedRules(): string[] {
    return Object.entries(this.run.skippedRules).map(([rule, count]) => `${rule}: ${count}`);
  }

  @Field(() => SyncError, { nullable: true, description: 'Why it failed; null = it did not.' })
  error(): SyncError | null {
    const { errorCode, failureType } = this.run;
    return errorCode === null ? null : new SyncError(errorCode, failureType);
  }

  @Field(() => SourceType, { description: 'The source that was read.' })
  source(): Promise<SourceType> {
    return readSource(this.view, this.run.sourceId);
  }
}

const SyncRunFilter = filterInput<SyncRunField>('SyncRunFilter', 'Selects sync runs.', {
  status: [choiceFilter('SyncStatus', () => SyncStatusWord), 'Where it stands.'],
  mode: [choiceFilter('SyncMode', () => SyncModeWord), 'Whether it read all or what changed.'],
  source: [StringFilter, 'Key of the source.'],
  startedAt: [DateTimeFilter, 'When it began.'],
  finishedAt: [DateTimeFilter, 'When it ended; `{ eq: null }` finds those under way.'],
});

const SyncRunConnection = connectionType('SyncRun', () => SyncRunType, 'Sync runs, newest first.');
type SyncRunConnection = InstanceType<typeof SyncRunConnection>;

/** A page of runs that were read one row further, to see whether there are more. */
function toPage(
  rows: readonly ListedRun[],
  view: View,
  position: Position,
  size: number,
  countAll: () => Promise<number>,
): Page<SyncRunType> {
  const nodes = rows.slice(0, size).map((run) => new SyncRunType(run, view));
  return { position, nodes, keyOf: ({ run }) => String(run.id), hasNext: rows.length > size, countAll };
}

async function readNewestRun({ source, view }: SourceType, readsOnly: boolean): Promise<SyncRunType | null> {
  const key = { sourceId: source.id, until: view.until, before: null, limit: 1, readsOnly };
  const [run] = await view.loaders.runsOfSource.load(key);
  return run === undefined ? null : new SyncRunType(run, view);
}

/** Fields that lead to sync runs. */
@Resolver(() => SourceType)
export class SyncRunResolver {
  @Volatile()
  @Cost(5)
  @FieldResolver(() => SyncRunType, {
    nullable: true,
    name: 'lastRun',
    description: 'Its newest run, be it a replay; null = none yet.',
  })
  lastRunOfSource(@Root() source: SourceType): Promise<SyncRunType | null> {
    return readNewestRun(source, false);
  }

  @Volatile()
  @Cost(5)
  @FieldResolver(() => SyncRunType, {
    nullable: true,
    name: 'lastReading',
    description: 'Its newest run that read it: a replay maps again what an earlier one refused. Null = none yet.',
  })
  lastReadingOfSource(@Root() source: SourceType): Promise<SyncRunType | null> {
    return readNewestRun(source, true);
  }

  @Volatile()
  @Cost(10)
  @FieldResolver(() => SyncRunConnection, { name: 'runs', description: 'Its runs, newest first.' })
  async runsOfSource(
    @Root() { source, view }: SourceType,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<SyncRunConnection> {
    const size = pageSize(page);
    const position = positionIn(`runs:${source.key}`, view.revision, page);
    const of = { sourceId: source.id, until: view.until };
    const rows = await view.loaders.runsOfSource.load({ ...of, before: numberAfter(position), limit: size + 1 });
    return new SyncRunConnection(toPage(rows, view, position, size, () => view.loaders.runCountOfSource.load(of)));
  }

  @Volatile()
  @Scan(1000)
  @Query(() => SyncRunConnection, {
    description: 'Runs of all sources, newest first. As of a time: those that had ended.',
  })
  async syncRuns(
    @Args(() => ReadPageArgs) args: ReadPageArgs,
    @Arg('filter', () => SyncRunFilter, { nullable: true, description: 'Which runs.' })
    filter: Filter<SyncRunField> | null,
    @Ctx() context: GraphContext,
  ): Promise<SyncRunConnection> {
    const { view, position, size } = await openPage(context, args, 'syncRuns');
    const query = {
      filter: mapFilter(filter, (field: SyncRunField, condition) => [field, condition] as const),
      until: view.until,
    };
    const { database } = context.platform;
    const rows = await listSyncRuns(database.fork(), query, numberAfter(position), size + 1);
    return new SyncRunConnection(toPage(rows, view, position, size, () => countSyncRuns(database.fork(), query)));
  }
}
