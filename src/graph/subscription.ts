import { Arg, Resolver, Root, Subscription } from 'type-graphql';
import { INDEX_CODE } from '../domain/framework.js';
import { readRevision } from './at.js';
import type { GraphContext } from './context.js';
import { LiveSubscription } from './live.js';
import { findMeasure } from './measure.js';
import { findPeerGroup, PEER_GROUP_ARGUMENT } from './peerGroup.js';
import { RankingField, RankingUpdate } from './rankingUpdates.js';
import { findRound } from './round.js';
import { MEASURE_ARGUMENT } from './score.js';

interface Arguments {
  readonly round: string;
  readonly measure?: string | null;
  readonly peerGroup?: string | null;
  readonly since?: string | null;
}

/** Starts a subscription; what is wrong with its arguments is an error before the first event. */
function subscribe({ args, context }: { args: Arguments; context: GraphContext }): LiveSubscription<RankingUpdate> {
  const { platform, view } = context;
  const round = findRound(view, args.round);
  const measure = findMeasure(view, round.frameworkCode, args.measure ?? INDEX_CODE);
  const group = findPeerGroup(view, round, args.peerGroup ?? null);
  const since = args.since === undefined || args.since === null ? null : readRevision(args.since, 'since');
  return new LiveSubscription(new RankingField(platform, { round, measure, group }), since);
}

/** Everything that can be watched live. */
@Resolver()
export class SubscriptionResolver {
  @Subscription(() => RankingUpdate, {
    subscribe,
    description:
      'A ranking, live: first the state, or with `since` what changed after it, then every change, nothing lost and nothing twice. Apply an update when its `previousRevision` is the revision that you have; replace everything when it is `complete`.',
  })
  rankingUpdates(
    @Root() update: RankingUpdate,
    @Arg('round', () => String, { description: 'Code of the round: `PROVINCE-2022`. NOT_FOUND for an unknown one.' })
    _round: string,
    @Arg('measure', () => String, MEASURE_ARGUMENT) _measure: string | null,
    @Arg('peerGroup', () => String, PEER_GROUP_ARGUMENT) _peerGroup: string | null,
    @Arg('since', () => String, {
      nullable: true,
      description:
        'The revision of the last update that you have, decimal digits: the first update then tells what changed after it. One that is unknown or too old gets the whole state.',
    })
    _since: string | null,
  ): RankingUpdate {
    return update;
  }
}
