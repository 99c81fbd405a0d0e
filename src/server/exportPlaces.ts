import type { FastifyReply, FastifyRequest } from 'fastify';
import { Allowance } from './allowance.js';
import { MIN_PACE, type Pace, watchPace } from './exportPace.js';

/** Most exports that one client has under way if nothing else is said. */
export const MAX_EXPORTS_PER_CLIENT = 2;
/** Most exports of all clients: each holds up to 2 MB, or as a cube up to 100,000 rows. */
const MAX_EXPORTS = 16;
/** Longest time from the request to the last byte: who reads slower than that asks in parts. */
const MAX_EXPORT_MS = 600_000;

/** How {@link ExportPlaces} are given. */
export interface ExportPlaceOptions {
  /** Exports that one client has under way; null = {@link MAX_EXPORTS_PER_CLIENT}, not for this machine's own programs. */
  readonly maxExportsPerClient: number | null;
  /** What a client must take of what is ready for it, since a few addresses that read next to nothing would hold the places of all; absent = {@link MIN_PACE}. */
  readonly exportPace?: Pace;
}

/** The places of exports: few at a time, each for as long as its client takes the file, and not for ever. */
export class ExportPlaces {
  readonly #maxPerClient: number;
  readonly #pace: Pace;
  readonly #allowance: Allowance;
  #active = 0;

  constructor({ maxExportsPerClient, exportPace = MIN_PACE }: ExportPlaceOptions) {
    this.#maxPerClient = maxExportsPerClient ?? MAX_EXPORTS_PER_CLIENT;
    this.#pace = exportPace;
    this.#allowance = new Allowance(maxExportsPerClient, MAX_EXPORTS_PER_CLIENT);
  }

  /** How many are taken. */
  get active(): number {
    return this.#active;
  }

  /** Why there is none left, and what to do. */
  get refusal(): string {
    return `A client may have ${this.#maxPerClient} exports under way, and all together ${MAX_EXPORTS}; try again when one has ended.`;
  }

  /**
   * Takes a place until the answer is closed, and cuts the client off when it holds it for too long.
   * @returns aborts when the answer is closed; null = there is no place left
   */
  take(request: FastifyRequest, reply: FastifyReply): AbortSignal | null {
    const name = request.signedIn.viewer.subject ?? undefined;
    const giveBack = this.#active < MAX_EXPORTS ? this.#allowance.take(request.ip, name) : null;
    if (giveBack === null) return null;
    this.#active += 1;
    const aborting = new AbortController();
    const timer = setTimeout(() => cut(request, 'it took longer than ten minutes'), MAX_EXPORT_MS).unref();
    const { bytes, overMs } = this.#pace;
    const endWatch = watchPace(
      this.#pace,
      request.raw.socket,
      () => reply.raw.writableLength > 0,
      () => cut(request, `the client took less than ${bytes} bytes in ${overMs / 1000} s`),
    );
    reply.raw.once('close', () => {
      aborting.abort();
      clearTimeout(timer);
      endWatch();
      this.#active -= 1;
      giveBack();
    });
    return aborting.signal;
  }
}

/** Nothing of an export that waits for a slow reader runs, so it is the connection that has to end. */
function cut({ log, url, raw }: FastifyRequest, reason: string): void {
  log.info({ reason, path: url.split('?', 1)[0] }, 'an export was cut off');
  // A response that waits behind another one of its connection has no socket of its own yet.
  raw.socket.destroy();
}
