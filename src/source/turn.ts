import type { HostGovernor, HostLimits } from '../domain/connector.js';
import type { Exchange } from './exchange.js';

/** What turns depend on. */
export interface TurnOptions {
  readonly governor?: HostGovernor;
  readonly hostLimits?: HostLimits;
  /** Of the run. */
  readonly signal: AbortSignal;
}

/**
 * Sends when it is the turn of the request's host, as the governor has it, and tells the governor how the host did.
 * @throws PlatformError SYNC_TRANSIENT when the circuit of the host is open
 */
export async function takeTurn(
  { governor, hostLimits, signal }: TurnOptions,
  url: string,
  send: () => Promise<Exchange>,
): Promise<Exchange> {
  if (governor === undefined) return send();
  const pass = await governor.enter(new URL(url).host, hostLimits ?? null, signal);
  let outcome: 'ok' | 'failed' = 'ok';
  try {
    const exchanged = await send();
    // A request that was cancelled says nothing about the host.
    if (!signal.aborted && hasFailed(exchanged)) outcome = 'failed';
    return exchanged;
  } finally {
    await pass.leave(outcome);
  }
}

function hasFailed(exchanged: Exchange): boolean {
  if (exchanged.kind === 'broken') return true;
  const { status } = exchanged.response;
  return status >= 500 || status === 429;
}
