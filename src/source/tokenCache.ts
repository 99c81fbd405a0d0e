import type { SourceHttp } from '../domain/connector.js';

/** A token renewed this long before it expires does not expire on its way; at most a fifth of its lifetime. */
const RENEW_BEFORE_MS = 30_000;

/** A token, and how long it holds from when it was asked for; null = until it is refused. */
export interface IssuedToken {
  readonly token: string;
  readonly askedAtMs: number;
  readonly lifetimeMs: number | null;
}

/**
 * Makes a function that gives a token: kept, hidden from everything that people see, renewed before it expires, one request for any number of
 * concurrent callers, and forgotten when the source refuses it.
 */
export function createTokenCache(
  http: SourceHttp,
  now: () => Date,
  request: () => Promise<IssuedToken>,
): () => Promise<string> {
  let current: { readonly token: Promise<string>; renewAtMs: number } | null = null;
  http.onRefreshAuth(() => {
    current = null;
  });
  return () => {
    if (current !== null && now().getTime() < current.renewAtMs) return current.token;
    const requested = request();
    // Until the answer tells its lifetime, every caller waits for this one request.
    const pending = { token: requested.then(({ token }) => token), renewAtMs: Number.POSITIVE_INFINITY };
    current = pending;
    requested.then(
      ({ token, askedAtMs, lifetimeMs }) => {
        http.hide(token);
        if (lifetimeMs === null) return;
        pending.renewAtMs = askedAtMs + lifetimeMs - Math.min(RENEW_BEFORE_MS, lifetimeMs / 5);
      },
      () => {
        if (current === pending) current = null;
      },
    );
    return pending.token;
  };
}
