import { randomBytes } from 'node:crypto';
import { freshRequestId } from '../sign.js';
import type { Scope, ScopeValue } from './template.js';

const NONCE_BYTES = 16;

/** The forms of a moment: ISO 8601 in UTC, seconds and milliseconds since 1970, the date, and as HTTP writes it. */
function writeMoment(name: string, at: Date): readonly (readonly [string, ScopeValue])[] {
  const iso = at.toISOString();
  return [
    [name, iso],
    [`${name}.seconds`, Math.floor(at.getTime() / 1000)],
    [`${name}.milliseconds`, at.getTime()],
    [`${name}.date`, iso.slice(0, 10)],
    [`${name}.http`, at.toUTCString()],
  ];
}

/** What holds for a whole run: secrets, and the moment when it began. */
export function createRunScope(secrets: Readonly<Record<string, string>>, startedAt: Date): Scope {
  return new Map([
    ...Object.entries(secrets).map(([name, value]): [string, ScopeValue] => [`secret.${name}`, value]),
    ...writeMoment('now', startedAt),
  ]);
}

/** Adds what holds for one attempt only: the moment, an id and a nonce that were never used before. */
export function createAttemptScope(scope: Scope, at: Date): Map<string, ScopeValue> {
  return new Map<string, ScopeValue>([
    ...scope,
    ...writeMoment('timestamp', at),
    ['requestId', freshRequestId()],
    ['nonce', randomBytes(NONCE_BYTES).toString('hex')],
  ]);
}
