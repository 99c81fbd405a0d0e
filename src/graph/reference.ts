import { GraphQLInt } from 'graphql';
import { Args, Field, FieldResolver, ObjectType, Resolver, Root } from 'type-graphql';
import type { PublishedReference } from '../domain/snapshot.js';
import { connectionType, PageArgs, pageSize, positionIn, slicePage } from './connection.js';
import type { View } from './context.js';
import { DecimalScalar } from './decimal.js';
import { EntityType } from './entity.js';
import { PeerGroupType } from './peerGroup.js';
import { RoundType } from './round.js';

@ObjectType('PublishedReference', {
  description:
    'A result that the owner of the index published, with its citation: to compare with, never a score of this platform.',
  simpleResolvers: true,
})
export class ReferenceType {
  @Field(() => GraphQLInt, { description: 'The year that it is about.' })
  readonly year: number;

  @Field(() => String, { description: 'The body as the publication names it.' })
  readonly entityName: string;

  @Field(() => String, { description: 'Code of the measure: `INDEX` or another of its framework.' })
  readonly measureCode: string;

  @Field(() => DecimalScalar, { nullable: true, description: 'As printed; null = only the rank was published.' })
  readonly value: string | null;

  @Field(() => GraphQLInt, { nullable: true, description: 'Published rank; null = not published.' })
  readonly rank: number | null;

  @Field(() => String, { description: 'How sure the row is, in the words of data/README.md.' })
  readonly certainty: string;

  @Field(() => String, { description: 'Where it was published.' })
  readonly citation: string;

  @Field(() => String, { nullable: true, description: 'Address of the publication; null = none is known.' })
  readonly url: string | null;

  @Field(() => String, { nullable: true, description: 'A remark on the row.' })
  readonly note: string | null;

  constructor(
    readonly reference: PublishedReference,
    readonly view: View,
  ) {
    this.year = reference.year;
    this.entityName = reference.entityName;
    this.measureCode = reference.measureCode;
    this.value = reference.value;
    this.rank = reference.rank;
    this.certainty = reference.certainty;
    this.citation = reference.citation;
    this.url = reference.url;
    this.note = reference.note;
  }

  @Field(() => EntityType, { nullable: true, description: 'The body; null when the row is an average or the nation.' })
  entity(): EntityType | null {
    const { entityId } = this.reference;
    const entity = entityId === null ? undefined : this.view.catalogue.entity(entityId);
    return entity === undefined ? null : new EntityType(entity, this.view);
  }

  @Field(() => PeerGroupType, { nullable: true, description: 'The peer group of the rank; null = not said.' })
  peerGroup(): PeerGroupType | null {
    const { peerGroupCode } = this.reference;
    const group = this.view.catalogue.content.peerGroups.find(({ code }) => code === peerGroupCode);
    return group === undefined ? null : new PeerGroupType(group);
  }
}

const ReferenceConnection = connectionType(
  'PublishedReference',
  () => ReferenceType,
  'Published results, in the order of the data file.',
);
type ReferenceConnection = InstanceType<typeof ReferenceConnection>;

/** Fields that lead to published results. */
@Resolver(() => RoundType)
export class ReferenceResolver {
  @FieldResolver(() => ReferenceConnection, {
    name: 'references',
    description: 'What the owner of the index published for this level and year.',
  })
  roundReferences(@Root() { round, view }: RoundType, @Args(() => PageArgs) page: PageArgs): ReferenceConnection {
    const { references } = view.catalogue.content;
    const all = references
      .filter(({ level, year }) => level === round.level && year === round.year)
      .map((reference) => new ReferenceType(reference, view));
    const position = positionIn(`references:${round.code}`, view.revision, page);
    const keyOf = ({ reference }: ReferenceType) => String(references.indexOf(reference));
    return new ReferenceConnection(slicePage(all, keyOf, position, pageSize(page)));
  }
}
