import { setTimeout as delay } from 'node:timers/promises';
import type { Connector, ConnectorContext, HostGovernor, SourceSettings } from '../domain/connector.js';
import { PlatformError } from '../domain/errors.js';
import type { AddressGuard } from './address.js';
import { syncFailure, toSyncFailure } from './failure.js';
import { createSourceHttp, type HttpAttempt } from './http.js';
import { createRedactor } from './redact.js';

/** What every step of a connector needs from its caller. */
export interface SourceOptions {
  readonly settings: SourceSettings;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** Most time for all of it, where somebody waits for the answer; absent = what the connector allows a run. */
  readonly patienceMs?: number;
  /** Called after every HTTP attempt, for logs. */
  readonly onAttempt?: (attempt: HttpAttempt) => void;
  /** Where its connections may go; absent = public addresses only. */
  readonly addressGuard?: AddressGuard;
  /** Limits and circuit breaker per host, shared with other runs; absent = none. */
  readonly governor?: HostGovernor;
  /** For tests that do not want to wait between attempts. */
  readonly sleep?: (ms: number) => Promise<void>;
}

/** A connector's context for one run, with the means to end it. */
export interface SourceSession {
  readonly context: ConnectorContext;
  redact(text: string): string;
  /** What a failure in this session means: cancelled, out of time, or what was thrown; without secrets. */
  explain(error: unknown): PlatformError;
  /** Stops the clock of the run and closes its connections; call it once, whatever happened. */
  close(): void;
}

/**
 * Opens a session: HTTP client, redaction and the run's time bound.
 * @throws PlatformError SYNC_CONFIG when a secret is missing or the base URL is unusable
 */
export function openSource(connector: Connector, options: SourceOptions): SourceSession {
  const { now } = options;
  const { bounds, secrets, key, allowedHosts, hostLimits, baseUrl = '' } = connector.spec;
  const settings = options.settings.baseUrl === '' ? { ...options.settings, baseUrl } : options.settings;
  const missing = secrets.filter((name) => (settings.secrets[name] ?? '') === '');
  if (missing.length > 0) {
    throw syncFailure(
      'SYNC_CONFIG',
      `The source ${key} needs the secrets ${missing.join(', ')}; set them in its settings.`,
    );
  }
  const redactor = createRedactor(settings.secrets);
  const clock = new AbortController();
  const { sleep, addressGuard, governor, patienceMs = Number.POSITIVE_INFINITY } = options;
  let last: HttpAttempt | null = null;
  const onAttempt = (attempt: HttpAttempt): void => {
    last = attempt;
    options.onAttempt?.(attempt);
  };
  const outOfTime = (): PlatformError => {
    const message =
      patienceMs < bounds.runTimeoutMs
        ? `It took longer than ${patienceMs / 1000} s, which is as long as anybody waits for a try.${sayLast(last)}`
        : `The run took longer than ${bounds.runTimeoutMs} ms (runTimeoutMs).`;
    return syncFailure('SYNC_BOUND', message);
  };
  const timer = setTimeout(() => clock.abort(outOfTime()), Math.min(patienceMs, bounds.runTimeoutMs)).unref();
  const signal = AbortSignal.any([options.signal, clock.signal]);
  const pause = sleep ?? ((ms: number) => delay(ms, undefined, { signal }));
  try {
    const http = createSourceHttp({
      settings,
      bounds,
      signal,
      now,
      redactor,
      ...(allowedHosts === undefined ? {} : { allowedHosts }),
      onAttempt,
      ...(sleep === undefined ? {} : { sleep }),
      ...(addressGuard === undefined ? {} : { addressGuard }),
      ...(governor === undefined ? {} : { governor }),
      ...(hostLimits === undefined ? {} : { hostLimits }),
    });
    return {
      context: {
        http,
        settings,
        now,
        signal,
        wait: async (ms) => {
          // The session's own explanation of an abort is the one that counts.
          await pause(ms);
          signal.throwIfAborted();
        },
      },
      redact: redactor.redact,
      explain: (error) => {
        if (options.signal.aborted) return syncFailure('SYNC_CANCELLED', 'The run was cancelled.');
        return toSyncFailure(clock.signal.aborted ? clock.signal.reason : error, redactor.redact);
      },
      close: () => {
        clearTimeout(timer);
        http.close();
      },
    };
  } catch (error) {
    clearTimeout(timer);
    throw error;
  }
}

/** How the source did until then. @param last null = no request of it has ended */
function sayLast(last: HttpAttempt | null): string {
  if (last === null) return ' The source has not answered at all.';
  const { method, path, attempt, reason } = last;
  return reason === null ? ' It answers, but slowly.' : ` Attempt ${attempt} of ${method} ${path} failed: ${reason}.`;
}

/** The value of a secret that the spec names; {@link openSource} has made sure that it is there. */
export function requireSecret(settings: SourceSettings, name: string): string {
  const value = settings.secrets[name];
  if (value !== undefined) return value;
  throw syncFailure('SYNC_CONFIG', `The secret ${name} is missing.`);
}
