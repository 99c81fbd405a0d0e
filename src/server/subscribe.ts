import { createSourceEventStream, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { Platform } from '../graph/context.js';
import { type FlowField, FlowSubscription, type LiveField, LiveSubscription } from '../graph/live.js';
import type { Hub } from './hub.js';
import { type EventExecution, shareOperation } from './sharedOperation.js';
import type { Sink } from './sink.js';

/** What {@link subscribe} needs. */
export interface SubscribeOptions extends EventExecution {
  readonly hub: Hub;
  readonly feed: Platform['feed'];
  /** Makes the place where the hub tells the operation; its protocol hears of the end by the generator that is returned. */
  readonly toSink: (end: () => void) => Sink;
  /** Called when the subscription is over, or has not begun. */
  readonly onEnd: () => void;
}

/**
 * Starts a subscription. A live field is told by the hub, past the generator that is returned: that one yields nothing and ends with the subscription, so
 * that the library of the protocol goes on to keep account of what is under way.
 * @returns otherwise the results in order of the events, or one result with errors when the subscription cannot start
 */
export async function subscribe(
  args: ExecutionArgs,
  options: SubscribeOptions,
): Promise<AsyncGenerator<ExecutionResult, void, void> | ExecutionResult> {
  let results: Results | null = null;
  try {
    const events: AsyncIterable<unknown> | ExecutionResult = await createSourceEventStream(args);
    if (events instanceof LiveSubscription) results = join(args, events.field, events.since, options);
    else if (events instanceof FlowSubscription) results = join(args, events.field, null, options);
    else if (isAsyncIterable(events)) results = iterate(args, events, options);
    else return events;
    return results;
  } finally {
    if (results === null) options.onEnd();
  }
}

type Results = AsyncGenerator<ExecutionResult, void, void>;

function join(
  args: ExecutionArgs,
  field: LiveField<unknown> | FlowField<unknown>,
  since: number | null,
  options: SubscribeOptions,
): Results {
  const { hub, feed, toSink } = options;
  let resolveEnded: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (resolveEnded = resolve));
  const end = (): void => {
    options.onEnd();
    resolveEnded();
  };
  const sink = toSink(end);
  const leave = hub.join(feed, shareOperation(args, field, options), since, sink);
  return makeGenerator(
    () => ended.then(() => ({ done: true, value: undefined })),
    async () => {
      leave();
      end();
    },
  );
}

/** Each event is executed with a context of its own, for this subscriber alone. */
function iterate(args: ExecutionArgs, events: AsyncIterable<unknown>, options: SubscribeOptions): Results {
  const { compiled, createContext, onEnd } = options;
  const iterator = events[Symbol.asyncIterator]();
  return makeGenerator(
    async () => {
      const next = await iterator.next();
      if (next.done) {
        onEnd();
        return { done: true, value: undefined };
      }
      const value = await compiled.execute({ ...args, rootValue: next.value, contextValue: createContext() });
      return { done: false, value };
    },
    async () => {
      onEnd();
      await iterator.return?.();
    },
  );
}

/** Written by hand because an async generator that waits for an event hears of its return() only after that event. */
function makeGenerator(next: () => Promise<IteratorResult<ExecutionResult, void>>, end: () => Promise<void>): Results {
  const results: Results = {
    next,
    async return() {
      await end();
      return { done: true, value: undefined };
    },
    async throw(error: unknown) {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]: () => results,
    [Symbol.asyncDispose]: end,
  };
  return results;
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value;
}
