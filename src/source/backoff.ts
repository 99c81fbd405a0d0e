/** Shortest wait between two attempts, whatever the source asks for. */
export const WAIT_FLOOR_MS = 100;
/** Longest wait between two attempts, whatever the source asks for. */
export const WAIT_CEILING_MS = 30_000;
const FIRST_WAIT_MS = 250;

/**
 * Reads a Retry-After header.
 * @param header seconds, or an HTTP date; a fraction is accepted although RFC 9110 has whole seconds only
 * @returns milliseconds from now, unbounded, never negative; null when absent or absurd
 */
export function readRetryAfter(header: string | undefined, now: Date): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  // A date names its day first; Date.parse would also read "-5" and other nonsense.
  if (!/^[A-Z][a-z]+,? /.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime());
}

/**
 * How long to wait before the next attempt: what the source asks for, else 250 ms doubled with each attempt and shortened by up to half at random, so
 * that many clients do not return at the same moment. Always between the floor and the ceiling.
 * @param attempt number of the attempt that failed, from 1
 * @param random 0 to 1
 */
export function chooseWaitMs(attempt: number, askedMs: number | null, random: number): number {
  const wanted = askedMs ?? FIRST_WAIT_MS * 2 ** (attempt - 1) * (1 - random / 2);
  return Math.round(Math.min(WAIT_CEILING_MS, Math.max(WAIT_FLOOR_MS, wanted)));
}
