import { GraphQLFloat, GraphQLInt } from 'graphql';
import { Arg, Args, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import type { SourceKind, SourceStatus } from '../domain/source.js';
import type { Filter } from '../store/condition.js';
import type { ListedSource } from '../store/listSources.js';
import { openPage, openView, ReadArgs, ReadPageArgs } from './at.js';
import { connectionType, slicePage } from './connection.js';
import { type GraphContext, type View } from './context.js';
import { Cost, Scan } from './cost.js';
import { DateTimeScalar } from './dateTime.js';
import { BooleanFilter, choiceFilter, compileFilter, filterInput, type Readers, StringFilter } from './filter.js';
import { LangArg, nameIn } from './name.js';
import { NodeType } from './node.js';
import { SEARCH, searchRows } from './search.js';
import { Reads, Volatile } from './volatile.js';
import { type Lang, SourceKindWord, SourceStatusWord } from './words.js';

@Reads('EVERYTHING')
@ObjectType('Source', {
  description: 'A dataset and its producer. Every observation comes from one.',
  implements: NodeType,
  simpleResolvers: true,
})
export class SourceType implements NodeType {
  readonly id: string;

  @Field(() => String, { description: 'Stable key: `einvoice`.' })
  readonly key: string;

  @Field(() => SourceKindWord, { description: 'What kind of source it is; merge policies go by it.' })
  readonly kind: SourceKind;

  @Field(() => SourceStatusWord, { description: 'Where it stands in its life.' })
  readonly status: SourceStatus;

  @Field(() => Boolean, { description: 'A simulator stands in for the real system; nothing from it is official.' })
  readonly simulated: boolean;

  @Volatile()
  @Field(() => Boolean, { description: 'Its newest good run is older than its limit, or there is none.' })
  readonly stale: boolean;

  @Field(() => GraphQLInt, { description: 'Version of its connector or manifest.' })
  readonly version: number;

  @Field(() => String, { description: 'Terms of use of the data.' })
  readonly licence: string;

  @Field(() => GraphQLInt, { nullable: true, description: 'Age in seconds that makes it stale; null = it never is.' })
  readonly freshnessLimitSeconds: number | null;

  @Field(() => DateTimeScalar, { description: 'When it was registered.' })
  readonly createdAt: Date;

  @Volatile()
  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When its newest good run ended, which `stale` goes by; a replay reads nothing and does not count. Null = there is none.',
  })
  readonly lastGoodRunAt: Date | null;

  constructor(
    readonly source: ListedSource,
    readonly view: View,
  ) {
    this.id = `Source:${source.key}`;
    this.key = source.key;
    this.kind = source.kind;
    this.status = source.status;
    this.simulated = source.simulated;
    this.stale = isStale(source, view.now);
    this.version = source.version;
    this.licence = source.licence;
    this.freshnessLimitSeconds = source.freshnessLimitSeconds;
    this.createdAt = source.createdAt;
    this.lastGoodRunAt = source.lastGoodRunAt;
  }

  @Field(() => String, { description: 'Its name.' })
  name(@LangArg() lang: Lang | null): string {
    return nameIn(this.source.name, lang);
  }

  @Field(() => String, { description: 'The body that answers for the data.' })
  owner(@LangArg('body') lang: Lang | null): string {
    return nameIn(this.source.owner, lang);
  }

  @Field(() => String, { description: 'How to cite it.' })
  citation(@LangArg('citation') lang: Lang | null): string {
    return nameIn(this.source.citation, lang);
  }

  @Cost(5)
  @Volatile()
  @Field(() => String, {
    nullable: true,
    description:
      'When it is read, five fields of cron in Vietnam’s time, by its settings or else its version in use; null = only when somebody asks.',
  })
  schedule(): Promise<string | null> {
    return this.view.scheduleOf(this.key);
  }

  @Field(() => GraphQLFloat, {
    nullable: true,
    description:
      'The demonstration has it read every so many seconds, whatever `schedule` says, since its simulator tells of something new at that pace; null = it is not in use, or only its schedule counts, as always outside the demonstration.',
  })
  demonstrationSeconds(): number | null {
    return this.status === 'ACTIVE' ? this.view.demonstrationSecondsOf(this.key) : null;
  }
}

