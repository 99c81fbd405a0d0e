import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectOrder, FanoutReport } from './fanoutClient.js';

/** When a push reached the sockets of a {@link Subscriber}, in milliseconds since 1970. */
export type Arrival = Extract<FanoutReport, { kind: 'arrived' }>;

const WAIT_MS = 60_000;
const QUIET_MS = 500;
const SETTLE_TRIES = 9;

/** Thousands of subscriptions in a process of their own. */
export class Subscriber {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<FanoutReport['kind'], (report: FanoutReport) => void>();
  #failure: string | null = null;

  constructor() {
    const raise = 'ulimit -n 65536 2>/dev/null || ulimit -n $(ulimit -Hn); exec "$@"';
    const script = join(import.meta.dirname, 'fanoutClient.js');
    this.#child = spawn('sh', ['-c', raise, 'sh', process.execPath, script], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // What never came is late for ever, which JSON cannot say.
      serialization: 'advanced',
    });
    this.#child.on('message', (report: FanoutReport) => {
      if (report.kind === 'failed') this.#failure ??= report.reason;
      this.#waiting.get(report.kind)?.(report);
      this.#waiting.delete(report.kind);
    });
  }

  /** Opens the sockets and subscribes. */
  async connect(order: Omit<ConnectOrder, 'kind'>): Promise<void> {
    const connected = this.#next('connected');
    this.#child.send({ kind: 'connect', ...order });
    await connected;
  }

  /** Triggers until every client has had something, since a server may take subscriptions some time after it has acknowledged them; then waits for silence. */
  async settle(trigger: () => Promise<unknown>): Promise<void> {
    for (let tries = 0; tries < SETTLE_TRIES; tries += 1) {
      await trigger();
      let before = -1;
      for (;;) {
        await sleep(QUIET_MS);
        const { messages, clientsWithout } = await this.count();
        if (messages !== before) {
          before = messages;
          continue;
        }
        if (clientsWithout === 0) return;
        break;
      }
    }
    throw new Error('some clients never got a message');
  }

  /** Triggers once and waits until all clients have one more message. */
  async push(trigger: () => Promise<unknown>): Promise<Arrival> {
    const expecting = this.#next('expecting');
    this.#child.send({ kind: 'expect' });
    await expecting;
    const arrived = this.#next('arrived');
    await trigger();
    return arrived;
  }

  /** Messages so far, and how many clients have none. */
  async count(): Promise<Extract<FanoutReport, { kind: 'counted' }>> {
    const counted = this.#next('counted');
    this.#child.send({ kind: 'count' });
    return counted;
  }

  /** Remembers from now on when each update came, for {@link Subscriber.lags}. */
  async remember(): Promise<void> {
    await this.lags([]);
  }

  /**
   * How long after each commit each client had an update that knows of it, over all pairs of a write and a client.
   * @param writes times of commits, with the revision of an update that knows of each
   */
  async lags(
    writes: readonly { readonly at: number; readonly revision: number }[],
  ): Promise<Extract<FanoutReport, { kind: 'lagging' }>> {
    const lagging = this.#next('lagging');
    this.#child.send({ kind: 'lag', writes });
    return lagging;
  }

  /** Process id, for its CPU time. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Ends the process and its sockets. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #next<Kind extends FanoutReport['kind']>(kind: Kind): Promise<Extract<FanoutReport, { kind: Kind }>> {
    let timer: NodeJS.Timeout | undefined;
    const failed = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`the clients did not say "${kind}": ${this.#failure ?? 'too slow'}`)),
        WAIT_MS,
      );
    });
    const said = new Promise<FanoutReport>((resolve) => this.#waiting.set(kind, resolve));
    const report = await Promise.race([said, failed]).finally(() => clearTimeout(timer));
    return report as Extract<FanoutReport, { kind: Kind }>;
  }
}
