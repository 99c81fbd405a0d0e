import { clientOf, isLoopback } from '../access/throttle.js';

/** Most connections that one client has open if nothing else is said: an office behind one address. */
export const MAX_CONNECTIONS_PER_CLIENT = 1_000;
/** Most subscriptions of one client, on however many connections. */
export const MAX_SUBSCRIPTIONS_PER_CLIENT = 5_000;

/** How much each client may have open at one time. */
export class Allowance {
  readonly #taken = new Map<string, number>();
  readonly #most: number;
  readonly #sparesLoopback: boolean;

  /**
   * @param said what the operator said; null = nothing, so that the default holds, for everybody but programs of this machine: behind a proxy that
   *   is not trusted to name its clients, all of them look like those
   */
  constructor(said: number | null, byDefault: number) {
    this.#most = said ?? byDefault;
    this.#sparesLoopback = said === null;
  }

  /** How many clients have something open. */
  get clients(): number {
    return this.#taken.size;
  }

  /**
   * Takes one.
   * @param address of the client
   * @param name who it is, if the address does not count
   * @returns what gives it back, once however often it is called; null = there is none left
   */
  take(address: string, name: string = clientOf(address)): (() => void) | null {
    if (this.#sparesLoopback && isLoopback(address)) return () => undefined;
    const taken = this.#taken.get(name) ?? 0;
    if (taken >= this.#most) return null;
    this.#taken.set(name, taken + 1);
    let isBack = false;
    return () => {
      if (isBack) return;
      isBack = true;
      const left = (this.#taken.get(name) ?? 1) - 1;
      if (left > 0) this.#taken.set(name, left);
      else this.#taken.delete(name);
    };
  }
}
