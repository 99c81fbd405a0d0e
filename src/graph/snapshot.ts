import { GraphQLID } from 'graphql';
import { Arg, Args, Ctx, Field, FieldResolver, ObjectType, Query, Resolver, Root } from 'type-graphql';
import type { SnapshotHead, SnapshotStatus } from '../domain/snapshot.js';
import { openView, ReadArgs } from './at.js';
import { connectionType, PageArgs, pageSize, positionIn, slicePage } from './connection.js';
import { type GraphContext, type View } from './context.js';
import { DateTimeScalar } from './dateTime.js';
import { MergePolicyVersion } from './mergePolicy.js';
import { NodeType } from './node.js';
import { RoundType } from './round.js';
import { Reads } from './volatile.js';
import { SnapshotStatusWord } from './words.js';

@ObjectType('Snapshot', {
  description:
    'The immutable result of one computation run: all scores and ranks of one round, with what makes them reproducible.',
  implements: NodeType,
  simpleResolvers: true,
})
export class SnapshotType implements NodeType {
  readonly id: string;

  @Field(() => String, {
    description: 'The revision at which it became visible: decimal digits, compared as an integer.',
  })
  readonly revision: string;

  @Field(() => String, { description: 'Observations up to this revision were used.' })
  readonly inputRevision: string;

  @Field(() => SnapshotStatusWord, { description: 'Provisional, or published and sealed.' })
  readonly status: SnapshotStatus;

  @Field(() => DateTimeScalar, { description: 'When it was computed.' })
  readonly computedAt: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was published; null = provisional.' })
  readonly publishedAt: string | null;

  @Field(() => String, {
    description:
      'SHA-256 over every input: figures, framework, policy, members, method. Equal inputs give equal hashes anywhere.',
  })
  readonly inputHash: string;

  @Field(() => String, { description: 'SHA-256 over all values, in units of 1e-12, and ranks.' })
  readonly resultHash: string;

  @Field(() => String, { description: 'Version of the scoring method.' })
  readonly engineVersion: string;

  @Field(() => String, { description: 'Code of the framework.' })
  readonly frameworkCode: string;

  constructor(
    readonly head: SnapshotHead,
    readonly view: View,
  ) {
    this.id = `Snapshot:${head.id}`;
    this.revision = String(head.revision);
    this.inputRevision = String(head.inputRevision);
    this.status = head.status;
    this.computedAt = head.computedAt;
    this.publishedAt = head.publishedAt;
    this.inputHash = head.inputHash;
    this.resultHash = head.resultHash;
    this.engineVersion = head.engineVersion;
    this.frameworkCode = head.frameworkCode;
  }

  @Field(() => MergePolicyVersion, { description: 'The merge policy that chose the figures.' })
  policy(): MergePolicyVersion {
    return new MergePolicyVersion(this.head.policyCode, this.head.policyVersion);
  }

  @Field(() => RoundType, { description: 'The round that it is the result of.' })
  round(): RoundType {
    const round = this.view.catalogue.round(this.head.roundId);
    if (round === undefined) throw new Error(`snapshot ${this.head.id} has no round`);
    return new RoundType(round, this.view);
  }
}

const SnapshotConnection = connectionType('Snapshot', () => SnapshotType, 'Snapshots of a round, newest first.');
type SnapshotConnection = InstanceType<typeof SnapshotConnection>;

/** Fields that lead to snapshots. */
@Resolver(() => RoundType)
export class SnapshotResolver {
  @FieldResolver(() => SnapshotConnection, { name: 'snapshots', description: 'Its results up to now, newest first.' })
  roundSnapshots(@Root() { round, view }: RoundType, @Args(() => PageArgs) page: PageArgs): SnapshotConnection {
    const all = view.snapshotsOf(round).map((head) => new SnapshotType(head, view));
    const position = positionIn(`snapshots:${round.code}`, view.revision, page);
    return new SnapshotConnection(slicePage(all, ({ id }) => id, position, pageSize(page)));
  }

  @FieldResolver(() => SnapshotType, {
    nullable: true,
    name: 'published',
    description: 'Its sealed result; null = not published.',
  })
  roundPublished(@Root() { round, view }: RoundType): SnapshotType | null {
    const head = view.publishedOf(round);
    return head === undefined ? null : new SnapshotType(head, view);
  }

  @Reads('RESULTS')
  @Query(() => SnapshotType, {
    nullable: true,
    name: 'snapshot',
    description: 'One snapshot by its id; null when there is none.',
  })
  async oneSnapshot(
    @Arg('id', () => GraphQLID, { description: 'Its id: `Snapshot:12`, or the number alone.' }) id: string,
    @Args(() => ReadArgs) args: ReadArgs,
    @Ctx() context: GraphContext,
  ): Promise<SnapshotType | null> {
    const view = await openView(context, args);
    const head = view.snapshotById(Number(id.replace(/^Snapshot:/, '')));
    return head === undefined ? null : new SnapshotType(head, view);
  }
}
