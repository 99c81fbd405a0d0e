import { createSourceEventStream, execute, parse } from 'graphql';
import { onTestFinished } from 'vitest';
import { createContext } from '../../src/graph/context.js';
import { LiveSubscription } from '../../src/graph/live.js';
import type { Answer, GraphFixture } from './graphFixture.js';

/** A subscriber of a live field that is told one step at a time. */
export interface Follower {
  /** What it is told up to now; null = nothing. It then has the revision of the event, or keeps the one that it had. */
  next(): Promise<Answer | null>;
  /** The revision that it has; null = none yet. */
  readonly base: number | null;
}

/**
 * Subscribes and asks the field itself what to tell, as whoever serves it does: again only after a revision that it says concerns it.
 * @throws Error with the error's code as message, when the subscription is refused
 */
export async function follow(
  { schema, platform }: GraphFixture,
  document: string,
  variables: Record<string, unknown> = {},
): Promise<Follower> {
  const args = { schema, document: parse(document), variableValues: variables };
  const live = await createSourceEventStream({ ...args, contextValue: createContext(platform) });
  if (!(live instanceof LiveSubscription)) {
    const [error] = 'errors' in live ? (live.errors ?? []) : [];
    throw new Error(String((error?.originalError as { code?: string } | undefined)?.code ?? error?.message));
  }
  let base = live.since !== null && (await platform.feed.knows(live.since)) ? live.since : null;
  let isConcerned = true;
  let hasEnded = false;
  platform.feed.onRevision((revision) => {
    if (!hasEnded && live.field.concerns(revision)) isConcerned = true;
  });
  onTestFinished(() => {
    hasEnded = true;
  });
  return {
    get base() {
      return base;
    },
    async next() {
      if (!isConcerned) return null;
      isConcerned = false;
      const told = await live.field.tell(base, platform.feed.head);
      if (told === null) return null;
      base = told.revision;
      const contextValue = createContext(platform);
      const { data, errors } = await execute({ ...args, rootValue: told.event, contextValue });
      if (errors) throw errors[0];
      return Object.values(JSON.parse(JSON.stringify(data)))[0];
    },
  };
}
