/** How much a client must take of what is ready for it, over how long. */
export interface Pace {
  readonly bytes: number;
  readonly overMs: number;
}

/**
 * 4 kB a second: whoever takes less would not have a file of 2.4 MB in the ten minutes that an export may take. Over three minutes, since what a steady reader takes
 * arrives in lumps of the system's buffers: one that took 10 kB a second was seen to take nothing for two minutes, then 1.4 MB at once.
 */
export const MIN_PACE: Pace = { bytes: 720_000, overMs: 180_000 };

/** So often it is looked in that time whether the client has something to take. */
const LOOKS = 60;

/** What goes out to a client: bytes that were written to it so far, those that it has not taken yet included, and how many those are. */
export interface Outlet {
  readonly bytesWritten: number;
  readonly writableLength: number;
}

/**
 * Calls `tooSlow` when a client takes less than a pace. Only the time counts in which something is ready for it: what the server itself is slow with, rows or an
 * allowance, is not the client's fault. Bytes are counted by whole writes, so these must be small beside those of the pace.
 * @param isReady whether something waits for the client
 * @returns ends the watch
 */
export function watchPace(
  { bytes, overMs }: Pace,
  outlet: Outlet,
  isReady: () => boolean,
  tooSlow: () => void,
): () => void {
  const taken = (): number => outlet.bytesWritten - outlet.writableLength;
  let [looks, from] = [0, taken()];
  const timer = setInterval(() => {
    if (isReady()) looks += 1;
    if (looks < LOOKS) return;
    const isTooSlow = taken() - from < bytes;
    [looks, from] = [0, taken()];
    if (isTooSlow) tooSlow();
  }, overMs / LOOKS).unref();
  return () => clearInterval(timer);
}
