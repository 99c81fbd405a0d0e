import { Arg, Field, ObjectType, Resolver, Root, Subscription } from 'type-graphql';
import { PlatformError } from '../domain/errors.js';
import type { AssessmentRound } from '../domain/round.js';
import type { SnapshotHead } from '../domain/snapshot.js';
import { readRevision } from './at.js';
import { createContext, type GraphContext, type Platform, View } from './context.js';
import { ListSize, PageSize } from './cost.js';
import { MAX_STEPS, snapshotsBetween } from './lastSnapshot.js';
import { type LiveField, LiveSubscription } from './live.js';
import { findRound } from './round.js';
import { SnapshotType } from './snapshot.js';
import { Update } from './update.js';

@ObjectType({
  description:
    'Computation runs that a subscriber does not know yet: the newest of each round when `complete`, else all that came.',
  simpleResolvers: true,
})
export class ComputationUpdate extends Update {
  @ListSize('page')
  @Field(() => [SnapshotType], { description: 'What was computed or published, oldest first.' })
  readonly snapshots: readonly SnapshotType[];

  constructor(revision: number, previousRevision: number | null, snapshots: readonly SnapshotType[]) {
    super(revision, previousRevision);
    this.snapshots = snapshots;
  }
}

/**
 * Computation runs, live.
 * @param rounds null = all that there are
 */
export function liveComputations(
  platform: Platform,
  rounds: readonly AssessmentRound[] | null,
): LiveField<ComputationUpdate> {
  const watched = () => rounds ?? platform.catalogue().content.rounds;
  return {
    concerns: ({ kind, roundIds }) =>
      (kind === 'SNAPSHOT' || kind === 'ROUND') && (rounds === null || rounds.some(({ id }) => roundIds.includes(id))),
    async tell(base, head) {
      const after = base === null || base > head ? null : findAfter(platform, watched(), base, head);
      const heads = after ?? findNewest(platform, watched(), head);
      const last = heads.at(-1);
      if (last === undefined) return null;
      const view = new View(createContext(platform), last.revision, null);
      const snapshots = heads.map((each) => new SnapshotType(each, view));
      return { event: new ComputationUpdate(last.revision, after && base, snapshots), revision: last.revision };
    },
  };
}

/** Snapshots of rounds after a revision, oldest first; null = too many to be told one by one. */
function findAfter(
  platform: Platform,
  rounds: readonly AssessmentRound[],
  base: number,
  head: number,
): SnapshotHead[] | null {
  const found: SnapshotHead[] = [];
  for (const round of rounds) {
    const between = snapshotsBetween(platform, round, base, head, MAX_STEPS - found.length);
    if (between === null) return null;
    found.push(...between);
  }
  return found.sort((a, b) => a.revision - b.revision);
}

/** The newest snapshot of each round, oldest first. */
function findNewest(
  { library, publicProvisional }: Platform,
  rounds: readonly AssessmentRound[],
  revision: number,
): SnapshotHead[] {
  const found = rounds.flatMap(({ id }) => library.find(id, { revision, provisional: publicProvisional }) ?? []);
  return found.sort((a, b) => a.revision - b.revision);
}

interface Arguments {
  readonly rounds?: readonly string[] | null;
  readonly since?: string | null;
}

/** Starts a subscription; what is wrong with its arguments is an error before the first event. */
function subscribe({ args, context }: { args: Arguments; context: GraphContext }): AsyncIterable<ComputationUpdate> {
  const { platform, view } = context;
  if (args.rounds?.length === 0) {
    throw new PlatformError('BAD_USER_INPUT', '"rounds" must not be empty; leave it out for all rounds.');
  }
  const rounds = args.rounds ? [...new Set(args.rounds)].map((code) => findRound(view, code)) : null;
  const since = args.since === undefined || args.since === null ? null : readRevision(args.since, 'since');
  return new LiveSubscription(liveComputations(platform, rounds), since);
}

/** Computation runs, live. */
@Resolver()
export class ComputationUpdatesResolver {
  @PageSize(({ rounds }) => (Array.isArray(rounds) ? rounds.length : 10))
  @Subscription(() => ComputationUpdate, {
    subscribe,
    description:
      'Computation runs, live: first the newest snapshot of each round, or with `since` all that came after it, then every later one, provisional or published.',
  })
  computationUpdates(
    @Root() update: ComputationUpdate,
    @Arg('rounds', () => [String], {
      nullable: true,
      description: 'Codes of rounds: `PROVINCE-2022`; absent = all. NOT_FOUND for an unknown one.',
    })
    _rounds: string[] | null,
    @Arg('since', () => String, {
      nullable: true,
      description:
        'The revision of the last update that you have, decimal digits: the first update then tells every snapshot after it. More than 100 of them, or a revision that is unknown, give the newest of each round.',
    })
    _since: string | null,
  ): ComputationUpdate {
    return update;
  }
}
