import type { BaseRow } from './baseline.js';
import { countFields, type DatabaseName } from './database.js';
import type { Counts } from './month.js';
import { seededShare } from './random.js';

/** A restatement moves a numerator by at most this share of its calibrated count. */
const WANDER = 0.05;

/**
 * The counts of a running month after one tick restated it. Only the last restatement counts, so that figures wander around the calibrated
 * ones and never drift away.
 *
 * Numerators move up or down by up to 5 %, by at least one where there is room, and never above their denominator. Denominators stay, also
 * `servicesEndToEnd`, which is one.
 * @param tick the tick that restated it; 0 = never, the calibrated counts
 */
export function restateCounts(seed: number, database: DatabaseName, row: BaseRow, tick: number): Counts {
  if (tick === 0) return row.counts;
  const fields = countFields(database, row.codeSystem);
  const denominators = new Set(fields.map((field) => field.atMost));
  const counts: Record<string, number> = { ...row.counts };
  for (const field of fields) {
    if (field.atMost === null || denominators.has(field.name)) continue;
    const base = row.counts[field.name] ?? 0;
    const most = row.counts[field.atMost] ?? 0;
    const move = WANDER * (2 * seededShare(seed, 'restate', database, row.code, field.name, tick) - 1);
    const rounded = Math.round(base * (1 + move));
    const moved = rounded === base ? base + (move < 0 ? -1 : 1) : rounded;
    counts[field.name] = Math.max(0, Math.min(most, moved));
  }
  return counts;
}
