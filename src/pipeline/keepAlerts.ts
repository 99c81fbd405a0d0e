import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../domain/errors.js';
import type { RevisionFeed } from '../store/feed.js';
import { type AlertStage, raiseAlerts } from './raiseAlerts.js';

/** Sources grow stale and runs fail without a revision, so it looks this often anyway. */
const LOOK_MS = 5000;
/** News that come together are looked at together. */
const SETTLE_MS = 1000;
/** A look at a round of 10,600 communes takes some time; it takes no more than a twentieth of the time of its process. */
const REST_PER_LOOK = 20;
/** Nobody waits longer than this for an alert, however long a look takes. */
const LONGEST_REST_MS = 60_000;

/** What {@link keepAlerts} needs. */
export interface KeepAlertsOptions extends AlertStage {
  readonly feed: RevisionFeed;
  readonly signal: AbortSignal;
  /** Sends what alerts have to be sent; called after each look. */
  readonly sendOff?: () => Promise<void>;
  log(message: string): void;
}

/** Raises alerts until the signal aborts; resolves then. Whatever fails is tried again. */
export async function keepAlerts(options: KeepAlertsOptions): Promise<void> {
  const { feed, signal, log } = options;
  while (!signal.aborted) {
    const { head } = feed;
    const startedAt = performance.now();
    try {
      await raiseAlerts(options, head);
      await options.sendOff?.();
    } catch (error) {
      if (!signal.aborted) log(`alerts could not be raised or sent, and will be: ${describeError(error)}`);
    }
    const worthMs = REST_PER_LOOK * (performance.now() - startedAt);
    const restMs = Math.min(Math.max(SETTLE_MS, worthMs), LONGEST_REST_MS);
    await sleep(restMs, undefined, { signal }).catch(() => undefined);
    await feed.changed(head, AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]));
  }
}
