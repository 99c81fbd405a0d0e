import { createHmac, randomUUID } from 'node:crypto';

/** Signs a canonical string: lines joined by line feeds, without one at the end. @returns HMAC-SHA256 in lower-case hexadecimal */
export function signLines(secretKey: string, lines: readonly string[]): string {
  return createHmac('sha256', secretKey).update(lines.join('\n'), 'utf8').digest('hex');
}

/** A UUID that was never used before, for requests that may be sent once only. */
export function freshRequestId(): string {
  return randomUUID();
}
