import { TAB } from './kept.ts';

const KEY = 'dti-token';
const watchers = new Set<() => void>();
let isExpired = false;

/** The token that somebody signed in with, for this tab only and gone with it; null = the public. */
export function tokenOf(): string | null {
  return TAB.get(KEY);
}

/** Signs in with a token, or out with null: the tab then keeps nothing of who was here, such as a draft. */
export function setToken(token: string | null): void {
  isExpired = false;
  if (token === null) TAB.clear();
  else TAB.set(KEY, token);
  for (const watcher of watchers) watcher();
}

/** Signs out who has a token that is not good any more: the page goes on as the public's instead of failing everywhere. */
export function expireToken(): void {
  if (tokenOf() === null) return;
  TAB.set(KEY, null);
  isExpired = true;
  for (const watcher of watchers) watcher();
}

/** Whether the last one who was signed in here was signed out by {@link expireToken}. */
export function hasExpired(): boolean {
  return isExpired;
}

/** Calls when somebody signs in or out; returns what ends it. */
export function watchToken(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
