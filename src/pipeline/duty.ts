import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../domain/errors.js';
import { claimDuty, type DutyName, leaveDuty } from '../store/duty.js';
import type { Database } from '../store/orm.js';
import { nameOwner } from '../store/owner.js';

/** Time between two looks: what it takes at most to follow an owner that ended, or was killed on the same machine. */
const LOOK_MS = 500;
/** How long a lost machine keeps its duty. An owner renews it with every other look, unless a computation takes its processor. */
const LEASE_MS = 5_000;

/** What one worker at a time does for all. */
export interface Duty {
  /** Whether it is this process's now. It may be two's for a moment, when one was silent for too long. */
  readonly isHeld: boolean;
  /** Called whenever it becomes this process's. */
  onHeld(listener: () => void): void;
  /** Leaves it to the next. */
  close(): Promise<void>;
}

/** What {@link holdDuty} needs. */
export interface DutyOptions {
  readonly database: Database;
  readonly name: DutyName;
  log(message: string): void;
  readonly leaseMs?: number;
}

/**
 * Asks for a duty until it is this process's, and keeps it until it closes or is silent for too long. Saves work and decides nothing: whatever is done on duty
 * must be right when two do it.
 */
export function holdDuty({ database, name, log, leaseMs = LEASE_MS }: DutyOptions): Duty {
  const owner = nameOwner();
  const closing = new AbortController();
  const listeners: (() => void)[] = [];
  let heldUntil = 0;
  let isHeld = false;
  let complained = false;
  const look = async (): Promise<void> => {
    const askedAt = performance.now();
    // With half of the lease gone there is time for some renewals that fail.
    if (isHeld && askedAt < heldUntil - leaseMs / 2) return;
    const isMine = await claimDuty(database.fork(), name, owner, leaseMs);
    complained = false;
    if (isMine) heldUntil = askedAt + leaseMs;
    if (isMine === isHeld) return;
    isHeld = isMine;
    if (isMine) for (const listener of listeners) listener();
  };
  const loop = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await look().catch((error: unknown) => {
        if (!complained) log(`the duty ${name} cannot be asked for, and is until it can: ${describeError(error)}`);
        complained = true;
        if (performance.now() > heldUntil) isHeld = false;
      });
      await sleep(LOOK_MS, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };
  const ended = loop();
  return {
    get isHeld() {
      return isHeld;
    },
    onHeld(listener) {
      listeners.push(listener);
      if (isHeld) listener();
    },
    async close() {
      closing.abort();
      await ended;
      isHeld = false;
      await leaveDuty(database.fork(), name, owner).catch(() => undefined);
    },
  };
}
