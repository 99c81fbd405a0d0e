import { GraphQLFloat, GraphQLInt } from 'graphql';
import { Field, ObjectType } from 'type-graphql';

/** What every update with a revision says of itself. Not a type of the schema: types that nothing leads to are left out. */
@ObjectType({ description: 'What an update says of itself.', simpleResolvers: true })
export abstract class Update {
  @Field(() => String, {
    description: 'The state after applying it: decimal digits, to be compared as an integer. Use it as `since`.',
  })
  readonly revision: string;

  @Field(() => String, {
    nullable: true,
    description: 'The state that it applies to: the revision of the update before it, or `since`. Null when complete.',
  })
  readonly previousRevision: string | null;

  @Field(() => Boolean, {
    description: 'It tells the whole state, which replaces what you have; else what changed since `previousRevision`.',
  })
  readonly complete: boolean;

  /** @param previousRevision null = it is complete */
  constructor(revision: number, previousRevision: number | null) {
    this.revision = String(revision);
    this.previousRevision = previousRevision === null ? null : String(previousRevision);
    this.complete = previousRevision === null;
  }
}

/** Rank and value of an update, now and before. */
export interface Move {
  readonly rank: number | null;
  readonly previousRank: number | null;
  readonly value: number | null;
  readonly previousValue: number | null;
}

/** A row of an update that tells of a rank and a value. Not a type of the schema. */
@ObjectType({ description: 'A row that tells of a rank and a value.', simpleResolvers: true })
export abstract class MovedRow {
  @Field(() => GraphQLInt, { nullable: true, description: 'The rank now; null = none.' })
  readonly rank: number | null;

  @Field(() => GraphQLInt, {
    nullable: true,
    description: 'The rank at `previousRevision`; null = it had none, or the update is complete.',
  })
  readonly previousRank: number | null;

  @Field(() => GraphQLFloat, { nullable: true, description: 'The value now, 0 to 1; null = none.' })
  readonly value: number | null;

  @Field(() => GraphQLFloat, {
    nullable: true,
    description: 'The value at `previousRevision`; null = it had none, or the update is complete.',
  })
  readonly previousValue: number | null;

  constructor({ rank, previousRank, value, previousValue }: Move) {
    this.rank = rank;
    this.previousRank = previousRank;
    this.value = value;
    this.previousValue = previousValue;
  }
}
