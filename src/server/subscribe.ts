import { createSourceEventStream, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { CompiledOperations } from './compiled.js';

/**
 * Starts a subscription whose every event is executed with a context of its own: a loader that lived as long as the
 * subscription would answer later events from what it read for earlier ones.
 * @param createContext makes the context of one event
 * @returns the results in order of the events, or one result with errors when the subscription cannot start
 */
export async function subscribe(
  args: ExecutionArgs,
  compiled: CompiledOperations,
  createContext: () => unknown,
): Promise<AsyncGenerator<ExecutionResult, void, void> | ExecutionResult> {
  const events = await createSourceEventStream(args);
  if (!isAsyncIterable(events)) return events;
  const iterator = events[Symbol.asyncIterator]();
  const execute = async (next: IteratorResult<unknown>): Promise<IteratorResult<ExecutionResult, void>> => {
    if (next.done) return { done: true, value: undefined };
    const value = await compiled.execute({ ...args, rootValue: next.value, contextValue: createContext() });
    return { done: false, value };
  };
  const end = async (): Promise<IteratorResult<ExecutionResult, void>> => {
    await iterator.return?.();
    return { done: true, value: undefined };
  };
  // Written by hand because an async generator that waits for an event hears of its return() only after that event.
  const results: AsyncGenerator<ExecutionResult, void, void> = {
    next: async () => execute(await iterator.next()),
    return: end,
    throw: async (error: unknown) => {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]: () => results,
    [Symbol.asyncDispose]: async () => void (await end()),
  };
  return results;
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value;
}
