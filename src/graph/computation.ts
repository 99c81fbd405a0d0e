import { GraphQLInt } from 'graphql';
import { Arg, Field, FieldResolver, ObjectType, Resolver, Root } from 'type-graphql';
import { PlatformError } from '../domain/errors.js';
import { countChangedScores } from '../snapshot/diff.js';
import type { SnapshotProblem } from '../store/readSnapshotProblems.js';
import type { View } from './context.js';
import { Cost, ListSize } from './cost.js';
import { EntityType } from './entity.js';
import { MeasureType } from './measure.js';
import { SnapshotType } from './snapshot.js';

const MAX_PROBLEMS = 100;

@ObjectType({ description: 'A figure that could not be scored and was taken as missing.', simpleResolvers: true })
export class ScoringProblemType {
  @Field(() => EntityType, { nullable: true, description: 'Whose figure it is.' })
  readonly entity: EntityType | null;

  @Field(() => MeasureType, { nullable: true, description: 'The indicator.' })
  readonly indicator: MeasureType | null;

  @Field(() => String, { description: 'What is wrong with it.' })
  readonly message: string;

  constructor({ entityId, indicatorId, message }: SnapshotProblem, view: View) {
    const entity = view.catalogue.entity(entityId);
    const indicator = view.catalogue.measure(indicatorId);
    this.entity = entity === undefined ? null : new EntityType(entity, view);
    this.indicator = indicator === undefined ? null : new MeasureType(indicator, view);
    this.message = message;
  }
}

/** What a computation run came to, as fields of its snapshot. */
@Resolver(() => SnapshotType)
export class ComputationResolver {
  @Cost(500)
  @FieldResolver(() => GraphQLInt, {
    nullable: true,
    description:
      'How many scores, of all entities and measures, are not as in the snapshot before it of the same round; null = it is the first one.',
  })
  async changedScores(@Root() { head, view }: SnapshotType): Promise<number | null> {
    const [before, after] = await view.loadWithPrevious(head);
    if (before === null) return null;
    return countChangedScores(before.columns, after.columns);
  }

  @Cost(10)
  @FieldResolver(() => GraphQLInt, { description: 'How many figures could not be scored and were taken as missing.' })
  async problemCount(@Root() { head, view }: SnapshotType): Promise<number> {
    return (await view.loaders.snapshotProblems.load(head.id))?.count ?? 0;
  }

  @Cost(10)
  @ListSize(({ first }) => (typeof first === 'number' ? first : MAX_PROBLEMS))
  @FieldResolver(() => [ScoringProblemType], { description: 'Figures that could not be scored.' })
  async problems(
    @Root() { head, view }: SnapshotType,
    @Arg('first', () => GraphQLInt, {
      defaultValue: 20,
      description: 'How many at most, 0 to 100; `problemCount` says how many there are.',
    })
    first: number,
  ): Promise<ScoringProblemType[]> {
    if (first < 0 || first > MAX_PROBLEMS) {
      throw new PlatformError('BAD_USER_INPUT', `"first" must be 0 to ${MAX_PROBLEMS}, received ${first}.`);
    }
    const found = await view.loaders.snapshotProblems.load(head.id);
    return (found?.problems ?? []).slice(0, first).map((problem) => new ScoringProblemType(problem, view));
  }
}
