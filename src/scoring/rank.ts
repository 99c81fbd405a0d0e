/**
 * Ranks one peer group by quantised value, highest first; ties share the smaller rank and the next is skipped: 1, 2, 2, 4.
 * @param values quantised, so that equal means equal; NaN = no value
 * @param ranks written at the same positions; 0 where there is no value
 * @param from first position of the group
 * @param to position after its last
 * @see COINr NEWS 1.1.9 for ranks from unrounded scores
 */
export function rankGroup(values: Float64Array, ranks: Int32Array, from: number, to: number): void {
  const ascending = values.slice(from, to).sort();
  // NaN sorts last.
  let count = ascending.length;
  while (count > 0 && Number.isNaN(ascending[count - 1])) count--;
  for (let at = from; at < to; at++) {
    const value = values[at] ?? Number.NaN;
    ranks[at] = Number.isNaN(value) ? 0 : count - notAbove(ascending, count, value) + 1;
  }
}

/** How many of the first `count` are not above the value. */
function notAbove(ascending: Float64Array, count: number, value: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
