import { GraphQLInt } from 'graphql';
import { Arg, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import { findManifestProblems } from '../pipeline/registerManifest.js';
import { type GraphContext, stageOf } from './context.js';
import { Cost, ListSize } from './cost.js';
import { Volatile } from './volatile.js';

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

/** What editors ask while a manifest is written. */
@Resolver()
export class ManifestProblemResolver {
  @Cost(200)
  @ListSize(10)
  @Volatile()
  @Query(() => [ManifestProblemType], {
    description:
      'What `registerSource` would find wrong with a manifest, in the order of the text; empty = it would be registered. Nothing is written or read from the source. For integrators.',
  })
  async manifestProblems(
    @Arg('manifest', () => String, { description: 'The text of the manifest, YAML or JSON.' }) manifest: string,
    @Ctx() context: GraphContext,
  ): Promise<ManifestProblemType[]> {
    const problems = await findManifestProblems(stageOf(context), manifest);
    return problems.map((problem) => new ManifestProblemType(problem));
  }
}
