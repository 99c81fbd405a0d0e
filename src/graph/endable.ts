/** A generator whose return() ends it at once: one that waits would hear of it only after the next event. */
export function endable<Event>(
  start: (signal: AbortSignal) => AsyncGenerator<Event, void>,
): AsyncGenerator<Event, void> {
  const ending = new AbortController();
  const events = start(ending.signal);
  return {
    next: () => events.next(),
    return() {
      ending.abort();
      return events.return();
    },
    throw(error: unknown) {
      ending.abort();
      return events.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await events.return();
    },
  };
}
