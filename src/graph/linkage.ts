import { GraphQLFloat, GraphQLInt } from 'graphql';
import { GraphQLLocalDate } from 'graphql-scalars';
import { Arg, Args, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import { type Entity, entityKey } from '../domain/entity.js';
import { PlatformError } from '../domain/errors.js';
import { DUE_BASIS, LINKED_DATABASES, type Linkage, type LinkedDatabase } from '../domain/linkage.js';
import type { ObsStatus } from '../domain/observation.js';
import { countLinkages, listLinkages } from '../store/linkage.js';
import { openPage, ReadPageArgs } from './at.js';
import { connectionType, numberAfter } from './connection.js';
import type { GraphContext, View } from './context.js';
import { Cost, Scan } from './cost.js';
import { DateTimeScalar } from './dateTime.js';
import { DecimalScalar } from './decimal.js';
import { EntityType, readEntityCode } from './entity.js';
import { LangArg, nameIn } from './name.js';
import { readSource, SourceType } from './source.js';
import { SyncRunType } from './syncRun.js';
import { Reads } from './volatile.js';
import { type Lang, ObsStatusWord } from './words.js';

@ObjectType('LinkageDue', { description: 'By when a database is to be linked.', simpleResolvers: true })
export class LinkageDue {
  @Field(() => GraphQLLocalDate, { description: 'The day.' })
  readonly on: string;

  @Field(() => String, {
    description:
      'How certain the day is. `illustrative` = made for the demonstration; the decision was not read for it.',
  })
  readonly certainty: string;

  constructor({ dueOn }: LinkedDatabase) {
    this.on = dueOn;
    this.certainty = 'illustrative';
  }

  @Field(() => String, { description: 'The decision that asks for it.' })
  basis(@LangArg('decision') lang: Lang | null): string {
    return nameIn(DUE_BASIS, lang);
  }
}

@Reads('EVERYTHING')
@ObjectType('Linkage', {
  description:
    "How far one body's part of a national database is matched to the population database. Append-only: a correction is a later one.",
  simpleResolvers: true,
})
export class LinkageType {
  @Field(() => String, {
    description: 'Key of the linked database: `health_insurance`; also of its source, where it has one.',
  })
  readonly database: string;

  @Field(() => String, { description: 'Code of the central body that answers for the database: `MOF`.' })
  readonly owner: string;

  @Field(() => GraphQLLocalDate, {
    nullable: true,
    description: "Since when the body's part is connected; null = it is not, and nothing is matched.",
  })
  readonly connectedOn: string | null;

  @Field(() => LinkageDue, { nullable: true, description: 'By when it is to be linked; null = not known.' })
  readonly due: LinkageDue | null;

  @Field(() => DecimalScalar, { description: "Records of the body's part." })
  readonly recordsTotal: string;

  @Field(() => DecimalScalar, { description: 'Records that are matched to a person of the population database.' })
  readonly recordsMatched: string;

  @Field(() => GraphQLFloat, {
    nullable: true,
    description: 'Share that is matched, 0 to 1; null when there are no records.',
  })
  readonly matchedShare: number | null;

  @Field(() => String, { description: 'The time that it refers to: `2026-03`.' })
  readonly period: string;

  @Field(() => ObsStatusWord, { description: 'SDMX observation status: normal or provisional.' })
  readonly obsStatus: ObsStatus;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When the producer released it; null = not said.' })
  readonly publishedAt: Date | null;

  @Field(() => DateTimeScalar, { description: 'When the platform fetched it.' })
  readonly retrievedAt: Date;

  @Field(() => GraphQLInt, { description: 'Number of the page within the run that read it, from 0.' })
  readonly page: number;

  @Field(() => GraphQLInt, { description: 'Number of the row within the page, from 0.' })
  readonly row: number;

  @Field(() => String, { description: 'The revision at which the platform learnt it: decimal digits.' })
  readonly revision: string;

  readonly #known: LinkedDatabase | undefined;

  constructor(
    readonly linkage: Linkage,
    readonly view: View,
  ) {
    this.#known = LINKED_DATABASES.find(({ key }) => key === linkage.database);
    this.database = linkage.database;
    this.owner = linkage.owner;
    this.connectedOn = linkage.connectedOn;
    this.due = this.#known === undefined ? null : new LinkageDue(this.#known);
    this.recordsTotal = linkage.recordsTotal;
    this.recordsMatched = linkage.recordsMatched;
    const total = Number(linkage.recordsTotal);
    this.matchedShare = total === 0 ? null : Number(linkage.recordsMatched) / total;
    this.period = linkage.period;
    this.obsStatus = linkage.obsStatus;
    this.publishedAt = linkage.publishedAt === null ? null : new Date(linkage.publishedAt);
    this.retrievedAt = linkage.retrievedAt;
    this.page = linkage.page;
    this.row = linkage.row;
    this.revision = String(linkage.revision);
  }

  @Field(() => String, { description: 'Name of the linked database; its key where there is no name.' })
  name(@LangArg() lang: Lang | null): string {
    return this.#known === undefined ? this.database : nameIn(this.#known.name, lang);
  }

  @Field(() => String, {
    description: 'Name of the central body that answers for the database; its code where there is no name.',
  })
  ownerName(@LangArg() lang: Lang | null): string {
    const body = this.view.catalogue.entityByKey(entityKey({ codeSystem: 'CENTRAL', code: this.owner }));
    return body === undefined ? this.owner : nameIn(body.name, lang);
  }

  @Field(() => EntityType, { description: 'The body whose part it is.' })
  entity(): EntityType {
    const entity = this.view.catalogue.entity(this.linkage.entityId);
    if (entity === undefined) throw new Error(`linkage ${this.linkage.id} has no entity`);
    return new EntityType(entity, this.view);
  }

  @Field(() => SourceType, { description: 'The source that reports it.' })
  source(): Promise<SourceType> {
    return readSource(this.view, this.linkage.sourceId);
  }

  @Cost(5)
  @Field(() => SyncRunType, { nullable: true, description: 'The run that read it.' })
  async syncRun(): Promise<SyncRunType | null> {
    const run = await this.view.loaders.run.load(this.linkage.syncRunId);
    return run === null ? null : new SyncRunType(run, this.view);
  }
}

const LinkageConnection = connectionType('Linkage', () => LinkageType, 'Linkages, newest first.');
type LinkageConnection = InstanceType<typeof LinkageConnection>;

/** The root field about linkages. */
@Resolver(() => LinkageType)
export class LinkageResolver {
  @Scan(1_000)
  @Query(() => LinkageConnection, {
    description: 'How far national databases are matched to the population database, per body; newest first.',
  })
  async linkages(
    @Args(() => ReadPageArgs) args: ReadPageArgs,
    @Arg('database', () => String, {
      nullable: true,
      description: 'Key of the linked database; without it all. NOT_FOUND for an unknown one.',
    })
    database: string | null,
    @Arg('entity', () => String, {
      nullable: true,
      description:
        'The body, as code `01` or with code system, `GSO-2025:01`; without it all. NOT_FOUND for an unknown one.',
    })
    entity: string | null,
    @Ctx() context: GraphContext,
  ): Promise<LinkageConnection> {
    const { view, position, size } = await openPage(context, args, 'linkages');
    const query = {
      database: database ?? null,
      entityIds: entity === null || entity === undefined ? null : findEntities(view, entity).map(({ id }) => id),
      revision: view.revision,
    };
    const { reading } = context.platform.database;
    if (query.database !== null && !LINKED_DATABASES.some(({ key }) => key === query.database)) {
      // A source may once have told of one that is not in the report any more.
      const isKnown = (await countLinkages(reading, { ...query, entityIds: null })) > 0;
      if (!isKnown) throw noDatabase(query.database);
    }
    const rows = await listLinkages(reading, query, numberAfter(position), size + 1);
    return new LinkageConnection({
      position,
      nodes: rows.slice(0, size).map((row) => new LinkageType(row, view)),
      keyOf: ({ linkage }) => String(linkage.id),
      hasNext: rows.length > size,
      countAll: () => countLinkages(reading, query),
    });
  }
}

/**
 * The bodies that a code names; without its code system perhaps several.
 * @throws PlatformError NOT_FOUND that names the codes of the code system, or the code systems
 */
function findEntities(view: View, code: string): readonly Entity[] {
  const { entities } = view.catalogue.content;
  const found = entities.filter((each) => readEntityCode(each).includes(code));
  if (found.length > 0) return found;
  const systems = [...new Set(entities.map(({ codeSystem }) => codeSystem))];
  const system = systems.find((each) => code.startsWith(`${each}:`));
  const known = system === undefined ? systems : entities.filter((each) => each.codeSystem === system).map(entityKey);
  const what = system === undefined ? 'the code systems are' : `${system} has`;
  throw new PlatformError('NOT_FOUND', `There is no entity "${code.slice(0, 80)}"; ${what} ${known.join(', ')}.`, {
    details: { known },
  });
}

function noDatabase(key: string): PlatformError {
  const known = LINKED_DATABASES.map((each) => each.key);
  const message = `There is no linked database "${key.slice(0, 80)}"; there are ${known.join(', ')}.`;
  return new PlatformError('NOT_FOUND', message, { details: { known } });
}
