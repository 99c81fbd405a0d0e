import 'reflect-metadata';
import { GraphQLInt } from 'graphql';
import { Field, ObjectType } from 'type-graphql';

@ObjectType('MergePolicy', {
  description: 'A versioned rule of precedence between observations of one figure.',
  simpleResolvers: true,
})
export class MergePolicyVersion {
  @Field(() => String, { description: 'Its code.' })
  readonly code: string;

  @Field(() => GraphQLInt, { description: 'Its version.' })
  readonly version: number;

  constructor(code: string, version: number) {
    this.code = code;
    this.version = version;
  }
}
