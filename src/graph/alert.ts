import { GraphQLInt } from 'graphql';
import { Arg, Args, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import { type Alert, type AlertKind, type AlertSeverity, alertMessage } from '../domain/alert.js';
import type { Catalogue } from '../domain/catalogue.js';
import type { Condition, Filter } from '../store/condition.js';
import { type AlertField, countAlerts, listAlerts } from '../store/listAlerts.js';
import { openPage, ReadPageArgs } from './at.js';
import { connectionType, numberAfter } from './connection.js';
import type { GraphContext, View } from './context.js';
import { Cost, Scan } from './cost.js';
import { DateTimeScalar } from './dateTime.js';
import { EntityType, readEntityCode } from './entity.js';
import {
  BooleanFilter,
  choiceFilter,
  compileCondition,
  DateTimeFilter,
  filterInput,
  mapFilter,
  StringFilter,
} from './filter.js';
import { LangArg, nameIn } from './name.js';
import { NodeType } from './node.js';
import { RoundType } from './round.js';
import { SnapshotType } from './snapshot.js';
import { readSource, SourceType } from './source.js';
import { SyncRunType } from './syncRun.js';
import { AlertKindWord, AlertSeverityWord, type Lang } from './words.js';

@ObjectType('Alert', {
  description:
    'Something that somebody should know of: a fall in the ranking, a source that is stale or that failed. It is written once and never changes, but for its end.',
  implements: NodeType,
  simpleResolvers: true,
})
export class AlertType implements NodeType {
  readonly id: string;

  @Field(() => AlertKindWord, { description: 'What it is about.' })
  readonly kind: AlertKind;

  @Field(() => AlertSeverityWord, { description: 'How soon somebody should look.' })
  readonly severity: AlertSeverity;

  @Field(() => String, { description: 'The revision at which it was raised: decimal digits, compared as an integer.' })
  readonly revision: string;

  @Field(() => DateTimeScalar, { description: 'When it was raised; of a failed run, when that ended.' })
  readonly openedAt: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When its matter was over; null = it is open. A fall in a published result is final: it is told once and never open.',
  })
  readonly resolvedAt: Date | null;

  @Field(() => String, { nullable: true, description: 'The revision at which it was resolved; null = it is open.' })
  readonly resolvedRevision: string | null;

  @Field(() => GraphQLInt, { nullable: true, description: 'RANK_FALL: the rank that it fell to.' })
  readonly rank: number | null;

  @Field(() => GraphQLInt, { nullable: true, description: 'RANK_FALL: the rank that it fell from.' })
  readonly previousRank: number | null;

  constructor(
    readonly alert: Alert,
    readonly view: View,
  ) {
    this.id = `Alert:${alert.id}`;
    this.kind = alert.kind;
    this.severity = alert.severity;
    this.revision = String(alert.revision);
    this.openedAt = alert.openedAt;
    this.resolvedAt = alert.resolvedAt;
    this.resolvedRevision = alert.resolvedRevision === null ? null : String(alert.resolvedRevision);
    this.rank = alert.facts.rank ?? null;
    this.previousRank = alert.facts.previousRank ?? null;
  }

  @Cost(5)
  @Field(() => String, { description: 'What happened, in words.' })
  async message(@LangArg() lang: Lang | null): Promise<string> {
    const { entityId, roundId } = this.alert;
    const { catalogue } = this.view;
    const names = {
      entity: entityId === null ? null : (catalogue.entity(entityId)?.name ?? null),
      source: (await this.source())?.source.name ?? null,
      round: roundId === null ? null : (catalogue.round(roundId) ?? null),
    };
    return nameIn(alertMessage(this.alert, names), lang);
  }

  @Field(() => EntityType, { nullable: true, description: 'RANK_FALL: who fell.' })
  entity(): EntityType | null {
    const { entityId } = this.alert;
    const entity = entityId === null ? undefined : this.view.catalogue.entity(entityId);
    return entity === undefined ? null : new EntityType(entity, this.view);
  }

  @Field(() => RoundType, { nullable: true, description: 'RANK_FALL: in which round.' })
  round(): RoundType | null {
    const { roundId } = this.alert;
    const round = roundId === null ? undefined : this.view.catalogue.round(roundId);
    return round === undefined ? null : new RoundType(round, this.view);
  }

  @Field(() => SnapshotType, { nullable: true, description: 'RANK_FALL: the result that showed the fall.' })
  snapshot(): SnapshotType | null {
    return this.#snapshot(this.alert.snapshotId);
  }

  @Field(() => SnapshotType, {
    nullable: true,
    description:
      'RANK_FALL: the result that it fell from: of a published round that of the year before, else the state at the beginning of the day in Vietnam.',
  })
  comparedWith(): SnapshotType | null {
    return this.#snapshot(this.alert.comparedSnapshotId);
  }

  @Cost(5)
  @Field(() => SourceType, { nullable: true, description: 'STALE_SOURCE, FAILED_RUN: the source.' })
  async source(): Promise<SourceType | null> {
    const { sourceId } = this.alert;
    return sourceId === null ? null : readSource(this.view, sourceId);
  }

  @Cost(5)
  @Field(() => SyncRunType, { nullable: true, description: 'FAILED_RUN: the first run that failed.' })
  async syncRun(): Promise<SyncRunType | null> {
    const { syncRunId } = this.alert;
    const run = syncRunId === null ? null : await this.view.loaders.run.load(syncRunId);
    return run === null ? null : new SyncRunType(run, this.view);
  }

  #snapshot(id: number | null): SnapshotType | null {
    const head = id === null ? undefined : this.view.snapshotById(id);
    return head === undefined ? null : new SnapshotType(head, this.view);
  }
}

