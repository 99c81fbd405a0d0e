import { GraphQLInt } from 'graphql';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { type ComputeOutcome, computeRound } from '../pipeline/compute.js';
import { once } from '../pipeline/once.js';
import { type GraphContext, stageOf, type View, viewAfter } from './context.js';
import { findRound } from './round.js';
import { SnapshotType } from './snapshot.js';
import { IDEMPOTENCY_KEY } from './sourceInput.js';

/** What of a computation is kept for a request that is sent again. */
type Recomputed = Pick<ComputeOutcome, 'snapshotId' | 'inputHash' | 'resultHash'> & { readonly problemCount: number };

@ObjectType({ description: 'What came of a computation that somebody asked for.', simpleResolvers: true })
class RecomputeRoundPayload {
  @Field(() => Boolean, {
    description: 'A snapshot was written. False = the result is that of the newest one, to the last bit.',
  })
  readonly changed: boolean;

  @Field(() => String, { description: 'SHA-256 over everything that the result depends on, in hexadecimal.' })
  readonly inputHash: string;

  @Field(() => String, { description: 'SHA-256 over all values and ranks, in hexadecimal.' })
  readonly resultHash: string;

  @Field(() => GraphQLInt, { description: 'How many figures could not be scored and were taken as missing.' })
  readonly problemCount: number;

  @Field(() => SnapshotType, {
    nullable: true,
    description: 'The newest snapshot of the round; null when provisional results are not shown here.',
  })
  readonly snapshot: SnapshotType | null;

  @Field(() => String, { description: 'The newest revision when the answer was made.' })
  readonly revision: string;

  constructor(recomputed: Recomputed, snapshot: SnapshotType | null, { revision }: View) {
    this.changed = recomputed.snapshotId !== null;
    this.inputHash = recomputed.inputHash;
    this.resultHash = recomputed.resultHash;
    this.problemCount = recomputed.problemCount;
    this.snapshot = snapshot;
    this.revision = String(revision);
  }
}

/** Computations that somebody asks for. */
@Resolver()
export class ComputationMutationResolver {
  @Mutation(() => RecomputeRoundPayload, {
    description:
      'Computes an open round now, from all of its observations and from nothing that earlier computations left in memory. Workers do so by themselves when observations change; this proves their result, or writes what they could not. ROUND_STATE when the round is published.',
  })
  async recomputeRound(
    @Arg('round', () => String, { description: 'Code of the round: `PROVINCE-2026`. NOT_FOUND for an unknown one.' })
    code: string,
    @Arg('idempotencyKey', () => String, IDEMPOTENCY_KEY) idempotencyKey: string | null,
    @Ctx() context: GraphContext,
  ): Promise<RecomputeRoundPayload> {
    const { database, library, now } = stageOf(context);
    const { viewer, catalogue } = context;
    const round = findRound(context.view, code);
    const request = { operation: 'recomputeRound', input: { round: code }, subject: viewer.subject };
    const recomputed = await once(database, library, { ...request, key: idempotencyKey ?? null }, async () => {
      const outcome = await computeRound({ database, catalogue, roundCode: round.code, viewer, now });
      const { snapshotId, inputHash, resultHash, problems } = outcome;
      return { snapshotId, inputHash, resultHash, problemCount: problems.length };
    });
    const view = await viewAfter(context);
    const head = view.snapshotOf(round);
    return new RecomputeRoundPayload(recomputed, head === undefined ? null : new SnapshotType(head, view), view);
  }
}
