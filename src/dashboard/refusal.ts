import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { CombinedError } from 'urql';

/** What a subscription is refused with although the page shows what it told before. */
export interface Refusal {
  readonly error: CombinedError;
  /** Since when nothing is told any more, in milliseconds of Unix time. */
  readonly since: number;
}

let refusals = 0;
const watchers = new Set<() => void>();

function count(change: 1 | -1): void {
  refusals += change;
  for (const watcher of watchers) watcher();
}

/**
 * Keeps when a subscription was refused first, and has the frame not call the page live while it is.
 * @param error what the subscription tells now; undefined = nothing is wrong
 */
export function useRefusal(error: CombinedError | null | undefined): Refusal | null {
  const since = useRef<number | null>(null);
  const isRefused = error !== null && error !== undefined;
  since.current = isRefused ? (since.current ?? Date.now()) : null;
  useEffect(() => {
    if (!isRefused) return;
    count(1);
    return () => count(-1);
  }, [isRefused]);
  return isRefused && since.current !== null ? { error, since: since.current } : null;
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Whether something on the page has stopped being live although the connection stands. */
export function useIsRefused(): boolean {
  return useSyncExternalStore(watch, () => refusals > 0);
}
