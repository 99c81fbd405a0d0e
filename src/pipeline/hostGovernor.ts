import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostGovernor, HostLimits, HostPass } from '../domain/connector.js';
import { describeError } from '../domain/errors.js';
import { syncFailure } from '../source/failure.js';
import {
  type Circuit,
  type CircuitRule,
  claimSlot,
  claimTrial,
  noteMaxConcurrent,
  readCircuit,
  recordFailure,
  recordSuccess,
  releaseSlot,
  renewSlots,
  type Slot,
  takeTurns,
} from '../store/hostState.js';
import type { Database } from '../store/orm.js';
import { withPatience } from './patience.js';

/** The times that the governor goes by, in milliseconds. */
export interface GovernorTimes {
  /** How long what is known of a circuit is believed without asking again. */
  readonly believeMs: number;
  /** After which a place is free again whose process is not heard of. */
  readonly slotLeaseMs: number;
  /** Between two attempts to get a place. */
  readonly slotPollMs: number;
  readonly circuit: CircuitRule;
  /** How long a limit waits for a database that is away. */
  readonly patienceMs: number;
}

/**
 * One request that runs out of attempts is five failures, so two in a row that nobody else on the host contradicts open its circuit. The first time is
 * short, since most systems that are away are being restarted.
 */
const TIMES: GovernorTimes = {
  believeMs: 1000,
  slotLeaseMs: 30_000,
  slotPollMs: 100,
  circuit: { failures: 10, firstOpenMs: 5000, longestOpenMs: 300_000 },
  patienceMs: 60_000,
};

/** Turns are taken for this long at once, so that a host with a high limit does not cost a statement per request. */
const TURNS_MS = 100;

/** What the governor works with. */
export interface GovernorOptions {
  readonly database: Database;
  log(message: string): void;
  /** For tests that do not want to wait. */
  readonly times?: Partial<GovernorTimes>;
}

/** What one process knows of a host. */
interface Host {
  circuit: Circuit;
  readAt: number;
  reading: Promise<void> | null;
  /** Turns that were taken and not used: times of this process's clock. */
  readonly turns: number[];
  notedConcurrent: number | null;
}

/**
 * Governs hosts through PostgreSQL, for all workers together. Without limits a host costs one statement per second and one per failure; a rate costs
 * one per request, or per 100 ms when it is high; a bound on concurrency two per request.
 */
export function createHostGovernor({ database, log, times }: GovernorOptions): HostGovernor {
  const { believeMs, slotLeaseMs, slotPollMs, circuit: rule, patienceMs } = { ...TIMES, ...times };
  const holder = randomUUID();
  const hosts = new Map<string, Host>();
  let slots = 0;
  let renewal: NodeJS.Timeout | null = null;

  const hostOf = (name: string): Host => {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    const closed = { failures: 0, openMs: null };
    const host = { circuit: closed, readAt: Number.NEGATIVE_INFINITY, reading: null, turns: [], notedConcurrent: null };
    hosts.set(name, host);
    return host;
  };
  const learn = (host: Host, circuit: Circuit) => Object.assign(host, { circuit, readAt: performance.now() });

  /** A database that is away stops no request that has no limit: the run finds out by itself. */
  const attempt = async (what: string, work: () => Promise<void>) => {
    await work().catch((error: unknown) => log(`${what}: ${describeError(error)}`));
  };

  const readAgain = async (name: string, host: Host) => {
    if (performance.now() - host.readAt < believeMs) return;
    host.reading ??= attempt(`the circuit of ${name} could not be read and counts as closed`, async () => {
      learn(host, await readCircuit(database.fork(), name));
    }).finally(() => {
      host.reading = null;
    });
    await host.reading;
  };

  /** @returns true when this request is the one that tries whether the host is back */
  const passCircuit = async (name: string, host: Host, signal: AbortSignal): Promise<boolean> => {
    await readAgain(name, host);
    const { openMs } = host.circuit;
    if (openMs === null) return false;
    const leftMs = openMs - (performance.now() - host.readAt);
    const patience = { patienceMs, signal };
    if (leftMs <= 0 && (await withPatience(patience, () => claimTrial(database.fork(), name, slotLeaseMs))))
      return true;
    const when = leftMs <= 0 ? 'another request tries it now' : `it is tried again in ${Math.ceil(leftMs / 1000)} s`;
    throw syncFailure('SYNC_TRANSIENT', `The host ${name} failed too often in a row and is left alone; ${when}.`);
  };

  const takeSlot = async (name: string, max: number, signal: AbortSignal): Promise<Slot> => {
    const host = hostOf(name);
    const patience = { patienceMs, signal };
    if (host.notedConcurrent !== max) {
      await withPatience(patience, () => noteMaxConcurrent(database.fork(), name, max));
      host.notedConcurrent = max;
    }
    for (;;) {
      signal.throwIfAborted();
      const slot = await withPatience(patience, () =>
        claimSlot(database.fork(), { host: name, holder }, max, slotLeaseMs),
      );
      if (slot !== null) {
        slots += 1;
        renewal ??= setInterval(() => {
          void attempt('places at hosts could not be renewed', () => renewSlots(database.fork(), holder, slotLeaseMs));
        }, slotLeaseMs / 3).unref();
        return slot;
      }
      await pause(slotPollMs * (0.5 + Math.random()), signal);
    }
  };
  const giveBack = async (slot: Slot) => {
    slots -= 1;
    if (slots === 0 && renewal !== null) {
      clearInterval(renewal);
      renewal = null;
    }
    await attempt(`a place at ${slot.host} will lapse by itself`, () => releaseSlot(database.fork(), slot));
  };

  const awaitTurn = async (name: string, perSecond: number, signal: AbortSignal) => {
    const host = hostOf(name);
    const everyMs = 1000 / perSecond;
    // Turns that have passed unused are no credit, or a pause would end in a burst.
    while ((host.turns[0] ?? Number.POSITIVE_INFINITY) < performance.now() - everyMs) host.turns.shift();
    let turnAt = host.turns.shift();
    if (turnAt === undefined) {
      const count = Math.max(1, Math.floor(TURNS_MS / everyMs));
      const waitMs = await withPatience({ patienceMs, signal }, () => takeTurns(database.fork(), name, everyMs, count));
      const first = performance.now() + waitMs;
      turnAt = first;
      for (let later = 1; later < count; later += 1) host.turns.push(first + later * everyMs);
    }
    const waitMs = turnAt - performance.now();
    if (waitMs > 0) await pause(waitMs, signal);
  };

  return {
    async enter(name: string, limits: HostLimits | null, signal: AbortSignal): Promise<HostPass> {
      const host = hostOf(name);
      const isTrial = await passCircuit(name, host, signal);
      const max = limits?.maxConcurrent;
      const slot = max === undefined ? null : await takeSlot(name, max, signal);
      try {
        // After the place, since turns that wait for places would all be used at once.
        const perSecond = limits?.requestsPerSecond;
        if (perSecond !== undefined) await awaitTurn(name, perSecond, signal);
      } catch (error) {
        if (slot !== null) await giveBack(slot);
        throw error;
      }
      return {
        async leave(outcome) {
          if (slot !== null) await giveBack(slot);
          await attempt(`the circuit of ${name} could not be written`, async () => {
            if (outcome === 'failed') learn(host, await recordFailure(database.fork(), name, rule));
            else if (isTrial || host.circuit.failures > 0) {
              await recordSuccess(database.fork(), name);
              learn(host, { failures: 0, openMs: null });
            }
          });
        },
      };
    },
  };
}

/** @throws what the signal was aborted with */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}
