import type { Session } from './session.js';

/** First sign of life, in milliseconds: who waits longer wonders. */
const FIRST_MS = 3000;
const EVERY_MS = 10_000;

/**
 * Waits for work that may take a while, and says on standard error what for: after three seconds, then every ten, unless nobody wants to know (`--quiet`). With
 * `--json` each is a line of JSON, as errors are.
 * @param what such as `the platform tries the source tax`
 * @returns what the work returns
 * @throws what the work throws
 */
export async function whileWaiting<T>(
  { console, options }: Pick<Session, 'console' | 'options'>,
  what: string,
  work: () => Promise<T>,
  { firstMs, everyMs } = { firstMs: FIRST_MS, everyMs: EVERY_MS },
): Promise<T> {
  if (options.quiet === true) return work();
  const started = performance.now();
  const tell = (): void => {
    const seconds = Math.round((performance.now() - started) / 1000);
    const waiting = { for: what, seconds };
    console.tell(options.json === true ? JSON.stringify({ waiting }) : `waiting: ${what} (${seconds} s)`);
  };
  let timer = setTimeout(() => {
    timer = setInterval(tell, everyMs);
    tell();
  }, firstMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
