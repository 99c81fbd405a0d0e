import { GraphQLInt } from 'graphql';
import { Arg, Args, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import type { Catalogue } from '../domain/catalogue.js';
import type { Observation, ObsStatus } from '../domain/observation.js';
import type { Condition, Filter } from '../store/condition.js';
import {
  countObservations,
  listObservations,
  type ObservationTrace,
  type ObservationField as StoredField,
} from '../store/listObservations.js';
import { openPage, ReadPageArgs } from './at.js';
import { ClaimType } from './claim.js';
import { connectionType, numberAfter } from './connection.js';
import { type GraphContext, type View } from './context.js';
import { Cost, Scan } from './cost.js';
import { DateTimeScalar } from './dateTime.js';
import { DecimalScalar } from './decimal.js';
import { EntityType, readEntityCode } from './entity.js';
import { choiceFilter, compileCondition, DecimalFilter, filterInput, mapFilter, StringFilter } from './filter.js';
import { MeasureType } from './measure.js';
import { NodeType } from './node.js';
import { requirePeriods } from './period.js';
import { readSource, SourceType } from './source.js';
import { SyncRunType } from './syncRun.js';
import { Reads, Volatile } from './volatile.js';
import { ObsStatusWord } from './words.js';

@Reads('EVERYTHING')
@ObjectType('Observation', {
  description:
    'One figure of one entity, indicator and period from one source. Append-only: a correction is a later observation, and so is a withdrawal.',
  implements: NodeType,
  simpleResolvers: true,
})
export class ObservationType implements NodeType {
  readonly id: string;

  @Field(() => DecimalScalar, {
    nullable: true,
    description:
      'Exact, in the unit of the indicator; null for a ratio, which has its two counts, and for a missing value.',
  })
  readonly value: string | null;

  @Field(() => DecimalScalar, { nullable: true, description: 'Numerator of a ratio, exact; else null.' })
  readonly numerator: string | null;

  @Field(() => DecimalScalar, { nullable: true, description: 'Denominator of a ratio, exact; else null.' })
  readonly denominator: string | null;

  @Field(() => String, { description: 'The time that it refers to: `2022`, `2022-Q3` or `2022-03`.' })
  readonly period: string;

  @Field(() => ObsStatusWord, { description: 'SDMX observation status.' })
  readonly obsStatus: ObsStatus;

  @Field(() => Boolean, { description: 'It says that the source withdrew the figure.' })
  readonly withdrawn: boolean;

  @Field(() => String, { description: 'The revision at which the platform learnt it: decimal digits.' })
  readonly revision: string;

  constructor(
    readonly observation: Observation,
    readonly view: View,
  ) {
    this.id = `Observation:${observation.id}`;
    this.value = observation.value;
    this.numerator = observation.numerator;
    this.denominator = observation.denominator;
    this.period = observation.period;
    this.obsStatus = observation.obsStatus;
    this.withdrawn = observation.tombstone;
    this.revision = String(observation.revision);
  }

  @Field(() => EntityType, { description: 'Whom it is about.' })
  entity(): EntityType {
    const entity = this.view.catalogue.entity(this.observation.entityId);
    if (entity === undefined) throw new Error(`observation ${this.observation.id} has no entity`);
    return new EntityType(entity, this.view);
  }

  @Field(() => MeasureType, { description: 'The indicator that it is a figure of.' })
  indicator(): MeasureType {
    const measure = this.view.catalogue.measure(this.observation.indicatorId);
    if (measure === undefined) throw new Error(`observation ${this.observation.id} has no indicator`);
    return new MeasureType(measure, this.view);
  }

  @Field(() => SourceType, { description: 'Where it comes from.' })
  source(): Promise<SourceType> {
    return readSource(this.view, this.observation.sourceId);
  }

  @Volatile()
  @Field(() => Boolean, {
    description:
      'Its source has not been read well within its freshness limit, so that the figure may be out of date. The last good one stays.',
  })
  async stale(): Promise<boolean> {
    return (await this.source()).stale;
  }

  @Cost(5)
  @Field(() => DateTimeScalar, { description: 'When the platform fetched it.' })
  async retrievedAt(): Promise<Date> {
    return (await this.#trace()).retrievedAt;
  }

  @Cost(5)
  @Field(() => DateTimeScalar, { nullable: true, description: 'When the producer released it; null = not said.' })
  async publishedAt(): Promise<Date | null> {
    return (await this.#trace()).publishedAt;
  }

  @Cost(5)
  @Field(() => SyncRunType, { nullable: true, description: 'The run that read it; null for a self-report.' })
  async syncRun(): Promise<SyncRunType | null> {
    const { syncRunId } = await this.#trace();
    const run = syncRunId === null ? null : await this.view.loaders.run.load(syncRunId);
    return run === null ? null : new SyncRunType(run, this.view);
  }

  @Cost(5)
  @Field(() => GraphQLInt, {
    nullable: true,
    description: 'Number of the page within the run, from 0; null for a self-report.',
  })
  async page(): Promise<number | null> {
    return (await this.#trace()).page;
  }

  @Cost(5)
  @Field(() => GraphQLInt, {
    nullable: true,
    description: 'Number of the row within the page, from 0; null for a self-report.',
  })
  async row(): Promise<number | null> {
    return (await this.#trace()).row;
  }

  @Cost(5)
  @Field(() => String, { nullable: true, description: 'SHA-256 of the row as it came; null for a self-report.' })
  async rowHash(): Promise<string | null> {
    return (await this.#trace()).rowHash;
  }

  @Cost(5)
  @Field(() => ClaimType, {
    nullable: true,
    description: 'The reviewed claim that it comes from; null unless a self-report.',
  })
  async submission(): Promise<ClaimType | null> {
    const { submissionItemId } = await this.#trace();
    const claim = submissionItemId === null ? null : await this.view.loaders.claim.load(submissionItemId);
    return claim === null ? null : new ClaimType(claim, this.view);
  }

  async #trace(): Promise<ObservationTrace> {
    const trace = await this.view.loaders.trace.load(this.observation.id);
    if (trace === null) throw new Error(`there is no observation ${this.observation.id}`);
    return trace;
  }
}

type ObservationField = 'entity' | 'indicator' | 'period' | 'source' | 'value' | 'obsStatus';

const ObservationFilter = filterInput<ObservationField>('ObservationFilter', 'Selects observations.', {
  entity: [StringFilter, 'Its entity, as code `74` or with code system, `GSO-2004:74`.'],
  indicator: [StringFilter, 'Its indicator, as code `GOV_ACTIVITY.01` or with framework, `PDTI-922:GOV_ACTIVITY.01`.'],
  period: [
    StringFilter,
    'The time that it refers to: `2022`, `2022-Q3` or `2022-03`. BAD_USER_INPUT for anything else, but in `contains`.',
  ],
  source: [StringFilter, 'Key of its source.'],
  value: [DecimalFilter, 'Its value; ratios have none.'],
  obsStatus: [choiceFilter('ObsStatus', () => ObsStatusWord), 'SDMX observation status.'],
});

/** Entities and indicators are reference data in memory; the database gets their ids. */
function toStored(
  catalogue: Catalogue,
  field: ObservationField,
  condition: Condition,
): readonly [StoredField, Condition] {
  if (field === 'entity') {
    const holds = compileCondition(condition);
    const entities = catalogue.content.entities.filter((entity) => holds(readEntityCode(entity)));
    return ['entityId', { in: entities.map(({ id }) => id) }];
  }
  if (field === 'indicator') {
    const holds = compileCondition(condition);
    const measures = catalogue.content.frameworks.flatMap((framework) => framework.measures);
    const found = measures.filter(({ code, frameworkCode }) => holds([code, `${frameworkCode}:${code}`]));
    return ['indicatorId', { in: found.map(({ id }) => id) }];
  }
  if (field === 'period') requirePeriods(condition);
  return [field, condition];
}

const ObservationConnection = connectionType('Observation', () => ObservationType, 'Observations, newest first.');
type ObservationConnection = InstanceType<typeof ObservationConnection>;

/** Root fields about observations. */
@Resolver(() => ObservationType)
export class ObservationResolver {
  @Scan(10_000)
  @Query(() => ObservationConnection, {
    description:
      'The observations in force, newest first: those that their source has neither corrected nor withdrawn.',
  })
  async observations(
    @Args(() => ReadPageArgs) args: ReadPageArgs,
    @Arg('filter', () => ObservationFilter, { nullable: true, description: 'Which observations.' })
    filter: Filter<ObservationField> | null,
    @Arg('history', () => Boolean, {
      nullable: true,
      defaultValue: false,
      description: 'Also those that were corrected, and withdrawals.',
    })
    history: boolean | null,
    @Ctx() context: GraphContext,
  ): Promise<ObservationConnection> {
    const { view, position, size } = await openPage(context, args, 'observations');
    const query = {
      filter: mapFilter(filter, (field: ObservationField, condition) => toStored(view.catalogue, field, condition)),
      revision: view.revision,
      history: history ?? false,
    };
    const { database } = context.platform;
    const rows = await listObservations(database.reading, query, numberAfter(position), size + 1);
    return new ObservationConnection({
      position,
      nodes: rows.slice(0, size).map((row) => new ObservationType(row, view)),
      keyOf: ({ observation }) => String(observation.id),
      hasNext: rows.length > size,
      countAll: () => countObservations(database.reading, query),
    });
  }
}
