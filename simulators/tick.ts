import { DATABASE_NAMES, type DatabaseName } from './database.js';
import { seededShare, seededWhole } from './random.js';

/** Provinces that one tick restates. */
const PROVINCES_PER_TICK = 3;

/** What decides which provinces a tick touches. */
export interface TickPlan {
  readonly seed: number;
  /** Number of provinces in the open year. */
  readonly provinces: number;
}

function ticksPerCycle(plan: TickPlan): number {
  return Math.ceil(plan.provinces / PROVINCES_PER_TICK);
}

/** Order in which a cycle visits the provinces: Fisher-Yates, seeded by (seed, cycle). */
function cycleOrder(plan: TickPlan, cycle: number): number[] {
  const order = Array.from({ length: plan.provinces }, (_, index) => index);
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = seededWhole(0, last, plan.seed, 'order', cycle, last);
    const [left, right] = [order[last] ?? 0, order[other] ?? 0];
    order[last] = right;
    order[other] = left;
  }
  return order;
}

/** Each visit restates one to three databases; one of them is fixed so that no province waits for a database longer than three cycles. */
function isRestated(plan: TickPlan, tick: number, province: number, database: DatabaseName): boolean {
  const cycle = Math.floor((tick - 1) / ticksPerCycle(plan));
  const position = DATABASE_NAMES.indexOf(database);
  if ((cycle + province) % DATABASE_NAMES.length === position) return true;
  return seededShare(plan.seed, 'databases', tick, province, database) < 0.5;
}

/**
 * The provinces that a tick touches: three different ones, each at least once in a cycle of ceil(provinces / 3) ticks; the last tick of a
 * cycle is filled up from the cycle's beginning.
 * @param tick at least 1
 * @returns indexes into the provinces of the open year
 */
export function provincesTouched(plan: TickPlan, tick: number): number[] {
  const length = ticksPerCycle(plan);
  const order = cycleOrder(plan, Math.floor((tick - 1) / length));
  const first = ((tick - 1) % length) * PROVINCES_PER_TICK;
  const slots = Math.min(PROVINCES_PER_TICK, plan.provinces);
  return Array.from({ length: slots }, (_, slot) => order[(first + slot) % plan.provinces] ?? 0);
}

/** The databases in which a tick restates a province that it touches; at least one. */
export function databasesRestated(plan: TickPlan, tick: number, province: number): DatabaseName[] {
  return DATABASE_NAMES.filter((database) => isRestated(plan, tick, province, database));
}

/**
 * The last tick up to `tick` that restated a province in a database, found without walking through the ticks: in each cycle a province has
 * one or two known ticks, and at most four cycles are looked at.
 * @param province index into the provinces of the open year
 * @returns 0 when there was none
 */
export function lastRestatement(plan: TickPlan, tick: number, province: number, database: DatabaseName): number {
  const length = ticksPerCycle(plan);
  const slots = length * PROVINCES_PER_TICK;
  for (let cycle = Math.floor((tick - 1) / length); cycle >= 0; cycle -= 1) {
    const position = cycleOrder(plan, cycle).indexOf(province);
    const positions = position + plan.provinces < slots ? [position + plan.provinces, position] : [position];
    for (const each of positions) {
      const candidate = cycle * length + Math.floor(each / PROVINCES_PER_TICK) + 1;
      if (candidate <= tick && isRestated(plan, candidate, province, database)) return candidate;
    }
  }
  return 0;
}
