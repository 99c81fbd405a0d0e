/** Those who wait for the next change of a feed. */
export interface Waiters {
  /** Resolves at the next {@link wake}, or when the signal, which has not aborted yet, aborts. */
  wait(signal: AbortSignal): Promise<void>;
  wake(): void;
}

/** Makes an empty set of them. */
export function createWaiters(): Waiters {
  const waiting = new Set<() => void>();
  return {
    wait: (signal) =>
      new Promise<void>((resolve) => {
        const done = () => {
          waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        waiting.add(done);
        signal.addEventListener('abort', done, { once: true });
      }),
    wake() {
      for (const done of [...waiting]) done();
    },
  };
}
