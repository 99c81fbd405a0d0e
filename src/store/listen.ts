import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describeError } from '../domain/errors.js';
import { createOutage } from './outage.js';

const CONNECT_MS = 10_000;
const AGAIN_MS = 500;

/** What is listened to. */
export interface ListenOptions {
  readonly url: string;
  /** Of NOTIFY: a plain name. */
  readonly channel: string;
  /** Of the connection, for people: `feed`. */
  readonly name: string;
  readonly signal: AbortSignal;
  /**
   * Called for each notification with what it says, and without after each (re)connect, since what was sent while the connection was down is lost.
   */
  wake(payload?: string): void;
  /** Told when it cannot listen and when it can again, not of each attempt. */
  log(message: string): void;
}

/** Listens with a connection of its own until the signal aborts; reconnects for as long. */
export async function listen({ url, channel, name, signal, wake, log }: ListenOptions): Promise<void> {
  const outage = createOutage(`the ${name} listens again`, log);
  while (!signal.aborted) {
    const client = new pg.Client({
      connectionString: url,
      application_name: `dti-graph ${name}`,
      connectionTimeoutMillis: CONNECT_MS,
      // It only ever waits: without this, a server that went away without a word would be waited for until the next start.
      keepAlive: true,
      keepAliveInitialDelayMillis: CONNECT_MS,
    });
    const ended = new Promise<void>((resolve) => {
      client.on('error', () => resolve());
      client.on('end', () => resolve());
    });
    const end = () => void client.end().catch(() => undefined);
    signal.addEventListener('abort', end, { once: true });
    client.on('notification', ({ payload }) => wake(payload));
    try {
      // A connection that is ended while it is being made never says that it is made.
      await Promise.race([client.connect(), ended]);
      if (signal.aborted) break;
      await client.query(`listen ${channel}`);
      outage.passed();
      wake();
      await ended;
    } catch (error) {
      if (signal.aborted) break;
      outage.failed(`the ${name} cannot listen and goes on polling: ${describeError(error)}`);
    }
    signal.removeEventListener('abort', end);
    end();
    await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}
