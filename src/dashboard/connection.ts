import { createClient } from 'graphql-ws';
import { useSyncExternalStore } from 'react';
import { type LiveRequest, type LiveSink, subscribeResuming } from './resuming.ts';
import { expireToken, tokenOf, watchToken } from './token.ts';

/** How the live connection is: `quiet` = nothing is watched; `lost` = being connected again, what is shown may be old. */
export type ConnectionState = 'quiet' | 'connecting' | 'live' | 'lost' | 'offline';

let state: ConnectionState = 'quiet';
let since: number | null = null;
/** Subscriptions that go on; while there are none no connection is wanted, and none can be lost. */
let watched = 0;
/** Until when an answer to a ping is waited for. */
let patience: ReturnType<typeof setTimeout> | undefined;
const PING_MS = 10_000;
const PONG_MS = 5_000;
/** Close code for credentials that are not valid (any more). */
const UNAUTHORIZED = 4401;
const watchers = new Set<() => void>();

function tell(next: ConnectionState): void {
  if (next === state) return;
  if (next === 'lost' || next === 'offline') since ??= Date.now();
  if (next === 'live' || next === 'quiet') since = null;
  state = next;
  for (const watcher of watchers) watcher();
}

/** The one socket of the page; connected while something is watched. */
const socket = createClient({
  url: () => `${location.origin.replace(/^http/, 'ws')}/graphql`,
  connectionParams: () => {
    const token = tokenOf();
    return token === null ? {} : { authorization: `Bearer ${token}` };
  },
  // Subscriptions resume by themselves, with what they have (resuming.ts).
  retryAttempts: 0,
  keepAlive: PING_MS,
  lazyCloseTimeout: 2_000,
  on: {
    connecting: () => navigator.onLine && tell(state === 'quiet' ? 'connecting' : 'lost'),
    connected: () => tell('live'),
    // A connection that was cut somewhere on the way says nothing, and would be called live for minutes.
    ping: (received) => {
      if (!received) patience = setTimeout(() => socket.terminate(), PONG_MS);
    },
    pong: (received) => {
      if (received) clearTimeout(patience);
    },
    closed: (event) => {
      clearTimeout(patience);
      const code = typeof event === 'object' && event !== null && 'code' in event ? event.code : null;
      tell(watched === 0 ? 'quiet' : navigator.onLine ? 'lost' : 'offline');
      if (code === UNAUTHORIZED) expireToken();
    },
  },
});

addEventListener('offline', () => tell('offline'));
addEventListener('online', () => {
  if (state !== 'offline') return;
  tell(watched === 0 ? 'quiet' : 'lost');
  // Whether the connection outlived it shows at the next ping only; a new one goes on at once with what came since.
  socket.terminate();
});
// Who signs in or out asks as somebody else: the socket says who asks once, when it opens.
watchToken(() => socket.terminate());

/**
 * Subscribes over the socket of the page; goes on after a lost connection without a gap ({@link subscribeResuming}).
 * @returns ends the subscription
 */
export function subscribe(request: LiveRequest, sink: LiveSink): () => void {
  let isOver = false;
  watched += 1;
  const leave = (): void => {
    if (isOver) return;
    isOver = true;
    watched -= 1;
    // Nobody connects again for a view that watches nothing.
    if (watched === 0 && state !== 'live') tell('quiet');
  };
  const end = subscribeResuming(socket, request, {
    ...sink,
    complete: () => {
      leave();
      sink.complete();
    },
  });
  return () => {
    leave();
    end();
  };
}

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