function isStale({ freshnessLimitSeconds, lastGoodRunAt }: ListedSource, now: Date): boolean {
  if (freshnessLimitSeconds === null) return false;
  return lastGoodRunAt === null || now.getTime() - lastGoodRunAt.getTime() > freshnessLimitSeconds * 1000;
}

/** The source of an observation or run. */
export async function readSource(view: View, id: number): Promise<SourceType> {
  // A source may have been registered by a clock that was ahead of the database's; it is there all the same.
  const source =
    (await view.loaders.sources(view.until)).byId.get(id) ?? (await view.loaders.sources(null)).byId.get(id);
  if (source === undefined) throw new Error(`there is no source ${id}`);
  return new SourceType(source, view);
}

type SourceField = 'key' | 'name' | 'owner' | 'kind' | 'status' | 'simulated' | 'stale';

const SourceKindFilter = choiceFilter('SourceKind', () => SourceKindWord);

const SourceFilter = filterInput<SourceField>('SourceFilter', 'Selects sources.', {
  key: [StringFilter, 'Its key.'],
  name: [StringFilter, 'Its Vietnamese or English name.'],
  owner: [StringFilter, 'The body that answers for the data, in Vietnamese or English.'],
  kind: [SourceKindFilter, 'What kind of source it is.'],
  status: [choiceFilter('SourceStatus', () => SourceStatusWord), 'Where it stands in its life.'],
  simulated: [BooleanFilter, 'Whether a simulator stands in for it.'],
  stale: [BooleanFilter, 'Whether its newest good run is too old.'],
});

const SOURCE_READERS: Readers<SourceField, SourceType> = {
  key: ({ key }) => key,
  name: ({ source }) => [source.name.vi, source.name.en],
  owner: ({ source }) => [source.owner.vi, source.owner.en],
  kind: ({ kind }) => kind,
  status: ({ status }) => status,
  simulated: ({ simulated }) => simulated,
  stale: ({ stale }) => stale,
};

const SourceConnection = connectionType('Source', () => SourceType, 'Sources, by key.');
type SourceConnection = InstanceType<typeof SourceConnection>;

/** Root fields about sources. */
@Resolver(() => SourceType)
export class SourceResolver {
  @Volatile()
  @Query(() => SourceType, {
    nullable: true,
    name: 'source',
    description: 'One source by its key; null when there is none.',
  })
  async oneSource(
    @Arg('key', () => String, { description: 'Its key: `einvoice`.' }) key: string,
    @Args(() => ReadArgs) args: ReadArgs,
    @Ctx() context: GraphContext,
  ): Promise<SourceType | null> {
    return findSource(await openView(context, args), key);
  }

  @Volatile()
  @Scan(50)
  @Query(() => SourceConnection, { description: 'The sources of observations, with their runs.' })
  async sources(
    @Args(() => ReadPageArgs) args: ReadPageArgs,
    @Arg('filter', () => SourceFilter, { nullable: true, description: 'Which sources.' })
    filter: Filter<SourceField> | null,
    @Arg('search', () => String, SEARCH) search: string | null,
    @Ctx() context: GraphContext,
  ): Promise<SourceConnection> {
    const { view, position, size } = await openPage(context, args, 'sources');
    const { list } = await view.loaders.sources(view.until);
    const all = list.map((source) => new SourceType(source, view)).filter(compileFilter(filter, SOURCE_READERS));
    const found = searchRows(all, search, ({ source, key }) => ({ name: source.name, codes: [key] }));
    return new SourceConnection(slicePage(found, ({ id }) => id, position, size));
  }
}

/** A source by its key; null = none at the view's time. */
export async function findSource(view: View, key: string): Promise<SourceType | null> {
  const { list } = await view.loaders.sources(view.until);
  const source = list.find((each) => each.key === key);
  return source === undefined ? null : new SourceType(source, view);
}
