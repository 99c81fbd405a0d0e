import { GraphQLFloat, GraphQLInt } from 'graphql';
import { Field, ObjectType } from 'type-graphql';
import type { Entity } from '../domain/entity.js';
import { PlatformError } from '../domain/errors.js';
import { type Framework, INDEX_CODE, type Measure, type MeasureKind } from '../domain/framework.js';
import type { SnapshotColumns } from '../domain/snapshot.js';
import { differenceOf, explainChoice, explainScore, publishedText } from '../pipeline/explain.js';
import { cellOf, entityPosition, measurePosition, numberAt, readCell, type SnapshotCell } from '../snapshot/columns.js';
import { rankingOf } from '../snapshot/ranking.js';
import { noResult } from './at.js';
import type { LoadedRound, View } from './context.js';
import { Cost, ListSize } from './cost.js';
import { EntityType } from './entity.js';
import { MeasureType } from './measure.js';
import { PeerGroupType } from './peerGroup.js';
import { ProvenanceType } from './provenance.js';
import { ReferenceType } from './reference.js';
import { findRound, RoundType } from './round.js';
import { SnapshotType } from './snapshot.js';

@ObjectType({
  description: 'The difference from the published round of the year before on the same territory.',
  simpleResolvers: true,
})
export class ScoreChange {
  @Field(() => GraphQLFloat, {
    nullable: true,
    description: 'New value minus old value; null when one of them is missing.',
  })
  readonly value: number | null;

  @Field(() => GraphQLInt, {
    nullable: true,
    description:
      'Old rank minus new rank: +3 means three places up. Null when one is missing or the peer group is another.',
  })
  readonly rank: number | null;

  constructor(value: number | null, rank: number | null) {
    this.value = value;
    this.rank = rank;
  }
}

@ObjectType({ description: 'What one child of a measure adds to its value.', simpleResolvers: true })
export class Contribution {
  @Field(() => MeasureType, { description: 'The child.' })
  readonly measure: MeasureType;

  @Field(() => GraphQLFloat, {
    description:
      'Part of the value of the parent, a whole number of 1e-12; in these units the parts add up to it exactly.',
  })
  readonly value: number;

  constructor(measure: MeasureType, value: number) {
    this.measure = measure;
    this.value = value;
  }
}

