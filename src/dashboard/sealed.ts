import { useEffect, useSyncExternalStore } from 'react';

let isShown = false;
const watchers = new Set<() => void>();

function tell(next: boolean): void {
  isShown = next;
  for (const watcher of watchers) watcher();
}

/** Says that a view shows a published round: its figures are sealed, so the frame does not call them live. */
export function useSealed(isSealed: boolean): void {
  useEffect(() => {
    tell(isSealed);
    return () => tell(false);
  }, [isSealed]);
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Whether what is shown is sealed. */
export function useIsSealed(): boolean {
  return useSyncExternalStore(watch, () => isShown);
}
