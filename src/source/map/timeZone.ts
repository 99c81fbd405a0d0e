const DAY_MS = 86_400_000;
/** Days whose offset is kept, as one number each: asking the runtime takes 4 µs, and rows of a source share their days. */
const MAX_DAYS = 2_000;

/** Wall time as milliseconds, as if the wall clock showed UTC. */
export type LocalMs = number;

/** Converts between instants and the wall time of one zone. */
export interface TimeZone {
  /** @param instantMs within the years 1 to 9999 */
  localOf(instantMs: number): LocalMs;
  /** The instant of a wall time; of the two in an autumn night the earlier one, and for one that spring left out the one an hour later. */
  instantOf(local: LocalMs): number;
}

/** True when the runtime knows the zone: `Asia/Ho_Chi_Minh`, `UTC`, `+07:00`. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * Opens a zone by its IANA name.
 * @throws RangeError when the runtime does not know it
 */
export function openTimeZone(name: string): TimeZone {
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const readClock = (instantMs: number): LocalMs => {
    // As in 12/31/2024, 23:30:00.
    const [month = 1, day = 1, year = 1970, hour = 0, minute = 0, second = 0] = (
      clock.format(instantMs).match(/\d+/g) ?? []
    ).map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, second) + (((instantMs % 1000) + 1000) % 1000);
  };
  const offsets = new Map<number, number | null>();
  const localOf = (instantMs: number): LocalMs => {
    const day = Math.floor(instantMs / DAY_MS);
    let offset = offsets.get(day);
    if (offset === undefined) {
      const [first, last] = [day * DAY_MS, (day + 1) * DAY_MS - 1].map((edge) => readClock(edge) - edge);
      offset = first !== undefined && first === last ? first : null;
      if (offsets.size >= MAX_DAYS) offsets.clear();
      offsets.set(day, offset);
    }
    return offset === null ? readClock(instantMs) : instantMs + offset;
  };
  return {
    localOf,
    instantOf: (local) => {
      const offset = (instantMs: number): number => localOf(instantMs) - instantMs;
      // The offset of the day before holds until it changes; when it does not lead back, the change is behind us or the wall time does not exist.
      const early = local - offset(local - DAY_MS);
      if (localOf(early) === local) return early;
      const late = local - offset(early);
      return localOf(late) === local ? late : early;
    },
  };
}
