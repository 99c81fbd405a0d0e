import { setTimeout as wait } from 'node:timers/promises';
import type {
  HostGovernor,
  HostLimits,
  ResponseVerdict,
  SourceBounds,
  SourceHttp,
  SourceRequest,
  SourceSettings,
} from '../domain/connector.js';
import { PlatformError } from '../domain/errors.js';
import { type AddressGuard, isBaseUrl, PUBLIC_ONLY } from './address.js';
import { chooseWaitMs, readRetryAfter } from './backoff.js';
import { createConnections } from './connect.js';
import { type Exchange, exchange } from './exchange.js';
import { syncFailure, toSyncFailure } from './failure.js';
import { createRedactor, type Redactor } from './redact.js';
import { takeTurn } from './turn.js';
import { endRequest, judgeByStatus, judgeOutcome } from './verdict.js';

/** Attempts of one request, the first included; a refresh of the authentication is not counted. */
export const MAX_ATTEMPTS = 5;
const MAX_REDIRECTS = 5;

/** One attempt as it ended, for logs and tests; without secrets. */
export interface HttpAttempt {
  /** From 1. */
  readonly attempt: number;
  readonly method: string;
  readonly path: string;
  /** null = no whole response. */
  readonly status: number | null;
  readonly verdict: ResponseVerdict['kind'];
  readonly reason: string | null;
  /** Wait before the next attempt; null = there is none, or at once. */
  readonly waitMs: number | null;
}

/** What the HTTP client of a run needs. */
export interface SourceHttpOptions {
  readonly settings: SourceSettings;
  readonly bounds: SourceBounds;
  /** Ends every request and wait of the run. */
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** Hides secrets; by default those of the settings. */
  readonly redactor?: Redactor;
  /** For tests. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** 0 to 1; for tests. */
  readonly random?: () => number;
  readonly onAttempt?: (attempt: HttpAttempt) => void;
  /** As in the connector's spec; absent = redirects are not followed. */
  readonly allowedHosts?: readonly string[];
  /** Where connections may go; absent = public addresses only. */
  readonly addressGuard?: AddressGuard;
  /** Limits and circuit breaker per host; absent = none. */
  readonly governor?: HostGovernor;
  /** What the source states for its hosts. */
  readonly hostLimits?: HostLimits;
}

/** The HTTP client of one run, with the means to end it. */
export interface SourceHttpSession extends SourceHttp {
  /** Closes the connections that are kept open for the next request. */
  close(): void;
}

/**
 * Makes the HTTP client of one run: judged addresses, time-outs, bounds, retries with back-off, refresh of the authentication, redaction.
 * @throws PlatformError SYNC_CONFIG when the base URL is not a plain http(s) address
 */
export function createSourceHttp(options: SourceHttpOptions): SourceHttpSession {
  const { settings, signal, now } = options;
  const redactor = options.redactor ?? createRedactor(settings.secrets);
  const sleep = options.sleep ?? ((ms: number, until: AbortSignal) => wait(ms, undefined, { signal: until }));
  const random = options.random ?? Math.random;
  const forgetters: (() => void)[] = [];
  /** Grows with every refresh, so that of many calls refused with one old token only the first forgets it. */
  let refreshes = 0;
  checkBaseUrl(settings.baseUrl);
  const connections = createConnections(options.addressGuard ?? PUBLIC_ONLY, options.bounds.connectTimeoutMs);
  const exchangeInTurn: ExchangeInTurn = (url, request) =>
    takeTurn(options, url, () => exchange(url, request, options.bounds, connections, signal));

  const send: SourceHttp['send'] = async (build, judge = judgeByStatus) => {
    let refreshed = false;
    let attempt = 1;
    for (;;) {
      throwIfCancelled(signal);
      const request = await build();
      const refreshesBefore = refreshes;
      hideCredentials(request, redactor);
      const url = writeUrl(settings.baseUrl, request, options.allowedHosts);
      const outcome = await exchangeAt(url, request, options, exchangeInTurn);
      throwIfCancelled(signal);
      const response = outcome.kind === 'response' ? outcome.response : null;
      const verdict = await judgeOutcome(outcome, judge, redactor.redact);
      const what = `${request.method} ${request.path}`;
      const report = (waitMs: number | null): void =>
        options.onAttempt?.({
          attempt,
          method: request.method,
          path: redactor.redact(request.path),
          status: response?.status ?? null,
          verdict: verdict.kind,
          reason: verdict.kind === 'ok' ? null : verdict.reason,
          waitMs,
        });
      if (verdict.kind === 'retry' && attempt < MAX_ATTEMPTS) {
        const askedMs = verdict.afterMs ?? readRetryAfter(response?.headers['retry-after'], now());
        const waitMs = chooseWaitMs(attempt, askedMs, random());
        report(waitMs);
        attempt += 1;
        // A token may expire during the wait.
        refreshed = false;
        await sleep(waitMs, signal).catch(() => throwIfCancelled(signal));
        continue;
      }
      report(null);
      if (verdict.kind === 'ok' && response !== null) return response;
      if (verdict.kind === 'refresh_auth' && !refreshed) {
        refreshed = true;
        if (refreshesBefore === refreshes) {
          refreshes += 1;
          for (const forget of forgetters) forget();
        }
        continue;
      }
      throw endRequest(verdict, what, attempt, response?.status ?? null);
    }
  };

  return {
    send: (build, judge) =>
      send(build, judge).catch((error: unknown) => {
        throw toSyncFailure(error, redactor.redact);
      }),
    onRefreshAuth: (forget) => {
      forgetters.push(forget);
    },
    hide: (secret) => redactor.add(secret),
    // What is still under way belongs to a run that has ended.
    close: () => void connections.destroy().catch(() => undefined),
  };
}