/** An alert by its number; null = none that this view shows. */
export async function findAlert(view: View, key: string): Promise<NodeType | null> {
  const alert = /^\d{1,15}$/.test(key) ? await view.loaders.alert(view.alertScope).load(Number(key)) : null;
  return alert === null ? null : new AlertType(alert, view);
}

const AlertFilter = filterInput<AlertField>('AlertFilter', 'Selects alerts.', {
  kind: [choiceFilter('AlertKind', () => AlertKindWord), 'What they are about.'],
  severity: [choiceFilter('AlertSeverity', () => AlertSeverityWord), 'How soon somebody should look.'],
  entity: [StringFilter, 'Their entity, as code `74` or with code system, `GSO-2004:74`.'],
  source: [StringFilter, 'Key of their source.'],
  round: [StringFilter, 'Code of their round.'],
  isOpen: [BooleanFilter, 'Whether their matter is not over.'],
  openedAt: [DateTimeFilter, 'When they were raised.'],
});

/** Entities are reference data in memory; the database gets their ids. */
function toStored(catalogue: Catalogue, field: AlertField, condition: Condition): readonly [AlertField, Condition] {
  if (field !== 'entity') return [field, condition];
  const holds = compileCondition(condition);
  const found = catalogue.content.entities.filter((entity) => holds(readEntityCode(entity)));
  return ['entity', { in: found.map(({ id }) => id) }];
}

const AlertConnection = connectionType('Alert', () => AlertType, 'Alerts, newest first.');
type AlertConnection = InstanceType<typeof AlertConnection>;

/** The root field about alerts. */
@Resolver()
export class AlertResolver {
  @Scan(1000)
  @Query(() => AlertConnection, { description: 'Alerts, newest first; open and resolved ones unless the filter says.' })
  async alerts(
    @Args(() => ReadPageArgs) args: ReadPageArgs,
    @Arg('filter', () => AlertFilter, { nullable: true, description: 'Which alerts.' })
    filter: Filter<AlertField> | null,
    @Ctx() context: GraphContext,
  ): Promise<AlertConnection> {
    const { view, position, size } = await openPage(context, args, 'alerts');
    const stored = mapFilter(filter, (field: AlertField, condition) => toStored(view.catalogue, field, condition));
    const { database } = context.platform;
    const rows = await listAlerts(database.fork(), view.alertScope, stored, numberAfter(position), size + 1);
    return new AlertConnection({
      position,
      nodes: rows.slice(0, size).map((alert) => new AlertType(alert, view)),
      keyOf: ({ alert }) => String(alert.id),
      hasNext: rows.length > size,
      countAll: () => countAlerts(database.fork(), view.alertScope, stored),
    });
  }
}
