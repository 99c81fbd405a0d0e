import { measureRefusals } from './abuse.js';
import type { Row } from './table.js';

/** What the slowest of the abusive documents takes until it is refused. */
export function refusalRows(): Row[] {
  const refusals = measureRefusals();
  const through = refusals.filter(({ code }) => code === null);
  const slowest = refusals.toSorted((a, b) => b.p99Ms - a.p99Ms)[0];
  if (slowest === undefined) return [];
  return [
    {
      measure: `refusal of an abusive document before any SQL, the slowest of ${refusals.length}`,
      peers: '',
      platform: `${slowest.name}: median ${slowest.medianMs.toFixed(1)} ms, p99 ${slowest.p99Ms.toFixed(1)} ms; ${through.length} let through`,
      ...{ goal: '20 ms', isReached: slowest.p99Ms <= 20 && through.length === 0 },
    },
  ];
}