/** Tokens made in the run are secrets that the settings do not know. */
function hideCredentials(request: SourceRequest, redactor: Redactor): void {
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (name.toLowerCase() === 'authorization' && /^Bearer /.test(value)) redactor.add(value.slice('Bearer '.length));
  }
}

function checkBaseUrl(baseUrl: string): void {
  if (isBaseUrl(baseUrl)) return;
  throw syncFailure('SYNC_CONFIG', 'The base URL must be http(s)://host/path without credentials, query or fragment.');
}

/** One exchange over the connections of the session, in the turn of its host. */
type ExchangeInTurn = (url: string, request: SourceRequest) => Promise<Exchange>;

/** Sends a request, and follows redirects within the allowed hosts; one that leads elsewhere comes back, for the verdict to refuse. */
async function exchangeAt(
  url: string,
  request: SourceRequest,
  { settings, allowedHosts }: SourceHttpOptions,
  exchangeInTurn: ExchangeInTurn,
): Promise<Exchange> {
  let current = { url, request };
  for (let hops = 0; ; hops += 1) {
    const outcome = await exchangeInTurn(current.url, current.request);
    const location = outcome.kind === 'response' ? outcome.response.headers.location : undefined;
    const isRedirect = outcome.kind === 'response' && [301, 302, 303, 307, 308].includes(outcome.response.status);
    // A POST is not repeated elsewhere: its body may carry credentials.
    if (!isRedirect || location === undefined || allowedHosts === undefined || request.method !== 'GET') return outcome;
    const target = URL.canParse(location, current.url) ? new URL(location, current.url) : null;
    if (hops === MAX_REDIRECTS || target === null || !mayGo(settings.baseUrl, target, allowedHosts)) return outcome;
    const isSameHost = target.origin === new URL(current.url).origin;
    // Credentials stand in headers of any name, so that none but the harmless ones goes to another host.
    const headers = isSameHost ? current.request.headers : pickAccept(current.request.headers);
    current = { url: target.href, request: { ...current.request, headers: headers ?? {} } };
  }
}

/** True for the base URL's own host and the allowed ones; never from https to http. */
function mayGo(baseUrl: string, target: URL, allowedHosts: readonly string[]): boolean {
  const base = new URL(baseUrl);
  if (!/^https?:$/.test(target.protocol) || target.username + target.password !== '') return false;
  if (base.protocol === 'https:' && target.protocol === 'http:') return false;
  return target.host === base.host || allowedHosts.includes(target.host) || allowedHosts.includes(target.hostname);
}

function pickAccept(headers: SourceRequest['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => /^accept(-language)?$/i.test(name)));
}

function writeUrl(baseUrl: string, request: SourceRequest, allowedHosts: readonly string[] = []): string {
  if (request.url !== undefined) {
    const target = URL.canParse(request.url) ? new URL(request.url) : null;
    if (target !== null && mayGo(baseUrl, target, allowedHosts)) return target.href;
    const host = target?.host ?? 'no address';
    throw syncFailure(
      'SYNC_CONFIG',
      `The source leads to ${host}, which is neither the host of its base URL nor one of its allowedHosts.`,
    );
  }
  if (!request.path.startsWith('/')) {
    throw syncFailure('SYNC_CONFIG', `The path "${request.path}" must start with a slash.`);
  }
  const query = new URLSearchParams(request.query).toString();
  return `${baseUrl.replace(/\/$/, '')}${request.path}${query === '' ? '' : `?${query}`}`;
}

function throwIfCancelled(signal: AbortSignal): void {
  if (!signal.aborted) return;
  // The run's own failure, such as its time bound, travels as the reason.
  throw signal.reason instanceof PlatformError
    ? signal.reason
    : syncFailure('SYNC_CANCELLED', 'The run was cancelled.');
}
