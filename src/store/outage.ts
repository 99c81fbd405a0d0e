/** How often a failure that goes on is told again. */
const AGAIN_MS = 60_000;

/** What is said about something that is tried again and again while it fails. */
export interface Outage {
  /** Tells of a failure: of the first one, then of one a minute at most. */
  failed(message: string): void;
  /** Tells that it works again; nothing when it did not fail. */
  passed(): void;
}

/**
 * Makes the account of an outage: a line when it begins, one a minute while it goes on, one when it is over.
 * @param back what is said then
 * @param now milliseconds that only grow
 */
export function createOutage(
  back: string,
  log: (message: string) => void,
  now: () => number = () => performance.now(),
): Outage {
  let toldAt: number | null = null;
  return {
    failed(message) {
      if (toldAt !== null && now() - toldAt < AGAIN_MS) return;
      toldAt = now();
      log(message);
    },
    passed() {
      if (toldAt === null) return;
      toldAt = null;
      log(back);
    },
  };
}
