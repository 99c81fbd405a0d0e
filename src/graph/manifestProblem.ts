import { GraphQLInt } from 'graphql';
import { Field, ObjectType } from 'type-graphql';

/** A problem as the pipeline tells it. */
export interface ProblemText {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly message: string;
}

@ObjectType('ManifestProblem', { description: 'A mistake in a manifest, and where it stands.', simpleResolvers: true })
export class ManifestProblemType {
  @Field(() => String, { description: 'Path of the value: `streams[0].request.path`; empty for the whole.' })
  readonly path: string;

  @Field(() => GraphQLInt, { description: 'Line of the text, from 1.' })
  readonly line: number;

  @Field(() => GraphQLInt, { description: 'Column of the line, from 1.' })
  readonly column: number;

  @Field(() => String, { description: 'Kind of mistake, such as `unknown_key`, `required`, `value`, `indicator`.' })
  readonly code: string;

  @Field(() => String, { description: 'What is wrong and what to do.' })
  readonly message: string;

  constructor({ path, line, column, code, message }: ProblemText) {
    this.path = path;
    this.line = line;
    this.column = column;
    this.code = code;
    this.message = message;
  }
}