@ObjectType('Score', { description: 'The result of one entity in one measure of one round.', simpleResolvers: true })
export class ScoreType {
  @Field(() => GraphQLFloat, {
    nullable: true,
    description: '0 to 1, higher is better, not rounded; null = there is no value.',
  })
  get value(): number | null {
    return numberAt(this.loaded.columns.value, this.#cell);
  }

  @Field(() => GraphQLFloat, { nullable: true, description: 'Points earned; null = there is no value.' })
  get points(): number | null {
    return numberAt(this.loaded.columns.points, this.#cell);
  }

  @Field(() => GraphQLFloat, { description: 'Points that can be earned; 0 = not scored.' })
  get maxPoints(): number {
    return this.loaded.columns.maxPoints[this.measureAt] ?? 0;
  }

  @Field(() => GraphQLInt, {
    nullable: true,
    description:
      'Place in the peer group by unrounded values; ties share the smaller one: 1, 2, 2, 4. Null = not ranked.',
  })
  get rank(): number | null {
    return this.loaded.columns.rank[this.#cell] || null;
  }

  @Field(() => GraphQLFloat, {
    nullable: true,
    description: 'Share of the possible points whose figure is there, 0 to 1; null when no points are possible.',
  })
  get coverage(): number | null {
    return numberAt(this.loaded.columns.coverage, this.#cell);
  }

  @Field(() => GraphQLFloat, {
    nullable: true,
    description:
      'Share of the possible points whose figure was measured automatically, 0 to 1; null when no points are possible.',
  })
  get automaticShare(): number | null {
    return numberAt(this.loaded.columns.automaticShare, this.#cell);
  }

  // Read from the columns when they are asked for: an answer has hundreds of scores and shows two or three figures of each.
  readonly #cell: number;

  constructor(
    readonly view: View,
    readonly loaded: LoadedRound,
    readonly measureAt: number,
    readonly entityAt: number,
  ) {
    this.#cell = cellOf(loaded.columns, measureAt, entityAt);
  }

  @Field(() => String, { nullable: true, description: 'The value as it is published: four decimals, "0.8219".' })
  published(): string | null {
    return this.value === null ? null : publishedText(this.value);
  }

  @Field(() => MeasureType, { description: 'What was scored.' })
  measure(): MeasureType {
    return new MeasureType(measureOf(this), this.view);
  }

  @Field(() => EntityType, { description: 'Who was scored.' })
  entity(): EntityType {
    return new EntityType(entityOf(this), this.view);
  }

  @Field(() => RoundType, { description: 'The round that it belongs to.' })
  round(): RoundType {
    return new RoundType(this.loaded.round, this.view);
  }

  @Field(() => SnapshotType, { description: 'The computation that it is the result of.' })
  snapshot(): SnapshotType {
    return new SnapshotType(this.loaded.head, this.view);
  }

  @Field(() => PeerGroupType, { description: 'Whom it is ranked with.' })
  peerGroup(): PeerGroupType {
    const group = this.view.catalogue.peerGroup(groupIdOf(this));
    if (group === undefined) throw new Error(`there is no peer group ${groupIdOf(this)}`);
    return new PeerGroupType(group);
  }

  @Field(() => GraphQLInt, { description: 'How many entities the peer group has.' })
  peerCount(): number {
    return rankingOf(this.loaded.columns, this.measureAt, groupIdOf(this)).length;
  }

  @Field(() => ScoreChange, {
    nullable: true,
    description: 'Against the year before; null when nothing comparable was published.',
  })
  change(): ScoreChange | null {
    const before = cellBefore(this);
    if (before === null) return null;
    const value = this.value === null || before.value === null ? null : differenceOf(this.value, before.value);
    const isRanked = before.isSameGroup && this.rank !== null && before.rank !== null;
    return new ScoreChange(value, isRanked ? (before.rank ?? 0) - (this.rank ?? 0) : null);
  }

  @ListSize(9)
  @Field(() => [Contribution], {
    description:
      'How the value is made up of the children of the measure, in framework order. Empty for an indicator and without a value.',
  })
  contributions(): Contribution[] {
    const { columns, framework } = this.loaded;
    const parts = explainScore(columns, framework, this.entityAt, this.measureAt);
    return parts.flatMap(({ measureId, value }) => {
      const measure = this.view.catalogue.measure(measureId);
      return measure === undefined ? [] : [new Contribution(new MeasureType(measure, this.view), value)];
    });
  }

  @Cost(10)
  @Field(() => ProvenanceType, {
    nullable: true,
    description:
      'Why the figure of an indicator is what it is; null for other measures, which `contributions` explain.',
  })
  provenance(): Promise<ProvenanceType> | null {
    const measure = measureOf(this);
    return measure.kind === 'INDICATOR' ? readProvenance(this, measure) : null;
  }

  @ListSize(10)
  @Field(() => [ReferenceType], {
    description: 'What the owner of the index published for the same entity, measure and year; usually none or one.',
  })
  references(): ReferenceType[] {
    const { round } = this.loaded;
    const { id } = entityOf(this);
    const { code } = measureOf(this);
    return this.view.catalogue.content.references
      .filter(({ entityId, measureCode, year }) => entityId === id && measureCode === code && year === round.year)
      .map((reference) => new ReferenceType(reference, this.view));
  }
}

/** The measure of a score. */
export function measureOf({ view, loaded, measureAt }: ScoreType): Measure {
  const measure = view.catalogue.measure(loaded.columns.measureIds[measureAt] ?? 0);
  if (measure === undefined) throw new Error(`snapshot ${loaded.head.id} has a measure that is not there`);
  return measure;
}

/** The entity of a score. */
export function entityOf({ view, loaded, entityAt }: ScoreType): Entity {
  const entity = view.catalogue.entity(loaded.columns.entityIds[entityAt] ?? 0);
  if (entity === undefined) throw new Error(`snapshot ${loaded.head.id} has an entity that is not there`);
  return entity;
}

/** The peer group of a score. */
export function groupIdOf({ loaded, entityAt }: ScoreType): number {
  return loaded.columns.groupOf[entityAt] ?? 0;
}

function cellBefore(score: ScoreType): (SnapshotCell & { isSameGroup: boolean }) | null {
  const { view, loaded } = score;
  if (loaded.previous === null) return null;
  const { head, columns } = loaded.previous;
  const measure = view.catalogue.measureByCode(head.frameworkCode, measureOf(score).code);
  const measureAt = measure === undefined ? null : measurePosition(columns, measure.id);
  const entityAt = entityPosition(columns, loaded.columns.entityIds[score.entityAt] ?? 0);
  if (measureAt === null || entityAt === null) return null;
  return { ...readCell(columns, measureAt, entityAt), isSameGroup: columns.groupOf[entityAt] === groupIdOf(score) };
}

async function readProvenance(score: ScoreType, measure: Measure): Promise<ProvenanceType> {
  const { view, loaded } = score;
  const { head, round } = loaded;
  const figure = { head, year: round.year, entityId: entityOf(score).id, indicatorId: measure.id };
  const { merged, policy } = await explainChoice(view.catalogue.content.policies, figure, (key) =>
    view.loaders.candidates.load(key),
  );
  return new ProvenanceType(merged, policy, view);
}

/** Which scores of an entity or round are meant. */
export interface ScoreSelection {
  readonly kind: MeasureKind | null;
  /** Only children of this measure; null = no matter whose. */
  readonly parent: Measure | null;
}

// The same for every entity of a snapshot, and a matrix asks for it once per row.
const selections = new WeakMap<SnapshotColumns, { framework: Framework; found: Map<string, readonly number[]> }>();

/** Positions of measures in the columns, in framework order; shared, do not change them. */
export function selectMeasures({ framework, columns }: LoadedRound, selection: ScoreSelection): readonly number[] {
  let known = selections.get(columns);
  if (known?.framework !== framework) {
    known = { framework, found: new Map() };
    selections.set(columns, known);
  }
  const key = `${selection.kind ?? ''} ${selection.parent?.id ?? ''}`;
  const found = known.found.get(key) ?? findMeasures(framework, columns, selection);
  known.found.set(key, found);
  return found;
}

function findMeasures(framework: Framework, columns: SnapshotColumns, { kind, parent }: ScoreSelection): number[] {
  const children =
    parent === null
      ? null
      : new Set(framework.edges.filter(({ parentId }) => parentId === parent.id).map(({ childId }) => childId));
  return framework.measures.flatMap((measure) => {
    if ((kind !== null && measure.kind !== kind) || (children !== null && !children.has(measure.id))) return [];
    return measurePosition(columns, measure.id) ?? [];
  });
}

/** The score of an entity in a measure of a loaded round; null when it does not take part. */
export function scoreOf(view: View, loaded: LoadedRound, entityId: number, measure: Measure): ScoreType | null {
  const entityAt = entityPosition(loaded.columns, entityId);
  const measureAt = measurePosition(loaded.columns, measure.id);
  return entityAt === null || measureAt === null ? null : new ScoreType(view, loaded, measureAt, entityAt);
}

/** The argument that names a measure, with its default. */
export const MEASURE_ARGUMENT = {
  nullable: true,
  defaultValue: INDEX_CODE,
  description:
    'Code of a measure of the framework of the round; `INDEX` is the index itself. NOT_FOUND for an unknown one.',
};

/**
 * The scores of a round that must be there.
 * @throws PlatformError NOT_FOUND, AS_OF_UNAVAILABLE
 */
export async function requireRound(view: View, roundCode: string): Promise<LoadedRound> {
  const loaded = await view.load(findRound(view, roundCode));
  if (loaded !== null) return loaded;
  throw noResult([roundCode], view.revision);
}

/** The place of a measure of the round's framework in its columns. */
export function requirePosition({ columns, head }: LoadedRound, measure: Measure): number {
  const measureAt = measurePosition(columns, measure.id);
  if (measureAt !== null) return measureAt;
  throw new PlatformError('NOT_FOUND', `Snapshot ${head.id} was computed before the measure ${measure.code} came.`);
}
