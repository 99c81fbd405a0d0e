/** A request as the protocols see it. */
export interface WireRequest {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: string;
}

/** An answer as the protocols give it. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes when it is not text in UTF-8. */
  readonly body: string | Buffer;
}

/** A refusal that the fault control asks a protocol to give, in the protocol's own words. */
export type Refusal = 'unauthorised' | 'busy' | null;

/** One endpoint of a simulated database. */
export type Endpoint = (request: WireRequest, refusal: Refusal) => WireAnswer;

/** Clocks may differ by this much before a signed message is refused. */
export const CLOCK_TOLERANCE_MS = 300_000;

/** Nonces and request ids are remembered this long: twice the tolerance, so that none can be used again while its time is still accepted. */
export const USED_ONCE_MS = 2 * CLOCK_TOLERANCE_MS;

/** Rows that one page may have at most, in all three databases. */
export const MAX_PAGE_SIZE = 500;

/** Reads a whole number that is written in digits only; null when it is not one or does not lie in [low, high]. */
export function parseWhole(text: string, low: number, high: number): number | null {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) && number >= low && number <= high ? number : null;
}

/** True when an ISO 8601 time with an offset lies within the tolerance of the clock. */
export function isTimely(text: string, now: Date): boolean {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  return Math.abs(time - now.getTime()) <= CLOCK_TOLERANCE_MS;
}

/** Answers JSON. */
export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): WireAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  };
}
