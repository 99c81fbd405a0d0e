import { REFUSING_WAYS, type Refusal, type RefusalResult } from './abuse.js';
import type { Row } from './table.js';

/** What the slowest of the abusive documents takes until it is refused, by every way. */
export function refusalRows({ refusals, controls }: RefusalResult): Row[] {
  const wrong = refusals.filter(({ isRefused }) => !isRefused).length;
  const slowest = (read: (each: Refusal) => number, list: readonly Refusal[]) =>
    list.toSorted((a, b) => read(b) - read(a))[0];
  const said = REFUSING_WAYS.map((way) => {
    const list = refusals.filter((each) => each.way === way);
    const [middle, tail] = [slowest(({ median }) => median, list), slowest(({ p99 }) => p99, list)];
    return `${way} median ${ms(middle?.median)}, p99 ${ms(tail?.p99)} (${tail?.name})`;
  });
  const control = controls.map(({ way, median, p99 }) => `${way} ${ms(median)}, p99 ${ms(p99)}`);
  const p99 = Math.max(...refusals.map((each) => each.p99));
  return [
    {
      measure: `refusal of an abusive document before any SQL, over HTTP, WebSocket and SSE; the slowest of ${refusals.length / REFUSING_WAYS.length} by each`,
      ...{ peers: `a question of one word, answered: ${control.join('; ')}` },
      ...{ platform: `${said.join('; ')}; ${wrong} not refused as they must be`, goal: '20 ms' },
      isReached: p99 <= 20 && wrong === 0,
    },
  ];
}

function ms(value = Number.NaN): string {
  return `${value.toFixed(1)} ms`;
}
