import { describeError, type ErrorCode, type FailureType, PlatformError } from '../domain/errors.js';
import { maskPersonal } from './personal.js';

/** Codes of failures of a source. */
export type SyncCode = Extract<ErrorCode, `SYNC_${string}`>;

const FAILURE_TYPES: Readonly<Partial<Record<ErrorCode, FailureType>>> = {
  SYNC_CONFIG: 'config_error',
  SYNC_AUTH: 'config_error',
  SYNC_ADDRESS: 'config_error',
  SYNC_BOUND: 'config_error',
  SYNC_PRIVACY: 'config_error',
  SYNC_RULE: 'config_error',
  SYNC_TRANSIENT: 'transient_error',
  SYNC_BUSY: 'transient_error',
  SYNC_CANCELLED: 'transient_error',
};

/** A failure of a source, with who must act: a person for settings, credentials and bounds, time for what passes, else the authors of the code. */
export function syncFailure(
  code: SyncCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): PlatformError {
  return new PlatformError(code, message, { details, failureType: FAILURE_TYPES[code] ?? 'system_error' });
}

/**
 * Turns whatever was thrown into a platform error without secrets and personal data. A cause is dropped: its message and stack may carry addresses and headers.
 */
export function toSyncFailure(error: unknown, redact: (text: string) => string): PlatformError {
  if (!(error instanceof PlatformError)) {
    const message = `The connector failed in a way that nobody foresaw: ${maskPersonal(redact(describeError(error)))}`;
    return new PlatformError('INTERNAL_SERVER_ERROR', message, { failureType: 'system_error' });
  }
  const details = Object.fromEntries(
    Object.entries(error.details).map(([key, fact]) => [
      key,
      typeof fact === 'string' ? maskPersonal(redact(fact)) : fact,
    ]),
  );
  const failureType = error.failureType ?? FAILURE_TYPES[error.code] ?? 'system_error';
  return new PlatformError(error.code, maskPersonal(redact(error.message)), { details, failureType });
}
