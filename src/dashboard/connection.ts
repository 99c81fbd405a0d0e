import { createClient } from 'graphql-ws';
import { useSyncExternalStore } from 'react';
import { tokenOf, watchToken } from './token.ts';

/** How the live connection is: `quiet` = nothing is watched; `lost` = being connected again, what is shown may be old. */
export type ConnectionState = 'quiet' | 'connecting' | 'live' | 'lost' | 'offline';

let state: ConnectionState = 'quiet';
let since: number | null = null;
const watchers = new Set<() => void>();

function tell(next: ConnectionState): void {
  if (next === state) return;
  if (next === 'lost' || next === 'offline') since ??= Date.now();
  if (next === 'live' || next === 'quiet') since = null;
  state = next;
  for (const watcher of watchers) watcher();
}

/** The one socket of the page; connected while something is watched. */
export const socket = createClient({
  url: () => `${location.origin.replace(/^http/, 'ws')}/graphql`,
  connectionParams: () => {
    const token = tokenOf();
    return token === null ? {} : { authorization: `Bearer ${token}` };
  },
  // Subscriptions resume by themselves, with what they have (resuming.ts).
  retryAttempts: 0,
  keepAlive: 10_000,
  lazyCloseTimeout: 2_000,
  on: {
    connecting: () => tell(state === 'quiet' ? 'connecting' : 'lost'),
    connected: () => tell('live'),
    closed: (event) => {
      const wasClean = typeof event === 'object' && event !== null && 'code' in event && event.code === 1000;
      tell(wasClean ? 'quiet' : navigator.onLine ? 'lost' : 'offline');
    },
  },
});

addEventListener('offline', () => tell('offline'));
addEventListener('online', () => state === 'offline' && tell('lost'));
// Who signs in or out asks as somebody else: the socket says who asks once, when it opens.
watchToken(() => socket.terminate());

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** The state of the live connection. */
export function useConnection(): ConnectionState {
  return useSyncExternalStore(watch, () => state);
}

/** Since when what is shown may be old, in milliseconds of Unix time; null = it is not. */
export function useLostSince(): number | null {
  return useSyncExternalStore(watch, () => since);
}
