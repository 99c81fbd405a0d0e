import { GraphQLInt } from 'graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { Arg, Args, Ctx, Field, FieldResolver, ObjectType, Resolver, Root } from 'type-graphql';
import {
  countPages,
  countRejects,
  type ListedPage,
  type ListedReject,
  listPages,
  listRejects,
} from '../store/listPages.js';
import type { PageBodyHead } from '../store/pageBody.js';
import { connectionType, numberAfter, PageArgs, pageSize, positionIn } from './connection.js';
import type { GraphContext, View } from './context.js';
import { Cost } from './cost.js';
import { DateTimeScalar } from './dateTime.js';
import { SyncRunType } from './syncRun.js';
import { Volatile } from './volatile.js';

@Volatile()
@ObjectType('RejectedRecord', {
  description: 'A record that a run refused, in quarantine. It can be mapped again once its connector is mended.',
  simpleResolvers: true,
})
export class RejectedRecordType {
  @Field(() => String, { description: 'The rule that refused it: `required`, `number`, `range`, `entity`, `unique`.' })
  readonly rule: string;

  @Field(() => String, { description: 'Why, for people.' })
  readonly message: string;

  @Field(() => String, { description: 'The stream that it came in.' })
  readonly stream: string;

  @Field(() => GraphQLInt, { description: 'Number of its page within the run, from 0.' })
  readonly page: number;

  @Field(() => GraphQLInt, { description: 'Number of its row within the page, from 0.' })
  readonly row: number;

  @Field(() => GraphQLJSON, { nullable: true, description: 'The row as it came, as JSON, without secrets.' })
  readonly raw: unknown;

  @Field(() => String, {
    nullable: true,
    description:
      'Id of the run that closed it, whatever came of it: a replay that mapped it again, or of `unique` the next run that read its stream as a whole; null = it is open.',
  })
  readonly replayedBy: string | null;

  constructor(readonly reject: ListedReject) {
    this.rule = reject.rule;
    this.message = reject.message;
    this.stream = reject.stream;
    this.page = reject.page;
    this.row = reject.row;
    this.raw = reject.raw;
    this.replayedBy = reject.replayedRunId === null ? null : `SyncRun:${reject.replayedRunId}`;
  }
}

@Volatile()
@ObjectType('SourcePage', {
  description: 'One answer of a source, as a run read it. Its body is kept compressed until it is too old.',
  simpleResolvers: true,
})
export class SourcePageType {
  @Field(() => GraphQLInt, { description: 'Number within the run, from 0; observations and rejects refer to it.' })
  readonly number: number;

  @Field(() => String, { description: 'The stream that it belongs to.' })
  readonly stream: string;

  @Field(() => String, { nullable: true, description: 'The part of the stream: `year=2024`; null = it has no parts.' })
  readonly partition: string | null;

  @Field(() => String, { description: 'The request, without secrets: `GET /v1/x?page=2`.' })
  readonly request: string;

  @Field(() => GraphQLInt, { description: 'HTTP status of the answer.' })
  readonly status: number;

  @Field(() => DateTimeScalar, { description: 'When it was fetched.' })
  readonly retrievedAt: Date;

  @Field(() => String, { description: 'SHA-256 of the body without secrets, hexadecimal.' })
  readonly hash: string;

  @Field(() => GraphQLInt, { description: 'Rows on it.' })
  readonly rows: number;

  constructor(
    page: ListedPage,
    readonly runId: number,
    readonly view: View,
  ) {
    this.number = page.sequence;
    this.stream = page.stream;
    this.partition = page.partition;
    this.request = page.request;
    this.status = page.httpStatus;
    this.retrievedAt = page.retrievedAt;
    this.hash = page.bodySha256;
    this.rows = page.rows;
  }

  @Cost(2500)
  @Field(() => String, {
    nullable: true,
    description:
      'The body as it is stored: text without secrets, or a data URL where the source sent no text; its first 262,144 characters. Null = it is not kept any more.',
  })
  async body(): Promise<string | null> {
    return (await this.#readBody())?.text ?? null;
  }

  @Cost(2500)
  @Field(() => Boolean, { description: 'True when `body` is only the beginning of it; `hash` is of the whole.' })
  async bodyCut(): Promise<boolean> {
    return (await this.#readBody())?.isCut ?? false;
  }

  #readBody(): Promise<PageBodyHead | null> {
    return this.view.loaders.pageBody.load({ runId: this.runId, sequence: this.number });
  }
}

const RejectedRecordConnection = connectionType(
  'RejectedRecord',
  () => RejectedRecordType,
  'Records in quarantine, in the order of reading.',
);
type RejectedRecordConnection = InstanceType<typeof RejectedRecordConnection>;
const SourcePageConnection = connectionType('SourcePage', () => SourcePageType, 'Pages, in the order of reading.');
type SourcePageConnection = InstanceType<typeof SourcePageConnection>;

/** What a run read and what it refused. */
@Resolver(() => SyncRunType)
export class QuarantineResolver {
  @Cost(10)
  @FieldResolver(() => RejectedRecordConnection, {
    name: 'rejects',
    description: 'What it refused, in the order of reading. For integrators.',
  })
  async rejectsOfRun(
    @Root() { run, view }: SyncRunType,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { platform: { database } }: GraphContext,
  ): Promise<RejectedRecordConnection> {
    const size = pageSize(page);
    const position = positionIn(`rejects:${run.id}`, view.revision, page);
    const rows = await listRejects(database.fork(), run.id, numberAfter(position), size + 1);
    return new RejectedRecordConnection({
      position,
      nodes: rows.slice(0, size).map((reject) => new RejectedRecordType(reject)),
      keyOf: ({ reject }) => String(reject.id),
      hasNext: rows.length > size,
      countAll: () => countRejects(database.fork(), run.id),
    });
  }

  @Cost(10)
  @FieldResolver(() => SourcePageConnection, {
    name: 'pagesRead',
    description: 'The pages that it read and that are still kept, in the order of reading. For integrators.',
  })
  async pagesOfRun(
    @Root() { run, view }: SyncRunType,
    @Args(() => PageArgs) page: PageArgs,
    @Arg('number', () => GraphQLInt, {
      nullable: true,
      description: 'Only the page of this number, which `page` of an observation, linkage or reject names.',
    })
    number: number | null,
    @Ctx() { platform: { database } }: GraphContext,
  ): Promise<SourcePageConnection> {
    const size = pageSize(page);
    const position = positionIn(`pagesRead:${run.id}:${number ?? ''}`, view.revision, page);
    const rows = await listPages(database.fork(), run.id, numberAfter(position), size + 1, number ?? null);
    return new SourcePageConnection({
      position,
      nodes: rows.slice(0, size).map((each) => new SourcePageType(each, run.id, view)),
      keyOf: (each) => String(each.number),
      hasNext: rows.length > size,
      countAll: () => countPages(database.fork(), run.id, number ?? null),
    });
  }
}
