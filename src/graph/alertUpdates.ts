import { Arg, Field, ObjectType, Resolver, Root, Subscription } from 'type-graphql';
import type { AlertKind } from '../domain/alert.js';
import { PlatformError } from '../domain/errors.js';
import { readWatchedAlerts, type WatchedAlerts } from '../store/listAlerts.js';
import { AlertType } from './alert.js';
import { readRevision } from './at.js';
import { createContext, type GraphContext, type Platform, View } from './context.js';
import { ListSize } from './cost.js';
import { findEntities } from './entity.js';
import { type LiveField, LiveSubscription } from './live.js';
import { findSource } from './source.js';
import { Update } from './update.js';
import { AlertKindWord } from './words.js';

/** Most alerts of one update: those of all communes, and as many again. */
const MAX_ALERTS = 20_000;
const MAX_NAMED = 1000;

@ObjectType({
  description:
    'Alerts that a subscriber does not know as they are: all open ones when `complete`, else what was raised or resolved.',
  simpleResolvers: true,
})
export class AlertUpdate extends Update {
  @ListSize(20)
  @Field(() => [AlertType], {
    description: 'In the order in which they were raised. One with `resolvedAt` is over.',
  })
  readonly alerts: readonly AlertType[];

  @Field(() => Boolean, {
    description:
      'More are open than the 20,000 that a complete update tells, the oldest first: `alerts(filter: { isOpen: { eq: true } }, at: { asOf: { revision: … } })` has the others. False in every other update.',
  })
  readonly truncated: boolean;

  constructor(revision: number, previousRevision: number | null, alerts: readonly AlertType[], truncated: boolean) {
    super(revision, previousRevision);
    this.alerts = alerts;
    this.truncated = truncated;
  }
}

/**
 * Alerts, live.
 * @param limit most alerts of one update
 */
export function liveAlerts(platform: Platform, watched: WatchedAlerts, limit = MAX_ALERTS): LiveField<AlertUpdate> {
  return {
    concerns: ({ kind }) => kind === 'ALERT',
    async tell(base, head) {
      const view = new View(createContext(platform), head, null);
      const read = (after: number | null) =>
        readWatchedAlerts(platform.database.fork(), view.alertScope, watched, after, limit + 1);
      const news = base === null || base > head ? null : await read(base);
      const isWhole = news === null || news.length > limit;
      if (!isWhole && news.length === 0) return null;
      const found = isWhole ? await read(null) : news;
      const alerts = found.slice(0, limit).map((alert) => new AlertType(alert, view));
      return { event: new AlertUpdate(head, isWhole ? null : base, alerts, found.length > limit), revision: head };
    },
  };
}

interface Arguments {
  readonly kinds?: readonly AlertKind[] | null;
  readonly entities?: readonly string[] | null;
  readonly sources?: readonly string[] | null;
  readonly since?: string | null;
}

/**
 * Which alerts the words of an argument list mean.
 * @throws PlatformError NOT_FOUND, AMBIGUOUS_CODE, BAD_USER_INPUT
 */
export async function readWatched(
  view: View,
  { kinds, entities, sources }: Omit<Arguments, 'since'>,
): Promise<WatchedAlerts> {
  for (const list of [entities ?? [], sources ?? []]) {
    if (list.length > MAX_NAMED) throw new PlatformError('BAD_USER_INPUT', `At most ${MAX_NAMED} can be named.`);
  }
  const sourceIds = (sources ?? []).map(async (key) => {
    const found = await findSource(view, key);
    if (found === null) throw new PlatformError('NOT_FOUND', `There is no source "${key.slice(0, 80)}".`);
    return found.source.id;
  });
  return {
    kinds: kinds ? [...new Set(kinds)] : null,
    entityIds: entities ? findEntities(view, entities) : null,
    sourceIds: sources ? await Promise.all(sourceIds) : null,
  };
}

/** Starts a subscription; what is wrong with its arguments is an error before the first event. */
async function subscribe({
  args,
  context,
}: {
  args: Arguments;
  context: GraphContext;
}): Promise<AsyncIterable<AlertUpdate>> {
  const since = args.since === undefined || args.since === null ? null : readRevision(args.since, 'since');
  return new LiveSubscription(liveAlerts(context.platform, await readWatched(context.view, args)), since);
}

/** Alerts, live. */
@Resolver()
export class AlertUpdatesResolver {
  @Subscription(() => AlertUpdate, {
    subscribe,
    description:
      'Alerts, live: first those that are open, or with `since` what was raised or resolved after it, then each as it is raised and as it is resolved.',
  })
  alertUpdates(
    @Root() update: AlertUpdate,
    @Arg('kinds', () => [AlertKindWord], { nullable: true, description: 'Only alerts about this; absent = all.' })
    _kinds: AlertKind[] | null,
    @Arg('entities', () => [String], {
      nullable: true,
      description: 'Only alerts of these entities, `GSO-2025:48` or an unambiguous code; with `sources`, of either.',
    })
    _entities: string[] | null,
    @Arg('sources', () => [String], {
      nullable: true,
      description: 'Only alerts of the sources with these keys; with `entities`, of either.',
    })
    _sources: string[] | null,
    @Arg('since', () => String, {
      nullable: true,
      description:
        'The revision of the last update that you have, decimal digits: the first update then tells what came after it. One that is unknown, or more than 20,000 alerts ago, gets all that are open.',
    })
    _since: string | null,
  ): AlertUpdate {
    return update;
  }
}
