/** Values of one colour. */
export interface ValueClass {
  /** The least and the greatest value in it. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** 1 to {@link TONES}, from least to greatest. */
  readonly tone: number;
}

/** How many tones there are: five are told apart by everybody, also in grey. */
export const TONES = 5;

/**
 * Divides values into classes of about equal size, with no equal values in two of them; fewer classes when there are fewer different values.
 * @param values in any order
 * @returns from least to greatest; empty for no values
 */
export function classesOf(values: readonly number[]): readonly ValueClass[] {
  const sorted = [...values].sort((a, b) => a - b);
  const starts = new Set<number>();
  for (let index = 0; index < TONES; index += 1) {
    const value = sorted[Math.ceil((index * sorted.length) / TONES)];
    // The class begins with the first of equal values.
    if (value !== undefined) starts.add(sorted.indexOf(value));
  }
  const bounds = [...starts].sort((a, b) => a - b);
  return bounds.map((start, index) => {
    const end = bounds[index + 1] ?? sorted.length;
    const span = Math.max(1, bounds.length - 1);
    return {
      low: sorted[start] ?? 0,
      high: sorted[end - 1] ?? 0,
      count: end - start,
      // Few classes take the tones that differ most.
      tone: bounds.length === 1 ? 3 : 1 + Math.round((index * (TONES - 1)) / span),
    };
  });
}

/** The tone of a value; 0 = it has none. */
export function toneOf(value: number | null, classes: readonly ValueClass[]): number {
  if (value === null) return 0;
  return classes.find(({ high }) => value <= high)?.tone ?? 0;
}

/** The nearest place from another one in a direction, for keys with arrows; null = there is none. */
export function nearestTowards<Place extends { readonly x: number; readonly y: number }>(
  places: readonly Place[],
  from: Place,
  key: string,
): Place | null {
  const direction = DIRECTIONS[key];
  if (direction === undefined) return null;
  const [dx, dy] = direction;
  let best: { readonly place: Place; readonly cost: number } | null = null;
  for (const place of places) {
    const along = (place.x - from.x) * dx + (place.y - from.y) * dy;
    const aside = Math.abs((place.x - from.x) * dy + (place.y - from.y) * dx);
    if (along <= 0) continue;
    // What lies aside is farther than what lies ahead.
    const cost = along + 2 * aside;
    if (best === null || cost < best.cost) best = { place, cost };
  }
  return best?.place ?? null;
}

const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};
