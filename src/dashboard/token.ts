const KEY = 'dti-token';
const watchers = new Set<() => void>();

/** The token that somebody signed in with, for this tab only and gone with it; null = the public. */
export function tokenOf(): string | null {
  return sessionStorage.getItem(KEY);
}

/** Signs in with a token, or out with null. */
export function setToken(token: string | null): void {
  if (token === null) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
  for (const watcher of watchers) watcher();
}

/** Calls when somebody signs in or out; returns what ends it. */
export function watchToken(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
